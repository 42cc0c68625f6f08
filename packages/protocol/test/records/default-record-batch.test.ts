import { DecodeError, KafkaError, type RecordBatch, RecordBatchBuilder, type RecordReader, recordBatches } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { batchOf, readAll, readRecords } from './read-all.ts'
import { seal } from './seal.ts'
import { thrownBy } from './thrown-by.ts'

const NOW = 1_700_000_000_000
// Base offset and leader epoch, which brokers set, lie outside the checksum.
const UNCHECKED = [0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15]

function built(): Buffer {
  const builder = new RecordBatchBuilder({ size: 100 })
  for (let i = 0; i < 3; i++) builder.append(NOW + i, `key-${i}`, `value-${i}`, [['header', 'x']])
  return builder.close({ baseOffset: 1000, producerId: 4n, producerEpoch: 1, baseSequence: 2 })
}

/** A batch that lies in one field, its checksum right. */
function lying(write: (bytes: Buffer) => void): RecordBatch {
  const bytes = built()
  write(bytes)
  return batchOf(seal(bytes))
}

describe('a record batch', () => {
  it('refuses every single flipped bit of what its checksum covers', () => {
    const bytes = built()
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const at = bit >> 3
      if (UNCHECKED.includes(at)) continue
      bytes[at]! ^= 1 << (bit & 7)
      let delivered = false
      try {
        // A flip in the length cuts the batch off, one in the magic makes it another format: nothing comes out, or an error does.
        for (const batch of recordBatches(bytes)) {
          batch.ensureValid()
          delivered = true
        }
      } catch (error) {
        expect(DecodeError.is(error, 'CRC_MISMATCH', 'UNKNOWN_MAGIC', 'MALFORMED_MESSAGE')).toBe(true)
      }
      expect(delivered, `bit ${bit}`).toBe(false)
      bytes[at]! ^= 1 << (bit & 7)
    }
    expect(batchOf(bytes).isValid()).toBe(true)
  })

  it.each(UNCHECKED)('does not check byte %i, which the broker sets', (at) => {
    const bytes = built()
    bytes[at]! ^= 1
    expect(batchOf(bytes).isValid()).toBe(true)
  })

  it('says which batch is corrupt', async () => {
    const bytes = Buffer.concat([built(), built()])
    bytes[bytes.length - 1]! ^= 1
    const [, second] = recordBatches(bytes)
    const error = await thrownBy(() => second!.ensureValid())
    expect(DecodeError.is(error, 'CRC_MISMATCH')).toBe(true)
    expect(error).toMatchObject({ position: second!.position })
    expect((error as Error).message).toContain(`(base offset 1000, ${second!.sizeInBytes} bytes)`)
  })

  it('gives the largest timestamp to every record where the broker set the time', () => {
    const batch = lying((bytes) => {
      bytes.writeInt16BE(0x08, 21)
      bytes.writeBigInt64BE(BigInt(NOW + 500), 35)
    })
    expect(batch.timestampType).toBe('LogAppendTime')
    const reader = batch.records() as RecordReader
    for (let i = 0; i < 3; i++) {
      expect(reader.next()).toBe(true)
      expect(reader.timestamp).toBe(NOW + 500)
      expect(reader.timestampBigInt).toBe(BigInt(NOW + 500))
    }
  })

  it('tells its delete horizon, from which timestamps then count', () => {
    expect(batchOf(built()).deleteHorizonMs).toBeUndefined()
    const batch = lying((bytes) => bytes.writeInt16BE(0x40, 21))
    expect(batch.deleteHorizonMs).toBe(NOW)
  })

  it('ignores attributes that do not exist yet', async () => {
    const batch = lying((bytes) => bytes.writeInt16BE(0x7f80, 21))
    expect(await readAll(batch.bytes)).toHaveLength(3)
  })

  it('is empty where it says so, whatever follows and however it was compressed', async () => {
    for (const attributes of [0, 1, 2, 7]) {
      const batch = lying((bytes) => {
        bytes.writeInt32BE(0, 57)
        bytes.writeInt16BE(attributes, 21)
      })
      expect(readRecords(await batch.records())).toEqual([])
    }
  })

  it.each<[string, (bytes: Buffer) => void]>([
    ['a negative count', (bytes) => bytes.writeInt32BE(-1, 57)],
    ['a huge count', (bytes) => bytes.writeInt32BE(2 ** 31 - 1, 57)],
    ['one record too many', (bytes) => bytes.writeInt32BE(4, 57)],
    ['one record too few', (bytes) => bytes.writeInt32BE(2, 57)],
    ['a negative last offset delta', (bytes) => bytes.writeInt32BE(-1, 23)],
    ['a last offset below that of a record', (bytes) => bytes.writeInt32BE(1, 23)],
    ['a negative base offset', (bytes) => bytes.writeBigInt64BE(-1n, 0)],
    ['a last offset beyond 64 bits', (bytes) => bytes.writeBigInt64BE(2n ** 63n - 2n, 0)],
  ])('is malformed with %s', async (_, write) => {
    const batch = lying(write)
    expect(batch.isValid()).toBe(true)
    const error = await thrownBy(async () => readRecords(await batch.records()))
    expect(DecodeError.is(error, 'MALFORMED_MESSAGE')).toBe(true)
  })

  it('reads the largest offsets that exist as bigints', async () => {
    const bytes = built()
    bytes.writeBigInt64BE(2n ** 63n - 3n, 0)
    const batch = batchOf(bytes)
    expect([batch.baseOffsetBigInt, batch.lastOffsetBigInt]).toEqual([2n ** 63n - 3n, 2n ** 63n - 1n])
    expect((await readAll(bytes)).map(({ offset }) => offset)).toEqual([2n ** 63n - 3n, 2n ** 63n - 2n, 2n ** 63n - 1n])
  })

  it('reads offsets as numbers up to 2^53 - 1 and refuses to round them beyond', async () => {
    const bytes = built()
    bytes.writeBigInt64BE(2n ** 53n - 2n, 0)
    const batch = batchOf(bytes)
    expect(batch.baseOffset).toBe(2 ** 53 - 2)
    expect(KafkaError.is(await thrownBy(() => batch.lastOffset), 'OFFSET_TOO_LARGE')).toBe(true)
    const reader = (await batch.records()) as RecordReader
    reader.next()
    expect(reader.offset).toBe(2 ** 53 - 2)
    reader.next()
    expect(reader.offset).toBe(2 ** 53 - 1)
    reader.next()
    expect(KafkaError.is(await thrownBy(() => reader.offset), 'OFFSET_TOO_LARGE')).toBe(true)
    expect(reader.offsetBigInt).toBe(2n ** 53n)
  })

  it('is the same batch wherever it lies', () => {
    const bytes = built()
    const [, second] = recordBatches(Buffer.concat([built(), bytes]))
    expect(second!.bytes).toEqual(bytes)
    expect(second).toMatchObject({ baseOffset: 1000, lastOffset: 1002, producerId: 4n, producerEpoch: 1, baseSequence: 2, lastSequence: 4 })
    expect(second!.isValid()).toBe(true)
  })
})
