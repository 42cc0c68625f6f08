import { array, int16, int32, message, string, struct } from '@k/protocol'
import { describe, expect, it } from 'vitest'

const Order = message('Order', { versions: [0, 2], flexible: 2 }, () => ({
  buyer: struct({ name: string, age: int16.since(1).default(-1) }),
  address: struct({ street: string, number: int32.default(1) })
    .since(1)
    .nullable()
    .default(null),
  extra: struct({ a: int32.default(-1), tags: array(string) }).since(2),
}))

describe('a struct', () => {
  it('has no bytes of its own where it may not be null', () => {
    expect(Order.encode(0, { buyer: { name: 'a' } }).toString('hex')).toBe('000161')
  })

  it('has a byte in front where it may be null: -1 for null, 1 for present', () => {
    expect(Order.encode(1, { buyer: { name: 'a' } }).toString('hex')).toBe('000161ffffff')
    expect(Order.encode(1, { buyer: { name: 'a' }, address: { street: 'b' } }).toString('hex')).toBe('000161ffff0100016200000001')
    const decoded = Order.decode(1, Buffer.from('000161000701000162000000ff', 'hex'))
    expect(decoded).toMatchObject({ buyer: { name: 'a', age: 7 }, address: { street: 'b', number: 255 } })
  })

  it('has an unsigned varint in front where it may be null and is tagged: 0 for null, 1 for present', () => {
    const Member = message('Member', { versions: [0, 0], flexible: 0 }, () => ({
      classic: struct({ timeout: int32, inner: array(struct({ a: int16 }).nullable()) })
        .nullable()
        .tagged(3),
    }))
    expect(Member.encode(0, {}).toString('hex')).toBe('00')
    expect(Member.encode(0, { classic: null }).toString('hex')).toBe('01030100')
    expect(Member.decode(0, Buffer.from('01030100', 'hex'))).toEqual({ classic: null })
    expect(Member.decode(0, Buffer.from('00', 'hex'))).toEqual({ classic: { timeout: 0, inner: [] } })
    const present = { classic: { timeout: 7, inner: [null, { a: 5 }] } }
    // Inside of it nothing is tagged: there null is -1.
    const hex = '01030c0100000007' + '03ff01000500' + '00'
    expect(Member.encode(0, present).toString('hex')).toBe(hex)
    expect(Member.decode(0, Buffer.from(hex, 'hex'))).toEqual(present)
  })

  it('holds the defaults of its fields in a version that lacks it', () => {
    expect(Order.decode(0, Buffer.from('000161', 'hex'))).toEqual({
      buyer: { name: 'a', age: -1 },
      address: null,
      extra: { a: -1, tags: [] },
    })
  })

  it('may be given with its defaults in a version that lacks it, and with nothing else', () => {
    const buyer = { name: 'a' }
    expect(Order.encode(0, { buyer, extra: { tags: [] } }).toString('hex')).toBe('000161')
    expect(() => Order.encode(0, { buyer, extra: { tags: ['x'] } })).toThrow(expect.objectContaining({ field: 'extra' }))
    expect(() => Order.encode(0, { buyer, extra: { a: 5, tags: [] } })).toThrow(expect.objectContaining({ field: 'extra' }))
  })

  it('names its fields with their path', () => {
    expect(() => Order.encode(0, { buyer: { name: 'a', age: 3 } })).toThrow(expect.objectContaining({ field: 'buyer.age' }))
  })

  it('is refused as null where it may not be null', () => {
    const broken = { buyer: null as unknown as { name: string } }
    expect(() => Order.encode(0, broken)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_VERSION', field: 'buyer' }))
  })

  it('does not let what is decoded change the defaults of others', () => {
    const { extra } = Order.decode(0, Buffer.from('000161', 'hex'))
    expect(() => Object.assign(extra, { a: 9 })).toThrow(TypeError)
    expect(() => (extra.tags as string[]).push('x')).toThrow(TypeError)
  })
})
