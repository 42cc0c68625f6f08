import zlib from 'node:zlib'
import { Codecs, DecodeError, unzstd, zstdIsSupported } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { thrownBy } from './thrown-by.ts'

const text = (length: number) => Buffer.from('{"id":1}'.repeat(Math.ceil(length / 8))).subarray(0, length)
// Bytes that zstd cannot make smaller, so that its input is large too.
const noise = (length: number) => {
  const bytes = Buffer.alloc(length)
  for (let i = 0, x = 1; i < length; i++) {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0
    bytes[i] = x >>> 24
  }
  return bytes
}

// The tests run on a Node that may be older than zstd in it.
describe.runIf(zstdIsSupported)('unzstd', () => {
  const compress = (bytes: Uint8Array) => zlib.zstdCompressSync(bytes)
  const skippable = Buffer.concat([Buffer.from('502a4d1804000000', 'hex'), Buffer.from('skip')])

  it('answers at once for small input and from the pool for large', async () => {
    expect(unzstd(compress(text(5000)), 5000)).toEqual(text(5000))
    const answer = unzstd(compress(noise(300_000)), 300_000)
    expect(answer).toBeInstanceOf(Promise)
    expect(await answer).toEqual(noise(300_000))
  })

  it('answers at once to whoever asks for it, and from the pool for little that becomes much', async () => {
    expect(unzstd(compress(noise(300_000)), 300_000, { sync: true })).toEqual(noise(300_000))
    const answer = unzstd(compress(text(300_000)), 300_000)
    expect(answer).toBeInstanceOf(Promise)
    expect(await answer).toEqual(text(300_000))
    expect(DecodeError.is(await thrownBy(() => unzstd(compress(text(5000)), 4999, { sync: true })), 'DECOMPRESSED_TOO_LARGE')).toBe(true)
  })

  it.each([
    ['small', [text(3000), Buffer.alloc(0), text(500), noise(100)]],
    ['large', [noise(200_000), Buffer.alloc(0), noise(100_000), text(3000)]],
  ])('reads all concatenated frames of a %s input, passing over what is to be skipped', async (_, parts) => {
    const frames = Buffer.concat([skippable, ...parts.flatMap((part) => [compress(part), skippable])])
    expect(await unzstd(frames, 1_000_000)).toEqual(Buffer.concat(parts))
  })

  it.each([
    ['small', [text(3000), text(2000)]],
    ['large', [noise(200_000), noise(100_000)]],
  ])('stops exactly where the frames of a %s input together become too large', async (_, parts) => {
    const frames = Buffer.concat(parts.map(compress))
    const size = parts[0]!.length + parts[1]!.length
    expect(await unzstd(frames, size)).toHaveLength(size)
    for (const maxBytes of [size - 1, parts[0]!.length, 1, 0]) {
      expect(DecodeError.is(await thrownBy(() => unzstd(frames, maxBytes)), 'DECOMPRESSED_TOO_LARGE')).toBe(true)
    }
  })

  it('takes an empty frame where nothing may come out', () => {
    expect(unzstd(compress(Buffer.alloc(0)), 0)).toHaveLength(0)
  })

  it.each([
    ['nothing', () => Buffer.alloc(0)],
    ['something else', () => Buffer.from('not zstd at all')],
    ['large something else', () => Buffer.alloc(300_000, 1)],
    ['a frame that is cut off', () => compress(text(5000)).subarray(0, -3)],
    ['a large frame that is cut off', () => compress(noise(300_000)).subarray(0, -3)],
    ['a second frame that is cut off', () => Buffer.concat([compress(text(5000)), compress(text(5000)).subarray(0, -3)])],
    ['a frame with something behind it', () => Buffer.concat([compress(text(5000)), Buffer.from('junk')])],
    // Magic number, a window of 2 GB, one raw block of one byte.
    ['a window beyond all bounds', () => Buffer.from('28b52ffd00a80900007a', 'hex')],
  ])('refuses %s', async (_, bytes) => {
    expect(DecodeError.is(await thrownBy(() => unzstd(bytes(), 1_000_000)), 'DECOMPRESSION_FAILED')).toBe(true)
  })
})

describe('zstd', () => {
  it('is read where Node has it, and names its package where not', async () => {
    const error = await thrownBy(() => new Codecs().decompress(4, Buffer.from('not zstd'), 100))
    expect(DecodeError.is(error, zstdIsSupported ? 'DECOMPRESSION_FAILED' : 'UNKNOWN_CODEC')).toBe(true)
  })
})
