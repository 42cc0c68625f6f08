import { array, DecodeError, int32, int64, message, string, struct } from '@k/protocol'
import { describe, expect, it } from 'vitest'

const Tagged = message('Tagged', { versions: [0, 2], flexible: 1 }, () => ({
  id: int32,
  // Declared in another order than that of the tags.
  note: string.since(1).nullable().tagged(5).default(null),
  count: int64.since(1).tagged(2).default(-1n),
  late: struct({ a: int32, b: array(int32) })
    .since(2)
    .tagged(7),
}))

const hex = (version: number, value: Parameters<typeof Tagged.encode>[1]) => Tagged.encode(version, value).toString('hex')
const decode = (version: number, text: string) => Tagged.decode(version, Buffer.from(text.replaceAll(' ', ''), 'hex'))

describe('tagged fields', () => {
  it('are left out while they hold their default', () => {
    expect(hex(1, { id: 1 })).toBe('0000000100')
    expect(hex(2, { id: 1, note: null, count: -1n, late: { a: 0, b: [] } })).toBe('0000000100')
  })

  it('stand in the order of their tags, each with its size', () => {
    expect(hex(1, { id: 1, note: 'x', count: 3n })).toBe('00000001 02 0208 0000000000000003 0502 0278'.replaceAll(' ', ''))
  })

  it('come back, and hold their default where they are left out', () => {
    expect(decode(1, '00000001 01 0502 0278')).toEqual({ id: 1, note: 'x', count: -1n, late: { a: 0, b: [] } })
    const late = { a: 3, b: [4, 5] }
    expect(decode(2, hex(2, { id: 1, late })).late).toEqual(late)
  })

  it('can hold more than a small buffer', () => {
    const note = 'n'.repeat(3000)
    expect(decode(1, hex(1, { id: 1, note })).note).toBe(note)
  })

  it('are refused in a version that lacks them', () => {
    expect(() => hex(0, { id: 1, count: 3n })).toThrow(expect.objectContaining({ field: 'count' }))
    expect(() => hex(1, { id: 1, late: { a: 1, b: [] } })).toThrow(expect.objectContaining({ field: 'late' }))
  })

  it('name the field of a value that is none of its type', () => {
    expect(() => hex(1, { id: 1, count: 3 as unknown as bigint })).toThrow(/^count of Tagged version 1 cannot be encoded/)
  })

  it('that nobody knows are skipped', () => {
    expect(decode(1, '00000001 03 0003ffffff 0208 0000000000000003 6400')).toMatchObject({ id: 1, count: 3n })
    // Tag 7 belongs to version 2 alone.
    expect(decode(1, '00000001 01 0701ff')).toMatchObject({ id: 1 })
  })

  it.each([
    ['a tag twice', '00000001 02 0502 0278 0502 0278', 'tag 5 after tag 5'],
    ['tags out of order', '00000001 02 0502 0278 0208 0000000000000003', 'tag 2 after tag 5'],
    ['a size beyond the end', '00000001 01 0509 0278', 'needs 9 bytes, has 2'],
    ['a size larger than the value', '00000001 01 0503 027800', 'tag 5 of 3 bytes holds 2'],
    ['a size smaller than the value', '00000001 01 0501 0278', 'tag 5 of 1 bytes holds 2'],
    ['more tags than there are', '00000001 ffffffff0f 0502 0278', 'needs 1 bytes, has 0'],
    ['no section at all', '00000001', 'needs 1 bytes, has 0'],
  ])('refuse %s', (_, text, what) => {
    expect(() => decode(1, text)).toThrow(DecodeError)
    expect(() => decode(1, text)).toThrow(what)
  })
})
