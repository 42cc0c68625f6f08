import { vitestOf } from '../../tooling/vitest/vitest-of.ts'

export default vitestOf('spec', { testTimeout: 60_000 })
