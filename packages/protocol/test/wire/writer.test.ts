import { KafkaError, Reader, Writer } from '@k/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const written = (write: (writer: Writer) => void) => {
  const writer = new Writer()
  write(writer)
  return writer.concat()
}

describe('Writer', () => {
  it.each([
    ['boolean', fc.boolean()],
    ['int8', fc.integer({ min: -128, max: 127 })],
    ['int16', fc.integer({ min: -32768, max: 32767 })],
    ['uint16', fc.integer({ min: 0, max: 65535 })],
    ['int32', fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })],
    ['uint32', fc.integer({ min: 0, max: 2 ** 32 - 1 })],
    ['int64', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
    ['float64', fc.double()],
    ['uuid', fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('base64url'))],
    ['varint', fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })],
    ['unsignedVarint', fc.integer({ min: 0, max: 2 ** 32 - 1 })],
    ['varlong', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
    ['unsignedVarlong', fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
  ] as const)('writes every %s as the reader reads it', (type, values) => {
    fc.assert(
      fc.property(values as fc.Arbitrary<unknown>, (value) => {
        const bytes = written((writer) => (writer[type] as (value: unknown) => void)(value))
        const reader = new Reader(bytes)
        expect(reader[type]()).toBe(value)
        expect(reader.remaining).toBe(0)
      }),
    )
  })

  it('grows, and keeps what was written', () => {
    const writer = new Writer(1)
    for (let i = 0; i < 1000; i++) writer.int32(i)
    const reader = new Reader(writer.concat())
    for (let i = 0; i < 1000; i++) expect(reader.int32()).toBe(i)
  })

  it('takes large bytes by reference, and copies small ones', () => {
    const large = Buffer.alloc(2048, 1)
    const small = Buffer.alloc(8, 2)
    const writer = new Writer()
    writer.int16(7)
    writer.bytes(large)
    writer.bytes(small)
    expect(writer.length).toBe(2 + 2048 + 8)
    const chunks = writer.chunks()
    expect(chunks).toHaveLength(3)
    expect(chunks[1]).toBe(large)
    expect(Buffer.concat(chunks).toString('hex')).toBe(`0007${'01'.repeat(2048)}${'02'.repeat(8)}`)
  })

  it('goes on correctly after a chunk was taken by reference', () => {
    const writer = new Writer(4)
    const expected: Buffer[] = []
    for (let i = 0; i < 20; i++) {
      const bytes = Buffer.alloc(i % 3 === 0 ? 1500 : 3, i)
      writer.bytes(bytes)
      writer.int32(i)
      expected.push(bytes, Buffer.from([0, 0, 0, i]))
    }
    expect(writer.concat().equals(Buffer.concat(expected))).toBe(true)
  })

  it('writes text as UTF-8', () => {
    const text = 'grüße 漢字 😀'
    const size = Buffer.byteLength(text)
    expect(written((writer) => writer.utf8(text, size)).toString()).toBe(text)
  })

  it.each(['', 'AAAA', '/////////////////////w', 'not a uuid at all !!!!', '00000000-0000-0000-0000-000000000000'])(
    'refuses %j for a uuid',
    (text) => {
      expect(() => new Writer().uuid(text)).toThrow(KafkaError)
    },
  )
})
