import { decodeGroupRecord, decodeTransactionRecord, type Message } from '@k/protocol'
import { expect, it } from 'vitest'
import { CURRENT, fetchSpecification, LAST_WITH_OLD_VERSIONS, whyUnavailable } from '../src/artifacts.ts'
import { declarations, standalone } from '../src/declared.ts'
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

it.skipIf(missing !== undefined)('reads every kind of record of the internal topics by its number', { timeout: 600_000 }, async () => {
  const { messages } = await fetchSpecification(CURRENT)
  const find = (name: string): Message => standalone.find((message) => message.name === name)!
  const bytesOf = (name: string, prefix: number, version: number) => {
    const message = find(name)
    const fields = Object.fromEntries(Object.entries(message.shape).map(([field, { type }]) => [field, type.zero()]))
    const head = Buffer.alloc(2)
    head.writeInt16BE(prefix)
    return Buffer.concat([head, message.encode(version, fields as never)])
  }
  const keys = [...messages.values()].filter(({ type }) => type === 'coordinator-key')
  expect(keys.length).toBeGreaterThan(20)
  for (const { name, apiKey } of keys) {
    const type = name.replace(/Key$/, '')
    const decode = type === 'TransactionLog' ? decodeTransactionRecord : decodeGroupRecord
    const valueVersion = find(`${type}Value`).versions.max
    const record = decode(bytesOf(name, apiKey!, 0), bytesOf(`${type}Value`, valueVersion, valueVersion))
    expect([record?.type, record?.value === null], name).toEqual([type, false])
  }
})
