import { describe, expect, it } from 'vitest'
import { consumerGroupMembers } from '../support/consumer-group-members.ts'

describe('a consumer group reads topics', () => {
  const group = consumerGroupMembers()

  it('as they come and go', async () => {
    const a = group.member('a')
    await a.join({ subscribedTopicNames: ['t', 'late'] })
    await group.kafka.createTopic('late', { numPartitions: 2 })
    await a.heartbeat()
    expect([a.epoch, Object.values(a.assignment)]).toEqual([
      3,
      [
        [0, 1, 2],
        [0, 1],
      ],
    ])
    group.kafka.createPartitions('late', 3)
    await a.heartbeat()
    expect(Object.values(a.assignment)[1]).toEqual([0, 1, 2])
    await group.kafka.deleteTopic('late')
    await a.heartbeat()
    expect(Object.values(a.assignment)).toEqual([[0, 1, 2]])
    expect(group.kafka.group('g')).toMatchObject({ state: 'Reconciling', epoch: 5 })
    await a.acknowledge()
    expect(group.kafka.group('g')).toMatchObject({ state: 'Stable', epoch: 5 })
  })

  it('by a regular expression, whole names alone', async () => {
    await group.kafka.createTopic('tt')
    const a = group.member('a')
    await a.join({ subscribedTopicNames: null, subscribedTopicRegex: 't|n.*' })
    expect(a.partitions).toEqual([0, 1, 2])
    await group.kafka.createTopic('new')
    await a.heartbeat()
    expect(a.partitions).toEqual([0, 1, 2, 0])
    await a.heartbeat({ subscribedTopicNames: ['tt'], subscribedTopicRegex: '' })
    expect(a.partitions).toEqual([])
  })

  it('until a member does not want them any more', async () => {
    const [a, b] = await group.pair()
    expect(await a.heartbeat({ subscribedTopicNames: [] })).toMatchObject({ memberEpoch: 3, assignment: { topicPartitions: [] } })
    await b.heartbeat()
    expect(b.partitions).toEqual([2])
    await a.acknowledge()
    await b.heartbeat()
    expect([a.epoch, b.epoch, b.partitions]).toEqual([4, 4, [0, 1, 2]])
  })

  it('that are not there, which is nothing', async () => {
    const a = group.member('a')
    expect(await a.join({ subscribedTopicNames: [] })).toMatchObject({ memberEpoch: 1, assignment: { topicPartitions: [] } })
    expect(await a.heartbeat({ subscribedTopicNames: ['nope'] })).toMatchObject({ memberEpoch: 2, assignment: null })
    expect(group.kafka.group('g')).toMatchObject({ state: 'Stable', members: [{ assignment: [], target: [] }] })
  })

  it('with the assignor that most members ask for', async () => {
    await group.kafka.createTopic('u', { numPartitions: 3 })
    const both = { subscribedTopicNames: ['t', 'u'] }
    const [a, b] = [group.member('a'), group.member('b')]
    await a.join({ ...both, serverAssignor: 'range' })
    await b.join(both)
    await a.heartbeat()
    await a.acknowledge()
    await b.heartbeat()
    expect(group.kafka.group('g')?.assignor).toBe('range')
    expect(Object.values(a.assignment)).toEqual([
      [0, 1],
      [0, 1],
    ])
    expect(Object.values(b.assignment)).toEqual([[2], [2]])
  })
})
