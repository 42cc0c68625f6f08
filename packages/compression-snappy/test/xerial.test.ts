import { snappy } from '@k/compression-snappy'
import { noise, refusalCode, text } from '@tooling/codecs'
import { describe, expect, it } from 'vitest'
import { block, copy, literal, varint, xerial } from './elements.ts'

const paid = block(4, literal('paid'))
const open = block(4, literal('open'))

describe.each(['wasm', 'js'] as const)('snappy by %s', (engine) => {
  const codec = snappy({ engine })
  const read = async (bytes: Uint8Array, maxBytes = 10_000_000) => Buffer.from(await codec.decompress(bytes, maxBytes)).toString()
  const codeOf = (bytes: Uint8Array, maxBytes = 10_000_000) => refusalCode(codec, bytes, maxBytes)

  it.each([
    ['a block without anything around it', paid, 'paid'],
    ['an empty block', block(0), ''],
    ['blocks within xerial', xerial([paid, open]), 'paidopen'],
    ['xerial with nothing in it', xerial([]), ''],
    ['xerial of a later version that says it can be read', xerial([paid], { version: 2 }), 'paid'],
    ['streams of xerial in a row', Buffer.concat([xerial([paid]), xerial([]), xerial([open, paid])]), 'paidopenpaid'],
    [
      'literals whose length stands apart',
      block(21, ...[1, 2, 3, 4].map((bytes) => literal('paid,', bytes)), literal('!')),
      'paid,paid,paid,paid,!',
    ],
    ['a last literal of one byte whose length stands apart', block(6, literal('paid,'), literal('!', 1)), 'paid,!'],
    [
      'copies with offsets of 1, 2 and 4 bytes',
      block(22, literal('paid'), copy(4, 4, 1), copy(8, 8, 2), copy(2, 6, 4)),
      'paidpaidpaidpaididid'.padEnd(22, 'id'),
    ],
    ['copies that repeat what they write', block(40, literal('ab'), copy(1, 6, 1), copy(3, 20, 2), copy(7, 12, 2)), `ab${'b'.repeat(38)}`],
  ])('reads %s', async (_, bytes, expected) => {
    expect(await read(bytes)).toBe(expected)
  })

  it('repeats at every short distance', async () => {
    const pattern = '0123456789abcdefghijklmnopqrstuvwxyz'
    for (let offset = 1; offset <= 33; offset++) {
      for (let length = 1; length <= 64; length += 7) {
        const start = pattern.slice(0, offset)
        const expected = start.repeat(70).slice(0, offset + length)
        expect(await read(block(offset + length, literal(start), copy(offset, length, 2)))).toBe(expected)
      }
    }
  })

  it('reads blocks of megabytes, as those write who know nothing of xerial', async () => {
    const bytes = text(65536)
    const one = Buffer.from(await codec.compress(bytes.subarray(0, 32768))).subarray(20)
    const elements = one.subarray(3)
    const many = block(32768 * 200, ...Array<Buffer>(200).fill(elements))
    const whole = Buffer.from(await codec.decompress(many, 32768 * 200))
    for (let at = 0; at < whole.length; at += 32768) expect(whole.subarray(at, at + 32768).equals(bytes.subarray(0, 32768))).toBe(true)
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a length without end', Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
    ['a length beyond 32 bits', Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0xff, 0x7f]), literal('paid')])],
    ['less than it says to become', block(5, literal('paid'))],
    ['a cut between two elements', block(8, literal('paid'), literal('open')).subarray(0, 6)],
    ['more than it says to become', block(7, literal('paid'), literal('open'))],
    ['a copy beyond what it says to become', block(7, literal('paid'), copy(4, 4, 1))],
    ['a literal that is cut off', block(4, literal('paid')).subarray(0, -1)],
    ['the length of a literal that is cut off', Buffer.from([1, 63 << 2, 0])],
    ['the longest literal there is', Buffer.from([4, 63 << 2, 0xff, 0xff, 0xff, 0xff, 1, 2, 3])],
    ['a copy that is cut off', block(8, literal('paid'), copy(4, 4, 4)).subarray(0, -1)],
    ['a short copy that is cut off', block(8, literal('paid'), copy(4, 4, 1)).subarray(0, -1)],
    ['an offset of 0', block(8, literal('paid'), copy(0, 4, 2))],
    ['an offset before the beginning', block(8, literal('paid'), copy(5, 4, 2))],
    ['an offset beyond 31 bits', block(8, literal('paid'), copy(0xfffffffc, 4, 4))],
    ['a header that is cut off', xerial([]).subarray(0, -1)],
    ['a size that is cut off', Buffer.concat([xerial([paid]), Buffer.from([0, 0, 0])])],
    ['a block that is cut off', xerial([paid]).subarray(0, -1)],
    ['a block of nothing', xerial([Buffer.alloc(0)])],
    ['a damaged block among good ones', xerial([paid, block(5, literal('open')), paid])],
    ['a version that this reader is too old for', xerial([paid], { version: 3, oldestReader: 2 })],
  ])('refuses %s', async (_, bytes) => {
    expect(await codeOf(bytes)).toBe('DECOMPRESSION_FAILED')
  })

  it('stops exactly where too much would come out', async () => {
    const bytes = text(100_000)
    const compressed = await codec.compress(bytes)
    expect(await codeOf(compressed, bytes.length)).toBeUndefined()
    for (const maxBytes of [bytes.length - 1, 32768, 1, 0]) expect(await codeOf(compressed, maxBytes)).toBe('DECOMPRESSED_TOO_LARGE')
  })

  it('takes no memory for what bytes say, but cannot become', async () => {
    const bomb = await codec.compress(Buffer.alloc(20_000_000))
    const before = process.memoryUsage().arrayBuffers
    expect(await codeOf(Buffer.concat([varint(60_000_000), Buffer.alloc(1000, copy(1, 64, 2))]), 64_000_000)).toBe('DECOMPRESSION_FAILED')
    expect(await codeOf(xerial(Array<Buffer>(1000).fill(block(60_000, literal('x')))), 64_000_000)).toBe('DECOMPRESSION_FAILED')
    expect(await codeOf(bomb, 1_000_000)).toBe('DECOMPRESSED_TOO_LARGE')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000)
  })

  it('writes what Java writes: the header, and blocks of 32 KB', async () => {
    const bytes = Buffer.concat([text(32768), noise(32768), text(10)])
    const stream = Buffer.from(await codec.compress(bytes))
    expect(stream.toString('hex', 0, 16)).toBe('82534e41505059000000000100000001')
    const lengths: number[] = []
    for (let at = 16; at < stream.length; at += 4 + stream.readInt32BE(at))
      lengths.push((await codec.decompress(stream.subarray(at + 4, at + 4 + stream.readInt32BE(at)), 32768)).length)
    expect(lengths).toEqual([32768, 32768, 10])
  })
})
