import { encodeAssignment, SyncGroup } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../src/index.ts'
import { nameOf } from './support/codes.ts'
import { RawMember } from './support/consumer-group-heartbeats.ts'
import { ManualClock, settle } from './support/manual-clock.ts'
import { batchOf, RawClient } from './support/raw-client.ts'
import { commit, enter, heartbeat, join, produce } from './support/requests.ts'

describe('what a test sees of groups and does to them', () => {
  let clock: ManualClock
  let kafka: FakeCluster
  let client: RawClient
  beforeEach(async () => {
    clock = new ManualClock()
    kafka = await FakeCluster.start({ tcp: false, clock, topics: { t: 2, u: 1 } })
    client = await RawClient.connect(kafka)
  })
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
  })

  async function classic(extras: Parameters<typeof enter>[2] = {}) {
    const entering = enter(client, 'g', extras)
    await settle()
    await clock.advance(0)
    await settle()
    const { memberId, generationId } = await entering
    const assignments = [{ memberId, assignment: encodeAssignment({ assignedPartitions: [{ topic: 't', partitions: [1] }] }) }]
    await client.request(SyncGroup, 4, { groupId: 'g', memberId, generationId, assignments })
    return { memberId, generationId }
  }

  it('is how far a group is behind', async () => {
    for (let i = 0; i < 3; i++) await produce(client, 't', 0, batchOf(['a', 'b']))
    await produce(client, 't', 1, batchOf(['c']))
    await produce(client, 'u', 0, batchOf(['d']))
    expect(kafka.lag('g')).toEqual([])
    await commit(client, 'g', 't', 0, 4)
    expect(kafka.lag('g')).toEqual([{ topic: 't', partition: 0, committed: 4, end: 6, lag: 2 }])
    await classic()
    expect(kafka.lag('g')).toEqual([
      { topic: 't', partition: 0, committed: 4, end: 6, lag: 2 },
      { topic: 't', partition: 1, committed: null, end: 1, lag: 1 },
    ])
  })

  it('is how a classic group stands', async () => {
    expect(kafka.group('g')).toBeUndefined()
    const { memberId } = await classic({ groupInstanceId: 'i' })
    const has = [{ topic: 't', partition: 1 }]
    expect(kafka.group('g')).toEqual({
      groupId: 'g',
      type: 'classic',
      state: 'Stable',
      epoch: 1,
      assignor: 'range',
      members: [{ memberId, groupInstanceId: 'i', clientId: 'raw', epoch: 1, assignment: has, target: has }],
    })
  })

  it('is how a consumer group stands', async () => {
    const [a, b] = [new RawMember(client, 'a'), new RawMember(client, 'b')]
    await a.join()
    await b.join()
    await a.heartbeat()
    const [zero, one] = [0, 1].map((partition) => ({ topic: 't', partition }))
    expect(kafka.group('g')).toEqual({
      groupId: 'g',
      type: 'consumer',
      state: 'Reconciling',
      epoch: 3,
      assignor: 'uniform',
      members: [
        { memberId: 'a', groupInstanceId: null, clientId: 'raw', epoch: 2, assignment: [zero, one], target: [zero] },
        { memberId: 'b', groupInstanceId: null, clientId: 'raw', epoch: 3, assignment: [], target: [one] },
      ],
    })
  })

  it('is the end of a session', async () => {
    const member = await classic()
    kafka.expireSession('g', member.memberId)
    expect(kafka.group('g')?.members).toEqual([])
    expect(nameOf(await heartbeat(client, 'g', member))).toBe('UNKNOWN_MEMBER_ID')
    const a = new RawMember(client, 'a', { groupId: 'h', instanceId: 'i' })
    await a.join()
    kafka.expireSession('h', 'i')
    expect(nameOf((await a.heartbeat()).errorCode)).toBe('UNKNOWN_MEMBER_ID')
    expect(() => kafka.expireSession('h', 'a')).toThrow('a is no member of group h: its members are none')
    expect(() => kafka.expireSession('none', 'a')).toThrow('a is no member of group none: there is no such group')
  })

  it('is the end of a session whose member waits for others', async () => {
    const { memberId } = await classic()
    const other = await RawClient.connect(kafka)
    const entering = enter(other, 'g')
    await settle()
    kafka.expireSession('g', kafka.group('g')!.members[1]!.memberId)
    expect(nameOf((await entering).errorCode)).toBe('UNKNOWN_MEMBER_ID')
    expect(await join(client, 'g', memberId)).toMatchObject({ errorCode: 0, generationId: 2, members: [{ memberId }] })
  })

  it('is a fence before a static member', async () => {
    const member = await classic({ groupInstanceId: 'i' })
    kafka.fenceMember('g', member.memberId)
    expect(nameOf(await heartbeat(client, 'g', member, 'i'))).toBe('FENCED_INSTANCE_ID')
    expect(kafka.group('g')).toMatchObject({
      state: 'Stable',
      members: [{ groupInstanceId: 'i', assignment: [{ topic: 't', partition: 1 }] }],
    })
  })

  it('is a fence before a member of a consumer group, which may join again', async () => {
    const a = new RawMember(client, 'a')
    await a.join()
    kafka.fenceMember('g', 'a')
    expect(nameOf((await a.heartbeat({ topicPartitions: [] })).errorCode)).toBe('FENCED_MEMBER_EPOCH')
    expect(await a.join()).toMatchObject({ errorCode: 0, memberEpoch: 3 })
    expect([a.partitions, kafka.group('g')?.state]).toEqual([[0, 1], 'Stable'])
  })

  it('is no fence where Kafka has none', async () => {
    const { memberId } = await classic()
    expect(() => kafka.fenceMember('g', memberId)).toThrow('only members with a group instance id can')
    expect(() => kafka.fenceMember('g', 'z')).toThrow(`z is no member of group g: its members are ${memberId}`)
  })
})
