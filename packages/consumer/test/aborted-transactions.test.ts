import { type BatchFields, controlRecordKey, RecordBatchBuilder } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { AbortedTransactions } from '../src/aborted-transactions.ts'
import { type Chunk, FetchedPartition } from '../src/fetched-partition.ts'
import { batchOf, fetchable, settings } from './support/batches.ts'

type Aborted = readonly (readonly [producerId: bigint, firstOffset: bigint])[]

const data = (producerId: bigint, ...offsets: number[]) =>
  batchOf(offsets, { producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true })

function marker(type: 'ABORT' | 'COMMIT', producerId: bigint, baseOffset: number, key: Buffer | null = controlRecordKey(type)): Buffer {
  const fields: BatchFields = { baseOffset, producerId, producerEpoch: 0, isTransactional: true, isControl: true }
  const builder = new RecordBatchBuilder()
  builder.append(0, key, Buffer.alloc(6))
  return builder.close(fields)
}

/** The offsets that are handed out of what a fetch brought. */
function offsetsOf(batches: readonly Buffer[], aborted: Aborted | undefined, offset = 0): number[] {
  const list = aborted?.map(([producerId, firstOffset]) => ({ producerId, firstOffset }))
  const told = list === undefined ? {} : { aborted: new AbortedTransactions(list) }
  const fetched = new FetchedPartition(fetchable('orders', 0, offset), Buffer.concat(batches), offset, settings, told)
  const offsets: number[] = []
  for (let chunk = fetched.take(500); chunk !== undefined; chunk = fetched.take(500)) {
    for (const record of (chunk as Chunk).records) offsets.push(record.offset)
  }
  expect(fetched.offset).toBe(fetched.endOffset)
  return offsets
}

describe('reading committed records', () => {
  const mixed = [
    data(1n, 0, 1),
    data(2n, 2),
    batchOf([3]),
    data(1n, 4),
    marker('ABORT', 1n, 5),
    data(1n, 6),
    data(2n, 7),
    marker('COMMIT', 2n, 8),
    marker('COMMIT', 1n, 9),
  ]

  it('leaves out what its transaction aborted, and nothing else: other producers, later transactions, records of none', () => {
    expect(offsetsOf(mixed, [[1n, 0n]])).toEqual([2, 3, 6, 7])
  })

  it('hands out everything but markers where nobody tells of aborted transactions', () => {
    expect(offsetsOf(mixed, undefined)).toEqual([0, 1, 2, 3, 4, 6, 7])
  })

  it('begins in the middle of an aborted transaction', () => {
    expect(offsetsOf(mixed.slice(3), [[1n, 0n]], 4)).toEqual([6, 7])
    expect(offsetsOf([data(1n, 0, 1, 2, 3), marker('ABORT', 1n, 4), data(1n, 5)], [[1n, 0n]], 2)).toEqual([5])
  })

  it('reads a list that is out of order, with several transactions of one producer', () => {
    const log = [
      data(1n, 0),
      marker('ABORT', 1n, 1),
      data(1n, 2),
      marker('COMMIT', 1n, 3),
      data(2n, 4),
      data(1n, 5),
      marker('ABORT', 1n, 6),
      data(1n, 7),
      marker('ABORT', 2n, 8),
      data(2n, 9),
    ]
    const aborted: Aborted = [
      [1n, 5n],
      [2n, 4n],
      [1n, 0n],
    ]
    expect(offsetsOf(log, aborted)).toEqual([2, 7, 9])
    expect(offsetsOf(log, [...aborted].reverse())).toEqual([2, 7, 9])
  })

  it('is not led astray by markers that come twice, nor by transactions that the list names twice', () => {
    const log = [
      data(1n, 0),
      marker('ABORT', 1n, 1),
      marker('ABORT', 1n, 2),
      data(1n, 3),
      marker('COMMIT', 1n, 4),
      marker('ABORT', 1n, 5),
      data(1n, 6),
    ]
    expect(offsetsOf(log, [[1n, 0n]])).toEqual([3, 6])
    const twice: Aborted = [
      [1n, 0n],
      [1n, 0n],
    ]
    expect(offsetsOf(log, twice)).toEqual([3, 6])
  })

  it('passes over markers of transactions without data', () => {
    const log = [marker('ABORT', 1n, 0), data(1n, 1), marker('COMMIT', 1n, 2), marker('ABORT', 2n, 3), data(2n, 4)]
    expect(offsetsOf(log, [])).toEqual([1, 4])
    expect(offsetsOf(log, [[2n, 3n]])).toEqual([1, 4])
  })

  it('leaves records without a transaction alone, whatever producer wrote them', () => {
    const idempotent = batchOf([1], { producerId: 1n, producerEpoch: 0, baseSequence: 0 })
    expect(offsetsOf([data(1n, 0), idempotent, marker('ABORT', 1n, 2)], [[1n, 0n]])).toEqual([1])
  })

  it('fails with the place where the marker of an aborted transaction cannot be read', () => {
    const log = [data(1n, 0), marker('ABORT', 1n, 1, Buffer.alloc(1)), data(1n, 2)]
    expect(() => offsetsOf(log, [[1n, 0n]])).toThrow(expect.objectContaining({ name: 'PartitionError', offset: 1, partition: 0 }))
    expect(offsetsOf(log, [])).toEqual([0, 2])
  })
})
