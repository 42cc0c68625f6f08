import { type BrokerErrorCode, ConsumerGroupDescribe, ConsumerGroupHeartbeat, LeaveGroup, type RequestInputOf } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import type { FakeClusterOptions } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { consumerGroupMembers } from '../support/consumer-group-members.ts'
import { RawClient } from '../support/raw-client.ts'
import { enter, heartbeat, join, sync } from '../support/requests.ts'

type Fields = Partial<RequestInputOf<typeof ConsumerGroupHeartbeat>>

describe('a consumer group', () => {
  const group = consumerGroupMembers()

  it('gives its first member everything at once', async () => {
    const a = group.member('a')
    const answer = await a.join()
    expect(answer).toMatchObject({ errorCode: 0, errorMessage: null, memberId: 'a', memberEpoch: 2, heartbeatIntervalMs: 5000 })
    expect(a.partitions).toEqual([0, 1, 2])
    expect(await a.heartbeat()).toMatchObject({ errorCode: 0, memberEpoch: 2, assignment: null })
  })

  it('gives a partition to its next owner only when the one before has let go of it', async () => {
    const [a, b] = [group.member('a'), group.member('b')]
    await a.join()
    await b.join()
    expect([b.epoch, b.partitions]).toEqual([3, []])
    expect(await a.heartbeat()).toMatchObject({ memberEpoch: 2, assignment: { topicPartitions: [{ partitions: [0, 1] }] } })
    await b.heartbeat()
    expect(b.partitions).toEqual([])
    await a.acknowledge()
    expect(a.epoch).toBe(3)
    expect(await b.heartbeat()).toMatchObject({ memberEpoch: 3, assignment: { topicPartitions: [{ partitions: [2] }] } })
  })

  it('shares what is left when a member leaves', async () => {
    const [a, b] = await group.pair()
    expect(await a.leave()).toMatchObject({ errorCode: 0, memberId: 'a', memberEpoch: -1 })
    await b.heartbeat()
    expect([b.epoch, b.partitions]).toEqual([4, [0, 1, 2]])
    expect(nameOf((await a.heartbeat({ memberEpoch: 3 })).errorCode)).toBe('UNKNOWN_MEMBER_ID')
  })

  it('makes an id for a member that joins without one in version 0', async () => {
    const said = {
      groupId: 'g',
      memberId: '',
      memberEpoch: 0,
      rebalanceTimeoutMs: 1000,
      subscribedTopicNames: ['t'],
      topicPartitions: [],
    }
    const { errorCode, memberId } = await group.client.request(ConsumerGroupHeartbeat, 0, said)
    expect(errorCode).toBe(0)
    expect(memberId).toMatch(/^[\w-]{22}$/)
  })

  it('tells the whole assignment to a member that says everything', async () => {
    const [a] = await group.pair()
    const said = { rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['t'], topicPartitions: [] }
    expect((await a.heartbeat(said)).assignment?.topicPartitions.map(({ partitions }) => partitions)).toEqual([[0, 1]])
  })

  const joining: Fields = { memberEpoch: 0, rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['t'], topicPartitions: [] }
  it.each<[what: string, fields: Fields, code: BrokerErrorCode, message: string]>([
    ['a member without an id', { ...joining, memberId: '' }, 'INVALID_REQUEST', "MemberId can't be empty."],
    ['a group without an id', { ...joining, groupId: '' }, 'INVALID_REQUEST', "GroupId can't be empty."],
    ['an empty instance id', { ...joining, instanceId: '' }, 'INVALID_REQUEST', "InstanceId can't be empty."],
    ['an empty rack', { ...joining, rackId: '' }, 'INVALID_REQUEST', "RackId can't be empty."],
    [
      'no rebalance timeout',
      { ...joining, rebalanceTimeoutMs: -1 },
      'INVALID_REQUEST',
      'RebalanceTimeoutMs must be provided in first request.',
    ],
    [
      'partitions that are not said',
      { ...joining, topicPartitions: null },
      'INVALID_REQUEST',
      'TopicPartitions must be empty when (re-)joining.',
    ],
    [
      'no subscription',
      { ...joining, subscribedTopicNames: null },
      'INVALID_REQUEST',
      'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.',
    ],
    ['an epoch that is none', { memberEpoch: -3 }, 'INVALID_REQUEST', 'MemberEpoch is invalid.'],
    ['a leave for a while without a name', { memberEpoch: -2 }, 'INVALID_REQUEST', "InstanceId can't be null."],
    [
      'an assignor that is not there',
      { ...joining, serverAssignor: 'sticky' },
      'UNSUPPORTED_ASSIGNOR',
      'ServerAssignor sticky is not supported. Supported assignors: uniform, range.',
    ],
    ['a group that is not there', { memberEpoch: 1 }, 'GROUP_ID_NOT_FOUND', 'Consumer group g not found.'],
    ['leaving a group that is not there', { memberEpoch: -1 }, 'GROUP_ID_NOT_FOUND', 'Group g not found.'],
    [
      'half an expression',
      { ...joining, subscribedTopicRegex: '(' },
      'INVALID_REGULAR_EXPRESSION',
      'SubscribedTopicRegex `(` is not a valid regular expression: missing closing ).',
    ],
  ])('refuses %s', async (_, fields, code, errorMessage) => {
    const answer = await group.member('a').heartbeat(fields)
    expect([nameOf(answer.errorCode), answer.errorMessage]).toEqual([code, errorMessage])
    expect(group.kafka.group('g')).toBeUndefined()
  })

  it.each<FakeClusterOptions>([{ features: { 'group.version': 0 } }, { version: '3.9' }])('is not there with %o', async (options) => {
    await group.restart(options)
    const version = options.version === '3.9' ? 0 : 1
    const asked = { groupId: 'g', memberId: 'a', ...joining }
    const { errorCode } = await group.client.request(ConsumerGroupHeartbeat, version, { ...asked, memberEpoch: 0 } as RequestInputOf<
      typeof ConsumerGroupHeartbeat
    >)
    expect(nameOf(errorCode)).toBe('UNSUPPORTED_VERSION')
    const described = await group.client.request(ConsumerGroupDescribe, 0, { groupIds: ['g'], includeAuthorizedOperations: false })
    expect(nameOf(described.groups[0]!.errorCode)).toBe('UNSUPPORTED_VERSION')
  })

  it('takes no more members than it may have', async () => {
    await group.restart({ groupConsumerMaxSize: 1 })
    const a = group.member('a')
    await a.join()
    const { errorCode, errorMessage } = await group.member('b').join()
    expect([nameOf(errorCode), errorMessage]).toEqual([
      'GROUP_MAX_SIZE_REACHED',
      'The consumer group has reached its maximum capacity of 1 members.',
    ])
    expect((await a.join()).errorCode).toBe(0)
  })

  it('keeps an assignment as long as it is told to', async () => {
    await group.restart({
      groupConsumerAssignmentIntervalMs: 1000,
      groupConsumerHeartbeatIntervalMs: 100,
      groupConsumerSessionTimeoutMs: 2000,
    })
    const [a, b] = [group.member('a'), group.member('b')]
    expect((await a.join()).heartbeatIntervalMs).toBe(100)
    await group.clock.advance(999)
    await b.join()
    expect(group.kafka.group('g')).toMatchObject({ state: 'Assigning', epoch: 3 })
    await a.heartbeat()
    expect(a.partitions).toEqual([0, 1, 2])
    await group.clock.advance(1)
    await a.heartbeat()
    expect(a.partitions).toEqual([0, 1])
    await group.clock.advance(2000)
    expect(nameOf((await b.heartbeat()).errorCode)).toBe('UNKNOWN_MEMBER_ID')
  })

  it('becomes a classic group, and a classic group it, when it is empty', async () => {
    const a = group.member('a')
    await a.join()
    expect(nameOf((await enter(group.client, 'g')).errorCode)).toBe('INCONSISTENT_GROUP_PROTOCOL')
    await a.leave()
    const entering = enter(group.client, 'g')
    await group.clock.advance(0)
    await group.clock.advance(0)
    const classic = await entering
    expect([classic.errorCode, group.kafka.group('g')?.type]).toEqual([0, 'classic'])
    const refused = await a.join()
    expect([nameOf(refused.errorCode), refused.errorMessage]).toEqual([
      'GROUP_ID_NOT_FOUND',
      'Cannot upgrade classic group g to consumer group because online upgrade is disabled.',
    ])
    expect((await a.heartbeat({ memberEpoch: 2 })).errorMessage).toBe('Group g is not a consumer group.')
    group.kafka.expireSession('g', classic.memberId)
    await group.clock.advance(0)
    expect((await a.join()).errorCode).toBe(0)
    expect(group.kafka.group('g')?.type).toBe('consumer')
  })

  it('takes the place of a classic group in which nobody is yet', async () => {
    const asked = await join(group.client, 'g')
    expect(nameOf(asked.errorCode)).toBe('MEMBER_ID_REQUIRED')
    expect((await group.member('a').join()).errorCode).toBe(0)
    expect(nameOf((await join(group.client, 'g', asked.memberId)).errorCode)).toBe('INCONSISTENT_GROUP_PROTOCOL')
    await group.clock.advance(10_000)
    expect(group.kafka.group('g')).toMatchObject({ type: 'consumer', state: 'Stable' })
  })

  it('is left by members whom others name', async () => {
    const [a, b] = [group.member('a'), group.member('b', 'i')]
    await a.join()
    await b.join()
    const members = [{ memberId: 'a' }, { memberId: 'z' }, { memberId: 'z', groupInstanceId: 'i' }, { memberId: '', groupInstanceId: 'i' }]
    const answer = await group.client.request(LeaveGroup, 4, { groupId: 'g', members })
    expect(answer.members.map(({ errorCode }) => nameOf(errorCode))).toEqual(['NONE', 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID', 'NONE'])
    expect(group.kafka.group('g')).toMatchObject({ state: 'Empty', members: [] })
  })

  it('is no group to those who speak the classic protocol', async () => {
    await group.member('a').join()
    expect(nameOf(await heartbeat(group.client, 'g', { memberId: 'a', generationId: 2 }))).toBe('UNKNOWN_MEMBER_ID')
    expect(nameOf((await sync(group.client, 'g', { memberId: 'a', generationId: 2 })).errorCode)).toBe('UNKNOWN_MEMBER_ID')
  })

  it('is all there when its coordinator has moved', async () => {
    await group.restart({ brokers: 2 })
    group.kafka.moveCoordinator('g', 1)
    const [a, b] = await group.pair()
    await group.clock.advance(40_000)
    group.kafka.moveCoordinator('g', 2)
    expect(nameOf((await a.heartbeat()).errorCode)).toBe('NOT_COORDINATOR')
    group.client = await RawClient.connect(group.kafka, 2)
    await group.clock.advance(40_000)
    for (const { memberId, epoch } of [a, b]) {
      const elsewhere = group.member(memberId)
      elsewhere.epoch = epoch
      expect(await elsewhere.heartbeat()).toMatchObject({ errorCode: 0, memberEpoch: 3, assignment: null })
    }
  })
})
