import { vitestOf } from '../../tooling/vitest/vitest-of.ts'

// One file at a time: three JVMs are what two cores can carry.
export default vitestOf('e2e', { fileParallelism: false, testTimeout: 60_000, hookTimeout: 120_000 })
