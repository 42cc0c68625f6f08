import { array, DecodeError, int32, KafkaError, message, string, struct } from '@k/protocol'
import { describe, expect, it } from 'vitest'

const Numbers = message('Numbers', { versions: [0, 2], flexible: 2 }, () => ({ ids: array(int32).nullable(1) }))
const Topics = message('Topics', { versions: [0, 0] }, () => ({ topics: array(struct({ name: string, partitions: array(int32) })) }))

const decode = (version: number, text: string) => Numbers.decode(version, Buffer.from(text, 'hex'))

describe('an array', () => {
  it('has its count in front: four bytes, or a varint of one more', () => {
    expect(Numbers.encode(0, { ids: [7] }).toString('hex')).toBe('0000000100000007')
    expect(Numbers.encode(2, { ids: [7] }).toString('hex')).toBe('020000000700')
  })

  it('is null as count -1, or 0 of a varint', () => {
    expect(Numbers.encode(1, { ids: null }).toString('hex')).toBe('ffffffff')
    expect(Numbers.encode(2, { ids: null }).toString('hex')).toBe('0000')
    expect(decode(1, 'ffffffff').ids).toBeNull()
    expect(decode(2, '0000').ids).toBeNull()
  })

  it('is refused as null before it may be null, in both directions', () => {
    expect(() => Numbers.encode(0, { ids: null })).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_VERSION', field: 'ids' }))
    expect(() => decode(0, 'ffffffff')).toThrow('null where none may be')
  })

  it.each([
    [0, '7fffffff', 'array of 2147483647 in 0 bytes'],
    [0, '0000000300000001', 'array of 3 in 4 bytes'],
    [0, 'fffffffe', 'length -2'],
    [2, 'ffffffff0f', 'array of 4294967294 in 0 bytes'],
    [2, 'ffffffffff0f', 'longer than 5 bytes'],
  ])('of version %d refuses the count of %s before it allocates anything', (version, hex, what) => {
    expect(() => decode(version, hex)).toThrow(DecodeError)
    expect(() => decode(version, hex)).toThrow(what)
  })

  it('counts on what its elements take at least', () => {
    // Each topic takes six bytes or more, so that two do not fit into eleven.
    const hex = `00000002${'00'.repeat(11)}`
    expect(() => Topics.decode(0, Buffer.from(hex, 'hex'))).toThrow('array of 2 in 11 bytes')
    expect(Topics.decode(0, Buffer.from(`${hex}00`, 'hex')).topics).toHaveLength(2)
  })

  it('names fields inside its elements', () => {
    const topics = [{ name: 'a', partitions: [1, 2 ** 31] }]
    expect(() => Topics.encode(0, { topics })).toThrow(KafkaError)
    expect(() => Topics.encode(0, { topics })).toThrow(/^topics\[\]\.partitions of Topics version 0 cannot be encoded/)
  })
})
