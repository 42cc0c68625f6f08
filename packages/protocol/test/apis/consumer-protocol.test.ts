import { DecodeError, decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from '@k/protocol'
import { describe, expect, it } from 'vitest'

describe('a subscription', () => {
  it('has its version in front, the latest by default', () => {
    expect(encodeSubscription({ topics: ['t'] }).toString('hex')).toBe(
      '0003' + '00000001000174' + 'ffffffff' + '00000000' + 'ffffffff' + 'ffff',
    )
    expect(encodeSubscription({ topics: ['t'] }, 0).toString('hex')).toBe('0000' + '00000001000174' + 'ffffffff')
  })

  it('is the same bytes in whatever order its topics and partitions come', () => {
    const a = encodeSubscription({
      topics: ['b', 'a'],
      ownedPartitions: [
        { topic: 'y', partitions: [2, 1] },
        { topic: 'x', partitions: [0] },
        { topic: 'y', partitions: [0] },
      ],
    })
    const b = encodeSubscription({
      topics: ['a', 'b'],
      ownedPartitions: [
        { topic: 'x', partitions: [0] },
        { topic: 'y', partitions: [0, 1, 2] },
      ],
    })
    expect(a.equals(b)).toBe(true)
  })

  it('leaves what is handed in as it was', () => {
    const topics = ['b', 'a']
    const partitions = [2, 1]
    encodeSubscription({ topics, ownedPartitions: [{ topic: 't', partitions }] })
    expect({ topics, partitions }).toEqual({ topics: ['b', 'a'], partitions: [2, 1] })
  })

  it('is read in a version from the future as far as it is known', () => {
    const bytes = Buffer.concat([encodeSubscription({ topics: ['t'], generationId: 9, rackId: 'r' }), Buffer.from('new fields')])
    bytes.writeInt16BE(4)
    expect(decodeSubscription(bytes)).toEqual({ topics: ['t'], userData: null, ownedPartitions: [], generationId: 9, rackId: 'r' })
  })

  it('with an empty rack has none', () => {
    expect(decodeSubscription(encodeSubscription({ topics: [], rackId: '' })).rackId).toBeNull()
  })

  it.each(['', '00', 'ffff', '0000', '00007fffffff'])('of the bytes %j is refused', (hex) => {
    expect(() => decodeSubscription(Buffer.from(hex, 'hex'))).toThrow(DecodeError)
  })
})

describe('an assignment', () => {
  it('names each topic once, in the order in which topics first came', () => {
    const assignedPartitions = [
      { topic: 'b', partitions: [3] },
      { topic: 'a', partitions: [0] },
      { topic: 'b', partitions: [1] },
    ]
    const { assignedPartitions: got, userData } = decodeAssignment(encodeAssignment({ assignedPartitions, userData: Buffer.from('u') }))
    expect(got).toEqual([
      { topic: 'b', partitions: [3, 1] },
      { topic: 'a', partitions: [0] },
    ])
    expect(userData?.toString()).toBe('u')
  })

  it('of no bytes is refused: who gets none sees that before', () => {
    expect(() => decodeAssignment(Buffer.alloc(0))).toThrow(DecodeError)
  })
})
