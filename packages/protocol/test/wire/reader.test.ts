import { DecodeError, Reader } from '@k/protocol'
import { describe, expect, it } from 'vitest'

const reader = (hex: string) => new Reader(Buffer.from(hex, 'hex'))

describe('Reader', () => {
  it('reads every primitive type, front to back', () => {
    const bytes = reader('01 ff 8000 ffff 80000000 ffffffff 8000000000000000 bff0000000000000'.replaceAll(' ', ''))
    expect(bytes.boolean()).toBe(true)
    expect(bytes.int8()).toBe(-1)
    expect(bytes.int16()).toBe(-32768)
    expect(bytes.uint16()).toBe(65535)
    expect(bytes.int32()).toBe(-2147483648)
    expect(bytes.uint32()).toBe(4294967295)
    expect(bytes.int64()).toBe(-(2n ** 63n))
    expect(bytes.float64()).toBe(-1)
    expect(bytes.remaining).toBe(0)
  })

  it('reads a uuid as 22 characters of base64url', () => {
    expect(reader('ff'.repeat(16)).uuid()).toBe('_____________________w')
  })

  it('takes any byte but 0 for true', () => {
    expect(reader('02').boolean()).toBe(true)
    expect(reader('00').boolean()).toBe(false)
  })

  it('hands out bytes as a view, without a copy', () => {
    const frame = Buffer.from('00010203', 'hex')
    const view = new Reader(frame, 1).bytes(2)
    frame[1] = 9
    expect([...view]).toEqual([9, 2])
  })

  it('reads a Uint8Array that is a part of a larger one', () => {
    const part = new Uint8Array([9, 9, 0, 7, 9]).subarray(2, 4)
    expect(new Reader(part).int16()).toBe(7)
  })

  it('ends where it was told to, not where the buffer ends', () => {
    const bytes = new Reader(Buffer.from('00010203', 'hex'), 0, 2)
    expect(bytes.int16()).toBe(1)
    expect(() => bytes.int8()).toThrow(DecodeError)
  })

  it.each([
    ['int8', ''],
    ['boolean', ''],
    ['int16', '00'],
    ['uint16', '00'],
    ['int32', '000000'],
    ['uint32', '000000'],
    ['int64', '00000000000000'],
    ['float64', '00000000000000'],
    ['uuid', '00'.repeat(15)],
    ['unsignedVarint', '8080'],
    ['varint', ''],
    ['unsignedVarlong', '808080808080'],
    ['varlong', '80'],
  ] as const)('refuses an %s that is cut off', (type, hex) => {
    expect(() => reader(hex)[type]()).toThrow(DecodeError)
  })

  it('refuses lengths that are negative or beyond the end', () => {
    expect(() => reader('0000').bytes(3)).toThrow('needs 3 bytes, has 2')
    expect(() => reader('0000').string(-1)).toThrow(DecodeError)
    expect(() => reader('0000').skip(2 ** 31)).toThrow(DecodeError)
  })

  it('refuses a varint of more than 5 bytes and a varlong of more than 10', () => {
    expect(() => reader('808080808000').unsignedVarint()).toThrow('longer than 5 bytes')
    expect(() => reader('8080808080808080808000').unsignedVarlong()).toThrow('longer than 10 bytes')
  })

  it('tells where it failed', () => {
    const bytes = reader('000000')
    bytes.int16()
    expect(() => bytes.int16()).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE', position: 2 }))
  })
})
