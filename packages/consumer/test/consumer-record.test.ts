import { inspect } from 'node:util'
import { type Headers, RecordBatchBuilder } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import type { ConsumerRecord } from '../src/consumer-record.ts'
import type { Chunk } from '../src/fetched-partition.ts'
import { fetchable, fetched } from './support/batches.ts'

function record(key: string | null, value: string | null, headers?: Headers): ConsumerRecord {
  const builder = new RecordBatchBuilder()
  builder.append(1_700_000_000_000, 'before', 'x'.repeat(10_000))
  builder.append(1_700_000_000_001, key, value, headers)
  return (fetched(fetchable(), builder.close() as Buffer).take(10) as Chunk).records[1]!
}

describe('ConsumerRecord', () => {
  it('gives key and value as views of what was fetched, the same ones each time', () => {
    const one = record('k', 'v')
    expect([one.key, one.value]).toEqual([Buffer.from('k'), Buffer.from('v')])
    expect(one.key).toBe(one.key)
    expect(one.key!.buffer).toBe(one.value!.buffer)
    expect([record(null, 'v').key, record('k', null).value]).toEqual([null, null])
    expect(record(null, '').value).toHaveLength(0)
  })

  it('has no headers of its own where it has none', () => {
    expect(record('k', 'v').headers).toBe(record('k', 'v').headers)
    expect([...record('k', 'v').headers]).toEqual([])
  })

  it.each([
    [
      'k',
      'v',
      [
        ['a', '1'],
        ['b', null],
        ['ü', Buffer.alloc(200, 7)],
      ],
    ],
    [null, 'v', []],
    ['k', null, [['a', '']]],
    [null, null, []],
  ] as const)('is the same after detach, on memory of its own: %j %j', (key, value, headers) => {
    const one = record(key, value, headers)
    const kept = one.detach()
    expect(kept.toJSON()).toEqual(one.toJSON())
    expect([...kept.headers]).toEqual([...one.headers])
    expect([kept.serializedKeySize, kept.serializedValueSize]).toEqual([one.serializedKeySize, one.serializedValueSize])
    const buffers = [kept.key, kept.value, ...[...kept.headers].map((pair) => pair[1])].filter((one) => one !== null)
    for (const { buffer } of buffers) expect(buffer.byteLength).toBeLessThan(300)
  })

  it('keeps what was read of it when it is detached', () => {
    const one = record('k', 'v', { h: 'x' })
    expect([one.key, one.value, one.headers.get('h')].map(String)).toEqual(['k', 'v', 'x'])
    expect([one.detach().key, one.detach().value].map(String)).toEqual(['k', 'v'])
  })

  it('shows itself with all its fields', () => {
    const shown = inspect(record('k', 'v', { h: 'x' }))
    for (const part of ["topic: 'orders'", 'partition: 0', 'offset: 1', 'timestamp: 1700000000001', 'key: <Buffer 6b>', "'h'"]) {
      expect(shown).toContain(part)
    }
    expect(JSON.parse(JSON.stringify(record('k', null)))).toMatchObject({ topic: 'orders', offset: 1, value: null, headers: [] })
  })
})
