import { bytes, DecodeError, KafkaError, message, records, string } from '@k/protocol'
import { describe, expect, it } from 'vitest'

const Text = message('Text', { versions: [0, 1], flexible: 1 }, () => ({ text: string.nullable() }))
const Blob = message('Blob', { versions: [0, 1], flexible: 1 }, () => ({
  blob: bytes.nullable(),
  batches: records.nullable().default(null),
}))

describe('a string', () => {
  it('has its length in bytes in front', () => {
    expect(Text.encode(0, { text: 'ü' }).toString('hex')).toBe('0002c3bc')
    expect(Text.encode(1, { text: 'ü' }).toString('hex')).toBe('03c3bc00')
    expect(Text.encode(0, { text: null }).toString('hex')).toBe('ffff')
    expect(Text.encode(1, { text: null }).toString('hex')).toBe('0000')
  })

  it('ends at 32,767 bytes, in both directions', () => {
    const longest = 'x'.repeat(32767)
    for (const version of [0, 1]) {
      expect(Text.decode(version, Text.encode(version, { text: longest })).text).toBe(longest)
      expect(() => Text.encode(version, { text: `${longest}x` })).toThrow(/^text of Text .* 32768 bytes long/)
      expect(() => Text.encode(version, { text: 'ü'.repeat(16384) })).toThrow(KafkaError)
    }
    const tooLong = Buffer.concat([Buffer.from('818002', 'hex'), Buffer.alloc(32769)])
    expect(() => Text.decode(1, tooLong)).toThrow('string of 32768 bytes')
  })

  it.each([
    [0, 'fffe'],
    [0, '000161'.slice(0, 4)],
    [0, '7fff61'],
    [1, 'ffffffff0f'],
    [1, '0561'],
  ])('of version %d refuses the length of %s', (version, hex) => {
    expect(() => Text.decode(version, Buffer.from(hex, 'hex'))).toThrow(DecodeError)
  })

  it('refuses what is no text', () => {
    expect(() => Text.encode(0, { text: 5 as unknown as string })).toThrow(/^text of Text version 0 cannot be encoded/)
  })
})

describe('bytes', () => {
  it('go in as any Uint8Array and come out as a view', () => {
    const encoded = Blob.encode(0, { blob: new Uint8Array([1, 2]) })
    expect(encoded.toString('hex')).toBe('000000020102ffffffff')
    const { blob, batches } = Blob.decode(0, encoded)
    expect(blob?.buffer).toBe(encoded.buffer)
    expect(batches).toBeNull()
  })

  it('go out by reference where they are large', () => {
    const large = Buffer.alloc(5000, 7)
    expect(Blob.decode(1, Blob.encode(1, { blob: large, batches: large })).batches?.equals(large)).toBe(true)
  })

  it.each([
    [0, 'fffffffe'],
    [0, '7fffffff00'],
    [1, 'ffffffff0f00'],
  ])('of version %d refuse the length of %s', (version, hex) => {
    expect(() => Blob.decode(version, Buffer.from(hex, 'hex'))).toThrow(DecodeError)
  })

  it('refuse text, which would become zeros', () => {
    expect(() => Blob.encode(0, { blob: 'abc' as unknown as Uint8Array })).toThrow(
      'blob of Blob version 0 cannot be encoded: it must be a Uint8Array',
    )
  })
})
