import { gunzipSync, gzipSync } from 'node:zlib'
import { gzip } from '@k/compression-gzip'
import { type Codec, ConfigError } from '@k/protocol'
import { expectRecordBatch, refusalCode, text } from '@tooling/codecs'
import { describe, expect, it } from 'vitest'

const THRESHOLD = 16 * 1024

describe('gzip', () => {
  it('has the number and the name that Kafka gave it', () => {
    expect(gzip()).toMatchObject({ id: 1, name: 'gzip' })
  })

  it.each([0, 1, 100, THRESHOLD - 1, THRESHOLD, 1_000_000])('brings %i bytes back', async (length) => {
    const codec = gzip()
    const compressed = await codec.compress(text(length))
    expect(gunzipSync(compressed)).toEqual(text(length))
    expect(Buffer.compare(await codec.decompress(compressed, Math.max(1, length)), text(length))).toBe(0)
  })

  it('answers at once for small input and from the thread pool for large', () => {
    expect(gzip().compress(text(THRESHOLD - 1))).toBeInstanceOf(Uint8Array)
    expect(gzip().compress(text(THRESHOLD))).toBeInstanceOf(Promise)
  })

  it('answers at once in any case to whoever asks for it', () => {
    const codec = gzip({ sync: true, level: 1 })
    const compressed = codec.compress(text(1_000_000))
    expect(compressed).toBeInstanceOf(Uint8Array)
    expect(codec.decompress(compressed as Uint8Array, 1_000_000)).toEqual(text(1_000_000))
    expect(gzip().decompress(compressed as Uint8Array, 1_000_000)).toBeInstanceOf(Promise)
  })

  it('compresses as hard as its level says', async () => {
    const bytes = text(200_000)
    const size = async (codec: Codec) => (await codec.compress(bytes)).length
    expect(await size(gzip({ level: 9 }))).toBeLessThan(await size(gzip({ level: 1 })))
    expect(await size(gzip())).toBe(await size(gzip({ level: 6 })))
  })

  it.each([0, 10, -1, 1.5, Number.NaN, '6' as unknown as number])('refuses level %s and names the allowed ones', (level) => {
    expect(() => gzip({ level })).toThrow(ConfigError)
    expect(() => gzip({ level })).toThrow(`level of gzip must be a whole number from 1 (fastest) to 9 (smallest), not ${level}`)
  })

  it.each([text(1000), text(10_000_000)])('stops decompressing where too much would come out', async (bytes) => {
    const compressed = gzipSync(bytes)
    expect(await gzip().decompress(compressed, bytes.length)).toHaveLength(bytes.length)
    expect(await refusalCode(gzip(), compressed, bytes.length - 1)).toBe('DECOMPRESSED_TOO_LARGE')
  })

  it('compresses a record batch that anybody with gzip can read', async () => {
    await expectRecordBatch(gzip(), [[]])
  })
})
