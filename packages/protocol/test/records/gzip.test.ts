import { deflateRawSync, gzipSync } from 'node:zlib'
import { DecodeError, gunzip } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { thrownBy } from './thrown-by.ts'

const small = Buffer.from('0123456789'.repeat(500))
// Random bytes do not shrink: what comes out of the pool is asked for with this many.
const large = Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * i * 7919) >> 3))

describe('gunzip', () => {
  it('answers at once for small input and from the pool for large', async () => {
    expect(gunzip(gzipSync(small), 5000)).toEqual(small)
    const answer = gunzip(gzipSync(large, { level: 0 }), 20_000)
    expect(answer).toBeInstanceOf(Promise)
    expect(await answer).toEqual(large)
  })

  it('answers at once to whoever asks for it, and from the pool for little that becomes much', async () => {
    expect(gunzip(gzipSync(large, { level: 0 }), 20_000, { sync: true })).toEqual(large)
    const answer = gunzip(gzipSync(Buffer.alloc(300_000)), 300_000)
    expect(answer).toBeInstanceOf(Promise)
    expect(await answer).toEqual(Buffer.alloc(300_000))
    expect(DecodeError.is(await thrownBy(() => gunzip(gzipSync(large), 19_999, { sync: true })), 'DECOMPRESSED_TOO_LARGE')).toBe(true)
  })

  it.each([
    ['small', gzipSync(small), 5000],
    ['large', gzipSync(large, { level: 0 }), 20_000],
  ])('stops exactly where a %s input becomes too large', async (_, bytes, size) => {
    expect(await gunzip(bytes, size)).toHaveLength(size)
    for (const maxBytes of [size - 1, 1, 0]) {
      expect(DecodeError.is(await thrownBy(() => gunzip(bytes, maxBytes)), 'DECOMPRESSED_TOO_LARGE')).toBe(true)
    }
  })

  it('does not hold what a bomb would become', async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000))
    const before = process.memoryUsage().arrayBuffers
    expect(DecodeError.is(await thrownBy(() => gunzip(bomb, 1_000_000)), 'DECOMPRESSED_TOO_LARGE')).toBe(true)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000)
  })

  it('reads all concatenated members', () => {
    expect(gunzip(Buffer.concat([gzipSync('one '), gzipSync('two')]), 100)).toEqual(Buffer.from('one two'))
  })

  const wrongSize = gzipSync(small)
  wrongSize.writeUInt32LE(17, wrongSize.length - 4)
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['something else', Buffer.from('not gzip at all')],
    ['large something else', Buffer.alloc(20_000, 1)],
    ['a stream that is cut off', gzipSync(small).subarray(0, -9)],
    ['a large stream that is cut off', gzipSync(large, { level: 0 }).subarray(0, -9)],
    ['a wrong size at the end', wrongSize],
    ['a name that never ends', Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]), Buffer.alloc(10_000, 0x61)])],
    ['deflate without gzip around it', deflateRawSync(small)],
  ])('refuses %s', async (_, bytes) => {
    expect(DecodeError.is(await thrownBy(() => gunzip(bytes, 1_000_000)), 'DECOMPRESSION_FAILED')).toBe(true)
  })
})
