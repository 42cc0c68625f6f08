import { gzip } from '@k/compression-gzip'
import { type Codec, RecordBatchBuilder } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import type { Chunk, FetchedPartition } from '../src/fetched-partition.ts'
import { batchOf, fetchable, fetched, numbers } from './support/batches.ts'

const offsetsOf = (chunk: Chunk | undefined) => chunk?.records.map(({ offset }) => offset)

/** All chunks, one after another. */
function all(one: FetchedPartition, max = 500): (number[] | undefined)[] {
  const chunks: (number[] | undefined)[] = []
  for (let chunk = one.take(max); chunk !== undefined; chunk = one.take(max)) chunks.push(offsetsOf(chunk as Chunk))
  return chunks
}

describe('FetchedPartition', () => {
  it('decodes one batch at a time, no more than asked for at once', () => {
    const one = fetched(fetchable(), Buffer.concat([batchOf(numbers(0, 5)), batchOf(numbers(5, 7))]))
    expect(one.endOffset).toBe(7)
    expect(all(one, 2)).toEqual([[0, 1], [2, 3], [4], [5, 6]])
  })

  it('leaves out what lies below the offset that was asked for, and batches that lie below it altogether', () => {
    const state = fetchable('orders', 0, 7)
    const one = fetched(state, Buffer.concat([batchOf(numbers(0, 5)), batchOf(numbers(5, 10))]))
    expect(all(one)).toEqual([[7, 8, 9]])
  })

  it('goes over gaps, empty batches and control batches to the end of what the headers say', () => {
    const state = fetchable()
    const empty = batchOf([], { baseOffset: 3 })
    // A compacted batch keeps its last offset: delta 4 at byte 23.
    empty.writeInt32BE(4, 23)
    const emptied = new RecordBatchBuilder()
    emptied.appendAt(9, 0, null, 'last')
    const control = batchOf([8], { isControl: true, isTransactional: true })
    const one = fetched(state, Buffer.concat([batchOf([0, 2]), repaired(empty), control, batchOf([12, 15])]))
    expect(all(one)).toEqual([
      [0, 2],
      [12, 15],
    ])
    expect(one.offset).toBe(16)
  })

  it('tells the position after each chunk: behind the batch when it is used up', () => {
    const bytes = batchOf([0, 1, 2])
    bytes.writeInt32BE(9, 23)
    const one = fetched(fetchable(), repaired(bytes))
    const ends = [one.take(2), one.take(2)].map((chunk) => (chunk as Chunk).endOffset)
    expect(ends).toEqual([2, 10])
  })

  it('leaves a last batch out that is cut off, and is empty where that is the only one', () => {
    const whole = batchOf(numbers(0, 3))
    const cut = batchOf(numbers(3, 9)).subarray(0, 80)
    expect(all(fetched(fetchable(), Buffer.concat([whole, cut])))).toEqual([[0, 1, 2]])
    const alone = fetched(fetchable(), cut)
    expect([alone.isEmpty, alone.endOffset]).toEqual([true, 0])
  })

  it('throws for a wrong checksum before any of the batch is handed out, naming the place', () => {
    const bad = batchOf(numbers(3, 6))
    bad[bad.length - 2]! ^= 4
    const one = fetched(fetchable(), Buffer.concat([batchOf(numbers(0, 3)), bad]))
    expect(offsetsOf(one.take(500) as Chunk)).toEqual([0, 1, 2])
    expect(() => one.take(500)).toThrow(
      expect.objectContaining({ name: 'PartitionError', code: 'CRC_MISMATCH', topic: 'orders', partition: 0, offset: 3 }),
    )
  })

  it('decompresses, also where that takes time', async () => {
    const bytes = batchOf(numbers(0, 100), { codec: gzip() })
    expect(offsetsOf((await fetched(fetchable(), bytes).take(500)) as Chunk)).toEqual(numbers(0, 100))
    const { Codecs } = await import('@k/protocol')
    const slow: Codec = { ...gzip(), id: 1, name: 'gzip', decompress: async (compressed, max) => gzip().decompress(compressed, max) }
    const one = fetched(fetchable(), Buffer.concat([bytes, batchOf([100])]), { codecs: new Codecs([slow]) })
    const first = one.take(60)
    expect(first).toBeInstanceOf(Promise)
    expect(offsetsOf(await first)).toEqual(numbers(0, 60))
    expect(offsetsOf(one.take(60) as Chunk)).toEqual(numbers(60, 100))
    expect(offsetsOf(one.take(60) as Chunk)).toEqual([100])
  })

  it('names the package to install for a compression that it does not know, and the place', () => {
    const snappy: Codec = { id: 2, name: 'snappy', compress: (bytes) => bytes, decompress: (bytes) => bytes }
    const one = fetched(fetchable(), batchOf([0], { codec: snappy }))
    expect(() => one.take(1)).toThrow(/orders-0 cannot be read at offset 0: .*@k\/compression-snappy/)
  })

  it('refuses a batch that would become larger than allowed', () => {
    const bytes = batchOf(numbers(0, 1_000), { codec: gzip() })
    expect(() => fetched(fetchable(), bytes, { maxDecompressedBytes: 100 }).take(1)).toThrow(
      expect.objectContaining({ code: 'DECOMPRESSED_TOO_LARGE', offset: 0 }),
    )
  })

  it('hands out what is good before bytes that are no batch, then fails there', () => {
    const junk = Buffer.alloc(100)
    const one = fetched(fetchable(), Buffer.concat([batchOf([0, 1]), junk]))
    expect([one.isEmpty, one.isFaulty, one.endOffset]).toEqual([false, true, 2])
    expect(offsetsOf(one.take(9) as Chunk)).toEqual([0, 1])
    expect(() => one.take(9)).toThrow(expect.objectContaining({ name: 'PartitionError', offset: 2 }))
  })

  it('knows when its state has gone elsewhere', () => {
    const state = fetchable()
    const one = fetched(state, batchOf([0]))
    expect(one.isCurrent).toBe(true)
    state.seek(5)
    expect(one.isCurrent).toBe(false)
    const revoked = fetchable()
    const other = fetched(revoked, batchOf([0]))
    revoked.unassign()
    expect(other.isCurrent).toBe(false)
  })

  it('reads every flip of a bit within the checksum as damage', () => {
    const good = batchOf(numbers(0, 3))
    // Base offset, length and leader epoch lie outside of it.
    for (let at = 17; at < good.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const bad = Buffer.from(good)
        bad[at]! ^= 1 << bit
        const followed = Buffer.concat([bad, batchOf([3])])
        expect(() => all(fetched(fetchable(), followed)), `byte ${at}, bit ${bit}`).toThrow()
      }
    }
  })
})

/** The bytes with a checksum that fits again. */
function repaired(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(crc(bytes), 17)
  return bytes
}

function crc(bytes: Buffer): number {
  let register = 0xffffffff
  for (const byte of bytes.subarray(21)) {
    register ^= byte
    for (let bit = 0; bit < 8; bit++) register = register & 1 ? (register >>> 1) ^ 0x82f63b78 : register >>> 1
  }
  return (register ^ 0xffffffff) >>> 0
}
