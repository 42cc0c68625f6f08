import { expect, it } from 'vitest'
import { CURRENT, fetchSpecification, LAST_WITH_OLD_VERSIONS, whyUnavailable } from '../src/artifacts.ts'
import { declarations } from '../src/declared.ts'
import { driftOf } from '../src/drift.ts'
import { leftOut } from '../src/left-out.ts'

const missing = await whyUnavailable([CURRENT, LAST_WITH_OLD_VERSIONS])
if (missing !== undefined) process.stderr.write(`\n*** SKIPPED: declarations against Kafka's specification. ${missing} ***\n\n`)

it.skipIf(missing !== undefined)('declares every message as the specification of Kafka does', { timeout: 600_000 }, async () => {
  // One after the other: two Mavens would write into one repository.
  const specifications = [await fetchSpecification(CURRENT), await fetchSpecification(LAST_WITH_OLD_VERSIONS)]
  expect(specifications.map(({ messages }) => messages.size > 150)).toEqual([true, true])
  expect(driftOf(declarations, specifications, leftOut)).toEqual([])
})
