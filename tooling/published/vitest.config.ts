import { vitestOf } from '../vitest/vitest-of.ts'

export default vitestOf('published')
