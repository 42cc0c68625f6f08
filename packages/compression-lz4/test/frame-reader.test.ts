import { lz4 } from '@k/compression-lz4'
import { noise, refusalCode, text } from '@tooling/codecs'
import { describe, expect, it } from 'vitest'
import { frame, literals, repeat, skippable } from './frames.ts'

const plain = { blocks: [{ bytes: literals('paid open') }] }
const stored = (bytes: Uint8Array) => ({ bytes, isStored: true })

describe.each(['wasm', 'js'] as const)('lz4 by %s', (engine) => {
  const codec = lz4({ engine })
  const read = async (bytes: Uint8Array, maxBytes = 10_000_000) => Buffer.from(await codec.decompress(bytes, maxBytes)).toString()
  const codeOf = (bytes: Uint8Array, maxBytes = 10_000_000) => refusalCode(codec, bytes, maxBytes)

  it.each([
    ['nothing', frame({ blocks: [] }), ''],
    ['a block', frame(plain), 'paid open'],
    ['a stored block', frame({ blocks: [stored(Buffer.from('paid'))] }), 'paid'],
    ['block checksums', frame({ ...plain, hasBlockChecksums: true }), 'paid open'],
    ['a content checksum', frame({ ...plain, content: Buffer.from('paid open') }), 'paid open'],
    ['a content size', frame({ ...plain, contentSize: 9n }), 'paid open'],
    ['all of them', frame({ ...plain, contentSize: 9n, content: Buffer.from('paid open'), hasBlockChecksums: true }), 'paid open'],
    ['the header checksum of clients before 0.10', frame({ ...plain, hasOldHeaderChecksum: true }), 'paid open'],
    ['it also behind a content size', frame({ ...plain, contentSize: 9n, hasOldHeaderChecksum: true }), 'paid open'],
    ['frames in a row', Buffer.concat([frame(plain), frame({ blocks: [] }), frame(plain)]), 'paid openpaid open'],
    ['what is to be skipped', Buffer.concat([skippable(Buffer.from('x'), 15), frame(plain), skippable(Buffer.alloc(0))]), 'paid open'],
  ])('reads %s', async (_, bytes, expected) => {
    expect(await read(bytes)).toBe(expected)
  })

  it('reads linked blocks, compressed ones after stored ones too', async () => {
    const blocks = [
      { bytes: literals('abcdefgh') },
      { bytes: repeat(8, 8, '12345') },
      stored(Buffer.from('stored!')),
      { bytes: repeat(20, 9, '67890') },
    ]
    expect(await read(frame({ isLinked: true, blocks }))).toBe('abcdefghabcdefgh12345stored!abcdefgh167890')
    expect(await read(frame({ isLinked: true, blocks: blocks.slice(0, 2), content: Buffer.from('abcdefghabcdefgh12345') }))).toHaveLength(
      21,
    )
  })

  it('reads linked blocks that reach back over all of 64 KB, and no further', async () => {
    const start = noise(65536)
    const linked = (offset: number) => frame({ isLinked: true, size: 7, blocks: [stored(start), { bytes: repeat(offset, 8, '12345') }] })
    const whole = Buffer.from(await codec.decompress(linked(65535), 100_000))
    expect(whole.compare(Buffer.concat([start, start.subarray(1, 9), Buffer.from('12345')]))).toBe(0)
    expect(await codeOf(frame({ isLinked: true, blocks: [{ bytes: literals('abc') }, { bytes: repeat(4, 8, '12345') }] }))).toBe(
      'DECOMPRESSION_FAILED',
    )
  })

  it('lets no match reach into another frame, or out of an independent block', async () => {
    const blocks = [{ bytes: literals('abcdefgh') }, { bytes: repeat(8, 8, '12345') }]
    expect(await codeOf(frame({ blocks }))).toBe('DECOMPRESSION_FAILED')
    const second = frame({ isLinked: true, blocks: [{ bytes: repeat(8, 8, '12345') }] })
    expect(await codeOf(Buffer.concat([frame(plain), second]))).toBe('DECOMPRESSION_FAILED')
  })

  it.each([5, 6, 7])('reads blocks of size %i', async (size) => {
    const bytes = noise(2 ** (8 + 2 * size))
    expect(Buffer.from(await codec.decompress(frame({ size, blocks: [stored(bytes)] }), bytes.length)).equals(bytes)).toBe(true)
    expect(await codeOf(frame({ size: size - 1, blocks: [stored(bytes)] }))).toBe('DECOMPRESSION_FAILED')
  })

  it('refuses a block that becomes longer than its frame allows', async () => {
    const zeros = (await lz4().compress(Buffer.alloc(65536))).subarray(11, -4)
    expect(await codeOf(frame({ blocks: [{ bytes: zeros }] }))).toBeUndefined()
    // The length of its match, one more.
    const longer = Buffer.from(zeros)
    longer[longer.length - 7] = longer[longer.length - 7]! + 1
    expect(await codeOf(frame({ blocks: [{ bytes: longer }] }))).toBe('DECOMPRESSION_FAILED')
    expect(await codeOf(frame({ size: 5, blocks: [{ bytes: longer }] }))).toBeUndefined()
  })

  const wrongByte = (bytes: Buffer, at: number) => {
    const wrong = Buffer.from(bytes)
    wrong[at < 0 ? bytes.length + at : at]! ^= 1
    return wrong
  }
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['something else', Buffer.from('not lz4 at all')],
    ['a wrong header checksum', wrongByte(frame(plain), 6)],
    ['a wrong block checksum', wrongByte(frame({ ...plain, hasBlockChecksums: true }), -5)],
    ['a block that does not fit its checksum', wrongByte(frame({ ...plain, hasBlockChecksums: true }), -10)],
    ['a wrong content checksum', wrongByte(frame({ ...plain, content: Buffer.from('paid open') }), -1)],
    ['a wrong content size', frame({ ...plain, contentSize: 8n })],
    ['a version that is unknown', frame({ ...plain, flags: 0x80 })],
    ['a dictionary', frame({ ...plain, flags: 0x41 })],
    ['a reserved flag', frame({ ...plain, flags: 0x42 })],
    ['a reserved block size', frame({ ...plain, size: 3 })],
    ['a reserved bit beside the block size', frame({ ...plain, size: 12 })],
    ['a frame that is cut off', frame(plain).subarray(0, -1)],
    ['a frame with something behind it', Buffer.concat([frame(plain), Buffer.from('junk')])],
    ['a skippable frame that is cut off', skippable(Buffer.from('xyz')).subarray(0, -1)],
    ['an empty block', frame({ blocks: [{ bytes: Buffer.alloc(0), isStored: false }, ...plain.blocks] }).subarray(0, -1)],
    ['a block without its last literals', frame({ blocks: [{ bytes: Buffer.from([0x14, 0x61, 1, 0]) }] })],
    ['an offset of 0', frame({ blocks: [{ bytes: Buffer.concat([Buffer.from([0x14, 0x61, 0, 0]), literals('12345')]) }] })],
  ])('refuses %s', async (_, bytes) => {
    expect(await codeOf(bytes)).toBe('DECOMPRESSION_FAILED')
  })

  it('stops exactly where too much would come out, whatever the frame says of its size', async () => {
    const bytes = text(200_000)
    const compressed = await codec.compress(bytes)
    expect(await codeOf(compressed, bytes.length)).toBeUndefined()
    for (const maxBytes of [bytes.length - 1, 131072, 65537, 65536, 65535, 1, 0])
      expect(await codeOf(compressed, maxBytes)).toBe('DECOMPRESSED_TOO_LARGE')
    expect(await codeOf(frame({ blocks: [], contentSize: 2n ** 63n }))).toBe('DECOMPRESSED_TOO_LARGE')
    expect(await codeOf(frame({ blocks: [stored(noise(100))] }), 99)).toBe('DECOMPRESSED_TOO_LARGE')
  })

  it('does not hold what a bomb would become', async () => {
    const bomb = Buffer.from(await codec.compress(Buffer.alloc(100_000_000)))
    await codec.decompress(await codec.compress(Buffer.alloc(100_000)), 100_000)
    const before = process.memoryUsage().arrayBuffers
    expect(await codeOf(bomb, 1_000_000)).toBe('DECOMPRESSED_TOO_LARGE')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000)
  })
})
