import { describe, expect, it } from 'vitest'
import { FrameAssembler } from '../../src/listener/frame-assembler.ts'

function frame(text: string): Buffer {
  const bytes = Buffer.alloc(4 + text.length)
  bytes.writeInt32BE(text.length)
  bytes.write(text, 4)
  return bytes
}

function cut(bytes: Buffer, size: number): string[] {
  const assembler = new FrameAssembler()
  const frames: string[] = []
  for (let at = 0; at < bytes.length; at += size) assembler.push(bytes.subarray(at, at + size), (each) => frames.push(each.toString()))
  return frames
}

describe('a frame assembler', () => {
  const texts = ['first', '', 'a longer second one', 'x'.repeat(300), 'end']
  const stream = Buffer.concat(texts.map(frame))

  it.each([1, 2, 3, 5, 7, 64, 1000])('finds the same frames in chunks of %i bytes', (size) => {
    expect(cut(stream, size)).toEqual(texts)
  })

  it('keeps the beginning of a frame for later', () => {
    expect(cut(stream.subarray(0, stream.length - 1), 10)).toEqual(texts.slice(0, -1))
  })

  it.each([
    ['negative', [0xff, 0xff, 0xff, 0xff]],
    ['beyond 100 MiB', [0x06, 0x40, 0x00, 0x01]],
    ['of a TLS greeting', [0x16, 0x03, 0x01, 0x02, 0x00]],
    ['of an HTTP request', [...Buffer.from('GET / HTTP/1.1')]],
  ])('refuses a size that is %s, however it is cut', (_, bytes) => {
    expect(() => cut(Buffer.from(bytes), 100)).toThrow(expect.objectContaining({ code: 'INVALID_FRAME' }))
    expect(() => cut(Buffer.from(bytes), 1)).toThrow(expect.objectContaining({ code: 'INVALID_FRAME' }))
    expect(() => cut(Buffer.concat([frame('good'), Buffer.from(bytes)]), 100)).toThrow(expect.objectContaining({ code: 'INVALID_FRAME' }))
  })
})
