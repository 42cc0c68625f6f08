import { vitestOf } from '../../tooling/vitest/vitest-of.ts'

export default vitestOf('examples')
