import { fileURLToPath } from 'node:url'
import { describeViolation, findViolations } from './cruise-tree.ts'

const violations = await findViolations(fileURLToPath(new URL('../../../', import.meta.url)))
for (const violation of violations) console.error(describeViolation(violation))
if (violations.length > 0) process.exitCode = 1
