import zlib from 'node:zlib'
import {
  type Codec,
  Codecs,
  DecodeError,
  gunzip,
  KafkaError,
  RecordBatchBuilder,
  type RecordReader,
  unzstd,
  zstdIsSupported,
} from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { batchOf } from './read-all.ts'
import { thrownBy } from './thrown-by.ts'

const text = Buffer.from('0123456789'.repeat(10))
const noise = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i * 7919) >> 3))
const snappy: Codec = { id: 2, name: 'snappy', compress: (bytes) => bytes, decompress: (bytes) => bytes }

type Decompress = (bytes: Buffer, maxBytes: number) => unknown
const engines: [string, (bytes: Buffer) => Buffer, Decompress][] = [
  ['gunzip', (bytes) => zlib.gzipSync(bytes), gunzip],
  ['gzip among the codecs', (bytes) => zlib.gzipSync(bytes), (bytes, maxBytes) => new Codecs().decompress(1, bytes, maxBytes)],
  ['a codec of somebody else', (bytes) => bytes, (bytes, maxBytes) => new Codecs([snappy]).decompress(2, bytes, maxBytes)],
]
if (zstdIsSupported) engines.push(['unzstd', (bytes) => zlib.zstdCompressSync(bytes), unzstd])

describe.each(engines)('the most bytes that may come out of %s', (_, compress, decompress) => {
  // At once and from the pool.
  const inputs = [text, noise].map((bytes) => [bytes, compress(bytes)] as const)

  it.each([Number.POSITIVE_INFINITY, 2 ** 60, 2 ** 53, 1_000_000.5])('may be %s', async (maxBytes) => {
    for (const [bytes, compressed] of inputs) expect(Buffer.compare((await decompress(compressed, maxBytes)) as Buffer, bytes)).toBe(0)
  })

  it.each([Number.NaN, -1, '100', null, 5n])('may not be %s: a limit that is none would let a bomb through', async (maxBytes) => {
    for (const [, compressed] of inputs) {
      const error = await thrownBy(async () => decompress(compressed, maxBytes as number))
      expect(KafkaError.is(error, 'INVALID_ARGUMENT'), String(error)).toBe(true)
      expect(DecodeError.is(error)).toBe(false)
      expect((error as Error).message).toMatch(/^maxBytes must be /)
    }
  })

  it('is rounded down where it is a fraction', async () => {
    for (const [bytes, compressed] of inputs) {
      const error = await thrownBy(async () => decompress(compressed, bytes.length - 0.5))
      expect(DecodeError.is(error, 'DECOMPRESSED_TOO_LARGE')).toBe(true)
    }
  })
})

it('reaches the records of a batch as it was asked for', async () => {
  const codec: Codec = { id: 1, name: 'gzip', compress: (bytes) => zlib.gzipSync(bytes), decompress: gunzip }
  const builder = new RecordBatchBuilder()
  builder.append(1, 'k', text)
  const batch = batchOf((await builder.close({ codec })) as Buffer)
  const reader = (await batch.records(new Codecs(), Number.POSITIVE_INFINITY)) as RecordReader
  expect([reader.next(), reader.valueLength, reader.next()]).toEqual([true, text.length, false])
  expect(KafkaError.is(await thrownBy(() => batch.records(new Codecs(), Number.NaN)), 'INVALID_ARGUMENT')).toBe(true)
})
