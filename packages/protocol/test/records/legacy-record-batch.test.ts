import zlib from 'node:zlib'
import {
  type Codec,
  Codecs,
  DecodeError,
  downConvert,
  gunzip,
  RecordBatchBuilder,
  type RecordReader,
  recordBatches,
  UnsupportedVersionError,
} from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { batchOf, readAll, readRecords } from './read-all.ts'
import { thrownBy } from './thrown-by.ts'

const NOW = 1_700_000_000_000
const gzip: Codec = { id: 1, name: 'gzip', compress: (bytes) => zlib.gzipSync(bytes), decompress: gunzip }
const asyncGzip: Codec = {
  ...gzip,
  compress: async (bytes) => zlib.gzipSync(bytes),
  decompress: async (bytes, maxBytes) => gunzip(bytes, maxBytes),
}

function reader(baseOffset: number, deltas: number[] = [0, 1, 2]): RecordReader {
  const builder = new RecordBatchBuilder()
  for (const delta of deltas) builder.appendAt(delta, NOW + delta, delta === 1 ? null : `k${delta}`, delta === 2 ? null : `v${delta}`)
  return batchOf(builder.close({ baseOffset })).records() as RecordReader
}

/** Makes the checksum of a changed message fit again. */
function seal(message: Buffer): Buffer {
  message.writeUInt32BE(zlib.crc32(message.subarray(16)), 12)
  return message
}

/** A message, and a compressed set when given one as its value. */
function message(magic: number, offset: bigint, value: Buffer | null, attributes = 0): Buffer {
  const template = downConvert(reader(0, [0]), { magic: magic as 0 | 1 }) as Buffer
  const bytes = Buffer.concat([
    template.subarray(0, magic === 0 ? 18 : 26),
    Buffer.from('ffffffff00000000', 'hex'),
    value ?? Buffer.alloc(0),
  ])
  bytes.writeBigInt64BE(offset, 0)
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes.writeInt8(attributes, 17)
  bytes.writeInt32BE(value === null ? -1 : value.length, magic === 0 ? 22 : 30)
  return seal(bytes)
}

const set = (magic: number, offset: bigint, messages: Buffer[]) => message(magic, offset, zlib.gzipSync(Buffer.concat(messages)), 1)
const inner = (magic: number, offset: number) => message(magic, BigInt(offset), Buffer.from(`at ${offset}`))

describe.each([0, 1] as const)('messages of magic %i', (magic) => {
  const timestamp = (delta: number) => (magic === 0 ? -1n : BigInt(NOW + delta))

  it.each([undefined, gzip, asyncGzip])('are written and read back', async (codec) => {
    const bytes = await downConvert(reader(1000), { magic, codec })
    expect([...recordBatches(bytes)].map((batch) => batch.compressionType)).toEqual(codec === undefined ? [0, 0, 0] : [1])
    expect(await readAll(bytes, codec && new Codecs([codec]))).toEqual([
      { offset: 1000n, timestamp: timestamp(0), key: Buffer.from('k0'), value: Buffer.from('v0'), headers: [] },
      { offset: 1001n, timestamp: timestamp(1), key: null, value: Buffer.from('v1'), headers: [] },
      { offset: 1002n, timestamp: timestamp(2), key: Buffer.from('k2'), value: null, headers: [] },
    ])
  })

  it('keep the gaps between offsets, in a compressed set too', async () => {
    for (const codec of [undefined, gzip]) {
      const bytes = await downConvert(reader(50, [3, 7, 100]), { magic, codec })
      expect((await readAll(bytes)).map(({ offset }) => offset)).toEqual([53n, 57n, 150n])
    }
  })

  it('of no record are no bytes', async () => {
    for (const codec of [undefined, gzip]) expect(await downConvert(reader(0, []), { magic, codec })).toHaveLength(0)
  })

  it('have no place for headers', async () => {
    const builder = new RecordBatchBuilder()
    builder.append(NOW, 'k', 'v', { trace: 'x' })
    const error = await thrownBy(() => downConvert(batchOf(builder.close()).records() as RecordReader, { magic }))
    expect(UnsupportedVersionError.is(error)).toBe(true)
    expect(error).toMatchObject({ field: 'headers' })
  })

  it('read as a batch without what came later', async () => {
    const [batch] = recordBatches((await downConvert(reader(7), { magic, codec: gzip })) as Buffer)
    expect(batch).toMatchObject({
      magic,
      lastOffset: 9,
      lastOffsetBigInt: 9n,
      baseOffset: 9,
      partitionLeaderEpoch: -1,
      producerId: -1n,
      producerEpoch: -1,
      baseSequence: -1,
      lastSequence: -1,
      isTransactional: false,
      isControl: false,
      compressionType: 1,
      count: undefined,
      timestampType: magic === 0 ? 'NoTimestampType' : 'CreateTime',
      maxTimestamp: magic === 0 ? -1 : NOW + 2,
      deleteHorizonMs: undefined,
    })
    expect(batchOf(message(magic, 5n, null))).toMatchObject({ count: 1, baseOffset: 5, lastOffset: 5 })
  })

  it('refuse every single flipped bit of what their checksum covers', () => {
    const bytes = message(magic, 5n, Buffer.from('value'))
    for (let bit = 12 * 8; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      let delivered = false
      try {
        for (const batch of recordBatches(bytes)) {
          batch.ensureValid()
          delivered = true
        }
      } catch (error) {
        expect(DecodeError.is(error, 'CRC_MISMATCH', 'UNKNOWN_MAGIC', 'MALFORMED_MESSAGE')).toBe(true)
      }
      expect(delivered, `bit ${bit}`).toBe(false)
      bytes[bit >> 3]! ^= 1 << (bit & 7)
    }
    expect(batchOf(bytes).isValid()).toBe(true)
  })

  it.each<[string, () => Buffer]>([
    ['a key longer than the message', () => withInt32(message(magic, 5n, Buffer.from('value')), magic === 0 ? 18 : 26, 100)],
    ['a key of length -2', () => withInt32(message(magic, 5n, Buffer.from('value')), magic === 0 ? 18 : 26, -2)],
    ['a value longer than the message', () => withInt32(message(magic, 5n, Buffer.from('value')), magic === 0 ? 22 : 30, 6)],
    ['a value shorter than the message', () => withInt32(message(magic, 5n, Buffer.from('value')), magic === 0 ? 22 : 30, 4)],
    ['a value of length -2', () => withInt32(message(magic, 5n, Buffer.from('value')), magic === 0 ? 22 : 30, -2)],
    ['a negative offset', () => message(magic, -1n, Buffer.from('value'))],
    ['a compressed null', () => message(magic, 5n, null, 1)],
    ['a compressed nothing', () => set(magic, 5n, [])],
    ['a compressed set in a compressed set', () => set(magic, 1n, [inner(magic, 0), set(magic, 1n, [inner(magic, 1)])])],
    ['a message of another magic in a set', () => set(magic, 1n, [inner(magic, 0), inner(1 - magic, 1)])],
    ['a message that is cut off in a set', () => set(magic, 1n, [inner(magic, 0), inner(magic, 1).subarray(0, -1)])],
    ['a head that is cut off in a set', () => set(magic, 1n, [inner(magic, 0), inner(magic, 1).subarray(0, 9)])],
    ['a negative size in a set', () => set(magic, 1n, [withInt32(inner(magic, 0), 8, -100), inner(magic, 1)])],
    ['offsets that do not grow in a set', () => set(magic, 5n, [inner(magic, 4), inner(magic, 4), inner(magic, 5)])],
    ['offsets too far apart in a set', () => set(magic, 2n ** 40n, [inner(magic, 0), message(magic, 2n ** 40n, null)])],
    ['negative offsets in a set', () => set(magic, 3n, [inner(magic, -5), inner(magic, 2)])],
    ['offsets beyond 64 bits in a set', () => set(magic, 2n ** 63n - 1n, [inner(magic, 10), inner(magic, 4)])],
  ])('refuse %s', async (_, bytes) => {
    const batch = batchOf(bytes())
    expect(batch.isValid()).toBe(true)
    expect(
      DecodeError.is(await thrownBy(async () => readRecords(await batch.records())), 'MALFORMED_MESSAGE', 'DECOMPRESSION_FAILED'),
    ).toBe(true)
  })

  it('are held to the limit when decompressed', async () => {
    const batch = batchOf(set(magic, 0n, [message(magic, 0n, Buffer.alloc(100_000))]))
    expect(DecodeError.is(await thrownBy(() => batch.records(new Codecs(), 100_000)), 'DECOMPRESSED_TOO_LARGE')).toBe(true)
    expect(readRecords(await batch.records(new Codecs(), 100_100))).toHaveLength(1)
  })
})

describe('a compressed set of magic 1', () => {
  it("has relative offsets inside, whose last is the set's own", async () => {
    expect((await readAll(set(1, 1005n, [inner(1, 0), inner(1, 2), inner(1, 5)]))).map(({ offset }) => offset)).toEqual([
      1000n,
      1002n,
      1005n,
    ])
  })

  it('may have the offset 0 as some producers send it', async () => {
    expect((await readAll(set(1, 0n, [inner(1, 0), inner(1, 1)]))).map(({ offset }) => offset)).toEqual([0n, 1n])
  })

  it('is refused where its offset lies before the last one inside', async () => {
    const error = await thrownBy(() => readAll(set(1, 3n, [inner(1, 0), inner(1, 4)])))
    expect(DecodeError.is(error, 'MALFORMED_MESSAGE')).toBe(true)
  })

  it('gives its own time to all messages where the broker set it', async () => {
    const bytes = set(1, 1n, [inner(1, 0), inner(1, 1)])
    bytes.writeInt8(0x09, 17)
    bytes.writeBigInt64BE(BigInt(NOW + 77), 18)
    const batch = batchOf(seal(bytes))
    expect(batch.timestampType).toBe('LogAppendTime')
    expect(readRecords(await batch.records()).map(({ timestamp }) => timestamp)).toEqual([BigInt(NOW + 77), BigInt(NOW + 77)])
  })
})

function withInt32(bytes: Buffer, at: number, value: number): Buffer {
  bytes.writeInt32BE(value, at)
  return seal(bytes)
}
