import { type Codec, Codecs, DecodeError, RecordBatchBuilder } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { batchOf, readAll } from './read-all.ts'
import { thrownBy } from './thrown-by.ts'

const SNAPPY = 2

const codec = (decompress: Codec['decompress']): Codec => ({ id: SNAPPY, name: 'snappy', compress: (bytes) => bytes, decompress })
const decompress = (codecs: Codecs, maxBytes = 1000) => codecs.decompress(SNAPPY, Buffer.from('bytes'), maxBytes)

describe('Codecs', () => {
  it.each([
    [2, 'snappy'],
    [3, 'lz4'],
  ])('names the package to install for codec %i', async (compressionType, name) => {
    const error = await thrownBy(() => new Codecs().decompress(compressionType, Buffer.alloc(1), 1))
    expect(DecodeError.is(error, 'UNKNOWN_CODEC')).toBe(true)
    expect((error as Error).message).toBe(
      `a record batch is compressed with ${name}: install @k/compression-${name} and hand in ${name}() among the codecs`,
    )
  })

  it.each([5, 6, 7])('knows that compression type %i does not exist', async (compressionType) => {
    const error = await thrownBy(() => new Codecs().decompress(compressionType, Buffer.alloc(1), 1))
    expect(DecodeError.is(error, 'UNKNOWN_CODEC')).toBe(true)
    expect((error as Error).message).toContain(`compression type ${compressionType}, which no version of Kafka defines`)
  })

  it('asks the codec that was handed in, at once or with a promise', async () => {
    expect(decompress(new Codecs([codec((bytes) => bytes)]))).toEqual(Buffer.from('bytes'))
    const answer = decompress(new Codecs([codec(async (bytes) => bytes)]))
    expect(answer).toBeInstanceOf(Promise)
    expect(await answer).toEqual(Buffer.from('bytes'))
  })

  it('prefers a codec that was handed in to what Node brings', () => {
    const own: Codec = { id: 1, name: 'gzip', compress: (bytes) => bytes, decompress: () => Buffer.from('own') }
    expect(new Codecs([own]).decompress(1, Buffer.alloc(1), 100)).toEqual(Buffer.from('own'))
  })

  it('makes an error of its own of whatever a codec throws, keeping the cause', async () => {
    const cause = new RangeError('index 5 out of range')
    const throwing = codec(() => {
      throw cause
    })
    for (const one of [throwing, codec(() => Promise.reject(cause))]) {
      const error = await thrownBy(() => decompress(new Codecs([one])))
      expect(DecodeError.is(error, 'DECOMPRESSION_FAILED')).toBe(true)
      expect(error).toMatchObject({ cause, message: 'bytes said to be snappy cannot be decompressed: index 5 out of range' })
    }
  })

  it('measures what a codec returns', async () => {
    const large = codec(() => Buffer.alloc(1001))
    for (const one of [large, codec(async () => Buffer.alloc(1001))]) {
      expect(DecodeError.is(await thrownBy(() => decompress(new Codecs([one]))), 'DECOMPRESSED_TOO_LARGE')).toBe(true)
      expect(await decompress(new Codecs([one]), 1001)).toHaveLength(1001)
    }
  })

  it('reads records out of whatever Uint8Array a codec returns', async () => {
    const builder = new RecordBatchBuilder()
    builder.append(1, 'k', 'v')
    const inPlaces: Codec['decompress'][] = [
      (bytes) => new Uint8Array(bytes),
      (bytes) => new Uint8Array([1, 2, 3, ...bytes, 4]).subarray(3, 3 + bytes.length),
      async (bytes) => new Uint8Array(bytes),
    ]
    for (const one of inPlaces) {
      const bytes = await builder.close({ codec: codec(one) })
      expect(batchOf(bytes).compressionType).toBe(SNAPPY)
      expect(await readAll(bytes, new Codecs([codec(one)]))).toMatchObject([{ key: Buffer.from('k'), value: Buffer.from('v') }])
    }
  })
})
