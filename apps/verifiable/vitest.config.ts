import { vitestOf, waiting } from '../../tooling/vitest/vitest-of.ts'

export default vitestOf('verifiable', waiting)
