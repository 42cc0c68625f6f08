import { BufferPool, incrementSequence, KafkaError, RecordBatchBuilder, type RecordReader, splitBatch } from '@k/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asBuffer, givenRecord } from './arbitraries.ts'
import { batchOf, readRecords } from './read-all.ts'

const readerOf = (builder: RecordBatchBuilder) => batchOf(builder.close()).records() as RecordReader

function builderOf(offsetDeltas: readonly number[]): RecordBatchBuilder {
  const builder = new RecordBatchBuilder()
  for (const delta of offsetDeltas) builder.appendAt(delta, 1_700_000_000_000 - delta, `k${delta}`, `v${delta}`, { h: `${delta}` })
  return builder
}

describe('splitting a batch', () => {
  it('gives two batches with the same records in the same order, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(givenRecord, { minLength: 2, maxLength: 8 }), fc.nat(), (given, choice) => {
        const builder = new RecordBatchBuilder()
        for (const { timestamp, key, value, headers } of given) builder.append(timestamp, key, value, headers)
        const count = 1 + (choice % (given.length - 1))
        const parts = splitBatch(readerOf(builder), { count })
        expect(parts.map((part) => part.count)).toEqual([count, given.length - count])
        const batches = parts.map((part) => batchOf(part.close()))
        for (const batch of batches) batch.ensureValid()
        const read = batches.flatMap((batch) => readRecords(batch.records() as RecordReader))
        expect(read.map(({ offset }) => Number(offset))).toEqual(given.map((_, i) => (i < count ? i : i - count)))
        const bare = ({ timestamp, key, value }: (typeof read)[number]) => [timestamp, key, value]
        expect(read.map(bare)).toEqual(given.map(({ timestamp, key, value }) => [BigInt(timestamp), asBuffer(key), asBuffer(value)]))
        expect(read.map(({ headers }) => headers)).toEqual(readRecords(readerOf(builder)).map(({ headers }) => headers))
      }),
      { seed: 4, numRuns: 200 },
    )
  })

  it('halves it unless told otherwise', () => {
    expect(splitBatch(readerOf(builderOf([0, 1, 2, 3, 4]))).map(({ count }) => count)).toEqual([2, 3])
  })

  it('keeps the gaps between offsets', () => {
    const parts = splitBatch(readerOf(builderOf([2, 5, 9, 10, 30])))
    expect(parts.map((part) => readRecords(readerOf(part)).map(({ offset }) => Number(offset)))).toEqual([
      [0, 3],
      [0, 1, 21],
    ])
  })

  it('leaves both open: to take more records, and to be closed with a place in the sequence each', () => {
    const [first, second] = splitBatch(readerOf(builderOf([0, 1, 2])))
    expect(second.append(1_700_000_000_000, null, 'one more')).toBe(2)
    const baseSequence = 2 ** 31 - 1
    const identity = { producerId: 7n, producerEpoch: 1 }
    const sequences = [
      first.close({ ...identity, baseSequence }),
      second.close({ ...identity, baseSequence: incrementSequence(baseSequence, first.count) }),
    ].map((bytes) => [batchOf(bytes).baseSequence, batchOf(bytes).lastSequence])
    expect(sequences).toEqual([
      [2 ** 31 - 1, 2 ** 31 - 1],
      [0, 2],
    ])
  })

  it('copies: the batch that was split can be released at once', () => {
    const pool = new BufferPool(1024)
    const builder = new RecordBatchBuilder({ pool })
    for (const value of ['a', 'b']) builder.append(0, null, value)
    const [first, second] = splitBatch(readerOf(builder), { pool })
    builder.release()
    pool.take(1024).fill(0xff)
    expect([first, second].map((part) => String(readRecords(readerOf(part))[0]?.value))).toEqual(['a', 'b'])
  })

  it.each([
    [1, undefined],
    [2, 0],
    [2, 2],
    [2, 1.5],
    [0, undefined],
  ])('is refused for %i records after %s: each part needs one', (records, count) => {
    const builder = builderOf(Array.from({ length: records }, (_, i) => i))
    const split = () => splitBatch(readerOf(builder), count === undefined ? {} : { count })
    expect(split).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    expect(split).toThrow(KafkaError)
  })
})
