import zlib from 'node:zlib'
import { type ZstdOptions, zstd } from '@k/compression-zstd'
import { type Codec, ConfigError, zstdIsSupported } from '@k/protocol'
import { expectRecordBatch, noise, refusalCode, text, thrownBy } from '@tooling/codecs'
import { describe, expect, it, vi } from 'vitest'

const THRESHOLD = 16 * 1024

describe('zstd', () => {
  it('has the number and the name that Kafka gave it', () => {
    expect(zstd()).toMatchObject({ id: 4, name: 'zstd' })
    expect(zstd({ engine: 'js' })).toMatchObject({ id: 4, name: 'zstd' })
  })

  it.each(['level', 'engine'])('refuses a wrong %s', (option) => {
    expect(() => zstd({ [option]: 'x' } as unknown as ZstdOptions)).toThrow(ConfigError)
  })

  it.each([23, -131073, 1.5, Number.NaN])('refuses level %s and names the allowed ones', (level) => {
    expect(() => zstd({ level })).toThrow(`level of zstd must be a whole number from -131072 (fastest) to 22 (smallest), not ${level}`)
  })

  it('does not compress with the engine js, and says what does', async () => {
    const error = await thrownBy(() => zstd({ engine: 'js' }).compress(text(100)))
    expect(ConfigError.is(error)).toBe(true)
    expect((error as Error).message).toContain("cannot be zstd with the engine 'js', which only decompresses")
  })

  it('reads and says how to compress on a Node whose zlib has no zstd', async () => {
    vi.resetModules()
    const { zstdCompressSync: _, ...rest } = zlib
    vi.doMock('@k/protocol', async (original) => ({ ...(await original<object>()), zstdIsSupported: false }))
    vi.doMock('node:zlib', () => ({ default: rest }))
    const fresh = await import('../src/zstd.ts')
    vi.doUnmock('@k/protocol')
    vi.doUnmock('node:zlib')
    const codec = fresh.zstd({ level: 5 })
    const error = await thrownBy(() => codec.compress(text(100)))
    expect((error as Error).message).toContain(`cannot be zstd on Node ${process.version}, whose zlib has no zstd`)
    expect(() => fresh.zstd({ engine: 'zlib' })).toThrow('engine of zstd cannot be')
    if (zstdIsSupported) expect(await codec.decompress(await zstd().compress(text(100)), 100)).toEqual(text(100))
  })
})

// The tests run on a Node that may be older than zstd in it.
describe.runIf(zstdIsSupported)('zstd by zlib', () => {
  it.each([0, 1, 100, THRESHOLD - 1, THRESHOLD, 1_000_000])('brings %i bytes back, whichever engine reads', async (length) => {
    for (const bytes of [text(length), noise(length), Buffer.alloc(length)]) {
      const compressed = await zstd().compress(bytes)
      for (const engine of ['zlib', 'js'] as const) {
        expect(Buffer.compare(await zstd({ engine }).decompress(compressed, Math.max(1, length)), bytes)).toBe(0)
      }
    }
  })

  it('answers at once for small input and from the thread pool for large', () => {
    expect(zstd().compress(text(THRESHOLD - 1))).toBeInstanceOf(Uint8Array)
    expect(zstd().compress(text(THRESHOLD))).toBeInstanceOf(Promise)
  })

  it('answers at once in any case to whoever asks for it', async () => {
    const bytes = noise(300_000)
    const compressed = zstd({ sync: true }).compress(bytes)
    expect(compressed).toBeInstanceOf(Uint8Array)
    expect(zstd().decompress(compressed as Uint8Array, 300_000)).toBeInstanceOf(Promise)
    expect(zstd({ sync: true }).decompress(compressed as Uint8Array, 300_000)).toEqual(bytes)
  })

  it('compresses as hard as its level says', async () => {
    const size = async (codec: Codec) => (await codec.compress(text(200_000))).length
    expect(await size(zstd({ level: 19 }))).toBeLessThan(await size(zstd({ level: 1 })))
    expect(await size(zstd({ level: 1 }))).toBeLessThan(await size(zstd({ level: -50 })))
    expect(await size(zstd())).toBe(await size(zstd({ level: 3 })))
  })

  it('compresses a record batch that every engine reads', async () => {
    await expectRecordBatch(zstd(), [[], [zstd()], [zstd({ engine: 'js' })]])
  })

  it('stops decompressing where too much would come out', async () => {
    const compressed = await zstd().compress(Buffer.alloc(10_000_000))
    expect(await refusalCode(zstd(), compressed, 9_999_999)).toBe('DECOMPRESSED_TOO_LARGE')
  })
})
