import { describe, expect, it } from 'vitest'
import { FrameReader } from '../src/frame-reader.ts'

function collect(maxBytes = 1_000_000, atMost = Number.POSITIVE_INFINITY) {
  const frames: Buffer[] = []
  const faults: { code: string; why: string }[] = []
  const reader = new FrameReader(
    (bytes) => {
      if (frames.push(bytes) === atMost) reader.stop()
    },
    (code, why) => {
      faults.push({ code, why })
      reader.stop()
    },
    maxBytes,
  )
  return { reader, frames, faults }
}

function feed(reader: FrameReader, bytes: Uint8Array, step = Number.POSITIVE_INFINITY) {
  for (let at = 0; at < bytes.length; ) {
    const buffer = reader.buffer()
    const length = Math.min(step, buffer.length, bytes.length - at)
    buffer.set(bytes.subarray(at, at + length))
    reader.received(length)
    at += length
  }
}

function frame(size: number, fill = size): Buffer {
  const bytes = Buffer.alloc(4 + size, fill & 0xff)
  bytes.writeInt32BE(size)
  return bytes
}

describe('frames', () => {
  const sizes = [4, 5, 100, 65_531, 65_532, 65_533, 65_536, 200_000, 4, 7]
  const stream = Buffer.concat(sizes.map((size) => frame(size)))

  it.each([1, 2, 3, 5, 1_000, 65_535, 65_536, 1_000_000])('come out whole when bytes arrive %i at a time', (step) => {
    const { reader, frames, faults } = collect()
    feed(reader, stream, step)
    expect(frames.map((bytes) => bytes.length)).toEqual(sizes)
    for (const [index, bytes] of frames.entries()) expect(bytes.every((byte) => byte === (sizes[index]! & 0xff))).toBe(true)
    expect(faults).toEqual([])
  })

  it('are not touched by what arrives later', () => {
    const { reader, frames } = collect()
    feed(reader, frame(100, 1))
    feed(reader, frame(100, 2))
    expect(frames[0]!.every((byte) => byte === 1)).toBe(true)
  })

  it('that are not complete are filled in place: the reader asks for exactly the rest', () => {
    const { reader, frames } = collect()
    feed(reader, frame(300_000).subarray(0, 1_004))
    const rest = reader.buffer()
    expect(rest.length).toBe(299_000)
    rest.fill(7)
    reader.received(299_000)
    expect(frames[0]!.buffer).toBe(rest.buffer)
    expect(frames[0]!.length).toBe(300_000)
    expect(frames[0]![299_999]).toBe(7)
  })

  it('of the largest allowed size pass, one byte more does not', () => {
    const { reader, frames, faults } = collect(1_000)
    feed(reader, frame(1_000))
    expect(frames).toHaveLength(1)
    feed(reader, frame(1_001).subarray(0, 4))
    expect(faults[0]!.why).toMatch(/1001 bytes.*4 to 1000 .*maxResponseBytes/)
  })

  it('stop when the receiver wants no more', () => {
    const { reader, frames } = collect(1_000, 1)
    feed(reader, Buffer.concat([frame(4), frame(4)]))
    feed(reader, frame(4))
    expect(frames).toHaveLength(1)
  })
})

describe('what is no frame', () => {
  const size = (value: number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(value)
    return bytes
  }

  it.each([-1, 0, 1, 2, 3, -(2 ** 31), 2 ** 31 - 1])('a size of %i is refused as soon as it is read', (value) => {
    const { reader, faults, frames } = collect()
    feed(reader, size(value), 1)
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatchObject({ code: 'INVALID_FRAME' })
    expect(faults[0]!.why).toContain(`a frame of ${value} bytes`)
    feed(reader, frame(4))
    expect(frames).toEqual([])
  })

  it('a huge size allocates nothing', () => {
    const { reader } = collect()
    const before = process.memoryUsage().arrayBuffers
    feed(reader, size(2 ** 31 - 1))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000)
  })

  it.each([
    ['a TLS alert', Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x46]), /speaks TLS.*option tls/],
    ['a TLS handshake', Buffer.from([0x16, 0x03, 0x01, 0x00, 0x05]), /speaks TLS/],
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n'), /speaks HTTP/],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'), /speaks SSH/],
  ])('%s is told by name', (_, bytes, message) => {
    const { reader, faults } = collect(100 * 1024 * 1024)
    feed(reader, bytes, 4)
    expect(faults).toEqual([{ code: 'NOT_A_BROKER', why: expect.stringMatching(message) }])
  })

  it.each([
    ['all zeros', 0x00],
    ['all ones', 0xff],
  ])('%s ends in one fault', (_, byte) => {
    const { reader, faults } = collect()
    feed(reader, Buffer.alloc(1_000, byte), 7)
    expect(faults).toHaveLength(1)
  })
})
