import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { assignPartitions, readAssignment, readMembers, subscriptionProtocols, topicsOf } from '../src/group/group-assignment.ts'
import { range } from '../src/index.ts'
import { Log } from './support/rig.ts'

const joined = (memberId: string, metadata: Buffer, groupInstanceId: string | null = null) => ({ memberId, groupInstanceId, metadata })

describe('what members of a group tell each other', () => {
  it('is the same for each assignor: topics and rack', () => {
    const [protocol] = subscriptionProtocols([range()], ['b', 'a'], 'rack-1')
    expect(protocol!.name).toBe('range')
    expect(decodeSubscription(protocol!.metadata)).toMatchObject({ topics: ['a', 'b'], rackId: 'rack-1', ownedPartitions: [] })
  })

  it('gives nothing to a member whose subscription cannot be read, and its share to everybody else', () => {
    const log = new Log()
    const members = readMembers(
      [joined('good', encodeSubscription({ topics: ['t'] }), 'i'), joined('bad', Buffer.from([0, 1, 255, 255, 255]))],
      log,
    )
    expect(members).toMatchObject([
      { memberId: 'good', groupInstanceId: 'i', topics: ['t'] },
      { memberId: 'bad', topics: [] },
    ])
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { memberId: 'bad' } }])
    expect(topicsOf(members)).toEqual(['t'])
    const assignments = assignPartitions(range(), [{ topic: 't', partitions: [[], []] }], members)
    expect(assignments.map(({ memberId, assignment }) => [memberId, decodeAssignment(assignment).assignedPartitions])).toEqual([
      ['good', [{ topic: 't', partitions: [0, 1] }]],
      ['bad', []],
    ])
  })

  it('is read with each partition once, and without impossible ones', () => {
    const bytes = encodeAssignment({
      assignedPartitions: [
        { topic: 't', partitions: [1, 1, -1] },
        { topic: 'u', partitions: [0] },
      ],
    })
    expect(readAssignment(bytes)).toEqual([
      { topic: 't', partition: 1 },
      { topic: 'u', partition: 0 },
    ])
    expect(readAssignment(Buffer.alloc(0))).toEqual([])
    expect(() => readAssignment(Buffer.from([0, 0, 127, 255, 255, 255]))).toThrow(expect.objectContaining({ name: 'DecodeError' }))
  })
})
