import { vitestOf } from '../vitest/vitest-of.ts'

export default vitestOf('packaging', { maxConcurrency: 3 })
