import zlib from 'node:zlib'
import { zstd } from '@k/compression-zstd'
import { DecodeError, zstdIsSupported } from '@k/protocol'
import { noise, refusalCode, text } from '@tooling/codecs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { xxh64 } from '../src/xxh64.ts'

const codec = zstd({ engine: 'js' })
const codeOf = (bytes: Uint8Array, maxBytes = 1_000_000) => refusalCode(codec, bytes, maxBytes)

const uint24 = (value: number) => Buffer.from([value & 255, (value >> 8) & 255, value >> 16])
const checksumOf = (content: Buffer) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(Number(xxh64(content) & 0xffffffffn))
  return bytes
}
const RAW = 0
const RLE = 1
const RESERVED = 3
const block = (type: number, bytes: Uint8Array, o: { size?: number; isLast?: boolean } = {}) =>
  Buffer.concat([uint24(((o.size ?? bytes.length) << 3) | (type << 1) | (o.isLast === false ? 0 : 1)), bytes])
const MAGIC = Buffer.from('28b52ffd', 'hex')
/** A header with a window of 1 KB times a power of 2, and blocks. */
const frame = (blocks: readonly Uint8Array[], o: { descriptor?: number; window?: number; end?: Uint8Array } = {}) =>
  Buffer.concat([MAGIC, Buffer.from([o.descriptor ?? 0, (o.window ?? 7) << 3]), ...blocks, o.end ?? Buffer.alloc(0)])
const paid = Buffer.from('paid')
const skippable = Buffer.from('502a4d1804000000736b6970', 'hex')

describe('zstd by fzstd', () => {
  it.each([
    ['a raw block', frame([block(RAW, paid)]), 'paid'],
    ['several blocks', frame([block(RAW, paid, { isLast: false }), block(RLE, Buffer.from('x'), { size: 3 })]), 'paidxxx'],
    ['a block of nothing', frame([block(RAW, Buffer.alloc(0))]), ''],
    ['a checksum', frame([block(RAW, paid)], { descriptor: 4, end: checksumOf(paid) }), 'paid'],
    ['a content size of a byte', Buffer.concat([MAGIC, Buffer.from([0x20, 4]), block(RAW, paid)]), 'paid'],
    ['frames in a row', Buffer.concat([frame([block(RAW, paid)]), skippable, frame([block(RAW, paid)])]), 'paidpaid'],
    ['nothing but what is to be skipped', skippable, ''],
  ])('reads %s', async (_, bytes, expected) => {
    expect(Buffer.from(await codec.decompress(bytes, 100)).toString()).toBe(expected)
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['something else', Buffer.from('not zstd at all')],
    ['a frame that is cut off', frame([block(RAW, paid)]).subarray(0, -1)],
    ['a frame without its last block', frame([block(RAW, paid, { isLast: false })])],
    ['a frame with something behind it', Buffer.concat([frame([block(RAW, paid)]), Buffer.from('junk')])],
    ['a wrong checksum', frame([block(RAW, paid)], { descriptor: 4, end: Buffer.alloc(4) })],
    ['a checksum that is cut off', frame([block(RAW, paid)], { descriptor: 4, end: Buffer.alloc(3) })],
    ['a wrong content size', Buffer.concat([MAGIC, Buffer.from([0x20, 5]), block(RAW, paid)])],
    ['a dictionary', frame([Buffer.from([1]), block(RAW, paid)], { descriptor: 1 })],
    ['a reserved bit', frame([block(RAW, paid)], { descriptor: 8 })],
    ['a reserved type of block', frame([block(RESERVED, paid)])],
    ['a block larger than its window', frame([block(RAW, noise(2000))], { window: 0 })],
    ['a block larger than any may be', frame([block(RLE, paid.subarray(0, 1), { size: 131073 })])],
    ['a window beyond all bounds', frame([block(RAW, paid)], { window: 21 })],
    ['more frames than anybody writes', Buffer.concat(Array<Buffer>(1025).fill(frame([block(RAW, paid)])))],
  ])('refuses %s', async (_, bytes) => {
    expect(await codeOf(bytes)).toBe('DECOMPRESSION_FAILED')
  })

  it('stops exactly where too much would come out', async () => {
    const bytes = frame([
      block(RLE, paid.subarray(0, 1), { size: 100_000, isLast: false }),
      block(RLE, paid.subarray(0, 1), { size: 50_000 }),
    ])
    expect(await codeOf(bytes, 150_000)).toBeUndefined()
    for (const maxBytes of [149_999, 100_000, 99_999, 1, 0]) expect(await codeOf(bytes, maxBytes)).toBe('DECOMPRESSED_TOO_LARGE')
    const frames = Buffer.concat([frame([block(RAW, paid)]), frame([block(RAW, paid)])])
    expect([await codeOf(frames, 8), await codeOf(frames, 7)]).toEqual([undefined, 'DECOMPRESSED_TOO_LARGE'])
    const promised = Buffer.concat([MAGIC, Buffer.from('e0ffffffffffffff7f', 'hex'), block(RAW, paid)])
    expect(await codeOf(promised)).toBe('DECOMPRESSION_FAILED')
  })

  it('takes memory for what comes, not for the window that a header asks for', async () => {
    const before = process.memoryUsage().arrayBuffers
    expect(await codeOf(frame([block(RAW, paid)], { window: 17 }), 100)).toBeUndefined()
    const bomb = frame(Array.from({ length: 1000 }, (_, i) => block(RLE, Buffer.from('x'), { size: 131072, isLast: i === 999 })))
    expect(await codeOf(bomb, 1_000_000)).toBe('DECOMPRESSED_TOO_LARGE')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000)
  })

  describe.runIf(zstdIsSupported)('what zlib writes', () => {
    const { ZSTD_c_checksumFlag: CHECKSUM, ZSTD_c_compressionLevel: LEVEL, ZSTD_c_windowLog: WINDOW } = zlib.constants

    it.each([
      ['at level 1', { [LEVEL]: 1 }],
      ['at level 19', { [LEVEL]: 19 }],
      ['with a checksum', { [CHECKSUM]: 1 }],
      ['with a window of 1 KB', { [WINDOW]: 10 }],
    ])('is read, %s, with and without its size', async (_, params) => {
      for (const bytes of [text(1), text(300), text(500_000), Buffer.concat([noise(200_000), text(1000), noise(200_000)])]) {
        for (const pledged of [{}, { pledgedSrcSize: bytes.length }]) {
          const compressed = zlib.zstdCompressSync(bytes, { params, ...pledged })
          expect(Buffer.compare(await codec.decompress(compressed, bytes.length), bytes)).toBe(0)
        }
      }
    })

    it('is refused where its checksum does not fit', async () => {
      const compressed = zlib.zstdCompressSync(text(5000), { params: { [CHECKSUM]: 1 } })
      compressed[compressed.length - 1]! ^= 1
      expect(await codeOf(compressed)).toBe('DECOMPRESSION_FAILED')
    })

    it('is refused where it is cut, at whatever byte', async () => {
      const compressed = zlib.zstdCompressSync(text(2000))
      for (let length = 0; length < compressed.length; length++)
        expect(await codeOf(compressed.subarray(0, length))).toBe('DECOMPRESSION_FAILED')
    })

    it('is decoded or refused with a DecodeError, whatever is changed in it, within the bounds', () => {
      const samples = [text(3000), Buffer.concat([text(500), noise(500), Buffer.alloc(500)]), text(200_000)].map((bytes) =>
        zlib.zstdCompressSync(bytes),
      )
      const mutations = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 6 })
      fc.assert(
        fc.property(fc.constantFrom(...samples), mutations, (bytes, changes) => {
          const changed = Buffer.from(bytes)
          for (const [at, byte] of changes) changed[at % changed.length] = byte
          try {
            expect((codec.decompress(changed, 300_000) as Uint8Array).length).toBeLessThanOrEqual(300_000)
          } catch (error) {
            if (!DecodeError.is(error, 'DECOMPRESSION_FAILED', 'DECOMPRESSED_TOO_LARGE')) throw error
          }
        }),
        { numRuns: 2000 },
      )
    })
  })
})

describe('xxh64', () => {
  it.each([
    ['', 0xef46db3751d8e999n],
    ['a', 0xd24ec4f1a98c6e5bn],
    ['abc', 0x44bc2cf5ad770999n],
    ['Nobody inspects the spammish repetition', 0xfbcea83c8a378bf1n],
  ])('of %j is known', (input, hash) => {
    expect(xxh64(Buffer.from(input))).toBe(hash)
  })
})
