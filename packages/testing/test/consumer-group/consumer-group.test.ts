import { type BrokerErrorCode, ConsumerGroupDescribe, ConsumerGroupHeartbeat, LeaveGroup, type RequestInputOf } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster, type FakeClusterOptions } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { RawMember } from '../support/consumer-group-heartbeats.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { RawClient } from '../support/raw-client.ts'
import { enter, heartbeat, join, sync } from '../support/requests.ts'

type Fields = Partial<RequestInputOf<typeof ConsumerGroupHeartbeat>>

describe('a consumer group', () => {
  let clock: ManualClock
  let kafka: FakeCluster
  let client: RawClient
  const start = async (options: FakeClusterOptions = {}) => {
    clock = new ManualClock()
    kafka = await FakeCluster.start({ tcp: false, clock, topics: { t: 3 }, ...options })
    client = await RawClient.connect(kafka)
  }
  const restart = async (options: FakeClusterOptions) => {
    await kafka.close()
    await start(options)
  }
  beforeEach(() => start())
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
    expect(clock.pending).toBe(0)
  })

  const member = (memberId: string, instanceId: string | null = null) => new RawMember(client, memberId, { instanceId })

  /** Two members that share the topic. */
  async function pair() {
    const [a, b] = [member('a'), member('b')]
    await a.join()
    await b.join()
    await a.heartbeat()
    await a.acknowledge()
    await b.heartbeat()
    expect([a.epoch, a.partitions, b.epoch, b.partitions]).toEqual([3, [0, 1], 3, [2]])
    return [a, b] as const
  }

  it('gives its first member everything at once', async () => {
    const a = member('a')
    const answer = await a.join()
    expect(answer).toMatchObject({ errorCode: 0, errorMessage: null, memberId: 'a', memberEpoch: 2, heartbeatIntervalMs: 5000 })
    expect(a.partitions).toEqual([0, 1, 2])
    expect(await a.heartbeat()).toMatchObject({ errorCode: 0, memberEpoch: 2, assignment: null })
  })

  it('gives a partition to its next owner only when the one before has let go of it', async () => {
    const [a, b] = [member('a'), member('b')]
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
    const [a, b] = await pair()
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
    const { errorCode, memberId } = await client.request(ConsumerGroupHeartbeat, 0, said)
    expect(errorCode).toBe(0)
    expect(memberId).toMatch(/^[\w-]{22}$/)
  })

  it('tells the whole assignment to a member that says everything', async () => {
    const [a] = await pair()
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
    const answer = await member('a').heartbeat(fields)
    expect([nameOf(answer.errorCode), answer.errorMessage]).toEqual([code, errorMessage])
    expect(kafka.group('g')).toBeUndefined()
  })

  describe('fences', () => {
    const codeOf = async (answer: Promise<{ errorCode: number }>) => nameOf((await answer).errorCode)

    it('who is in an epoch that the group has not reached, or has left', async () => {
      const [a] = await pair()
      expect(await codeOf(a.heartbeat({ memberEpoch: 4 }))).toBe('FENCED_MEMBER_EPOCH')
      expect(await codeOf(a.heartbeat({ memberEpoch: 1, topicPartitions: [] }))).toBe('FENCED_MEMBER_EPOCH')
    })

    it('nobody who may have missed the last answer, if it holds nothing that was taken from it', async () => {
      const [a, b] = [member('a'), member('b')]
      await a.join()
      const all = Object.keys(a.assignment).map((topicId) => ({ topicId, partitions: [0, 1, 2] }))
      await b.join()
      await a.heartbeat()
      await a.acknowledge()
      expect(await codeOf(a.heartbeat({ memberEpoch: 2, topicPartitions: all }))).toBe('FENCED_MEMBER_EPOCH')
      expect(await codeOf(a.heartbeat({ memberEpoch: 2 }))).toBe('FENCED_MEMBER_EPOCH')
      expect(await codeOf(a.heartbeat({ memberEpoch: 2, topicPartitions: [] }))).toBe('NONE')
    })

    it('nobody who joins again', async () => {
      const [a] = await pair()
      expect(await a.join()).toMatchObject({ errorCode: 0, memberEpoch: 3, assignment: { topicPartitions: [{ partitions: [0, 1] }] } })
    })

    it('who is silent for the session timeout', async () => {
      const [a, b] = await pair()
      await clock.advance(44_999)
      await b.heartbeat()
      await clock.advance(1)
      expect(await codeOf(a.heartbeat())).toBe('UNKNOWN_MEMBER_ID')
      await b.heartbeat()
      expect(b.partitions).toEqual([0, 1, 2])
    })

    it('who does not let go of partitions within its rebalance timeout', async () => {
      const [a, b] = [member('a'), member('b')]
      await a.join({ rebalanceTimeoutMs: 30_000 })
      await b.join()
      await a.heartbeat()
      for (let i = 0; i < 3; i++) {
        await clock.advance(10_000)
        await b.heartbeat()
        if (i < 2) expect(await codeOf(a.heartbeat())).toBe('NONE')
      }
      expect(await codeOf(a.heartbeat())).toBe('UNKNOWN_MEMBER_ID')
      await b.heartbeat()
      expect(b.partitions).toEqual([0, 1, 2])
    })

    it('nobody who lets go of partitions in time', async () => {
      const [a] = await pair()
      await clock.advance(40_000)
      await a.heartbeat()
      await clock.advance(40_000)
      expect(await codeOf(a.heartbeat())).toBe('NONE')
    })
  })

  describe('reads topics', () => {
    it('as they come and go', async () => {
      const a = member('a')
      await a.join({ subscribedTopicNames: ['t', 'late'] })
      await kafka.createTopic('late', { numPartitions: 2 })
      await a.heartbeat()
      expect([a.epoch, Object.values(a.assignment)]).toEqual([
        3,
        [
          [0, 1, 2],
          [0, 1],
        ],
      ])
      kafka.createPartitions('late', 3)
      await a.heartbeat()
      expect(Object.values(a.assignment)[1]).toEqual([0, 1, 2])
      await kafka.deleteTopic('late')
      await a.heartbeat()
      expect(Object.values(a.assignment)).toEqual([[0, 1, 2]])
      expect(kafka.group('g')).toMatchObject({ state: 'Reconciling', epoch: 5 })
      await a.acknowledge()
      expect(kafka.group('g')).toMatchObject({ state: 'Stable', epoch: 5 })
    })

    it('by a regular expression, whole names alone', async () => {
      await kafka.createTopic('tt')
      const a = member('a')
      await a.join({ subscribedTopicNames: null, subscribedTopicRegex: 't|n.*' })
      expect(a.partitions).toEqual([0, 1, 2])
      await kafka.createTopic('new')
      await a.heartbeat()
      expect(a.partitions).toEqual([0, 1, 2, 0])
      await a.heartbeat({ subscribedTopicNames: ['tt'], subscribedTopicRegex: '' })
      expect(a.partitions).toEqual([])
    })

    it('until a member does not want them any more', async () => {
      const [a, b] = await pair()
      expect(await a.heartbeat({ subscribedTopicNames: [] })).toMatchObject({ memberEpoch: 3, assignment: { topicPartitions: [] } })
      await b.heartbeat()
      expect(b.partitions).toEqual([2])
      await a.acknowledge()
      await b.heartbeat()
      expect([a.epoch, b.epoch, b.partitions]).toEqual([4, 4, [0, 1, 2]])
    })

    it('that are not there, which is nothing', async () => {
      const a = member('a')
      expect(await a.join({ subscribedTopicNames: [] })).toMatchObject({ memberEpoch: 1, assignment: { topicPartitions: [] } })
      expect(await a.heartbeat({ subscribedTopicNames: ['nope'] })).toMatchObject({ memberEpoch: 2, assignment: null })
      expect(kafka.group('g')).toMatchObject({ state: 'Stable', members: [{ assignment: [], target: [] }] })
    })

    it('with the assignor that most members ask for', async () => {
      await kafka.createTopic('u', { numPartitions: 3 })
      const both = { subscribedTopicNames: ['t', 'u'] }
      const [a, b] = [member('a'), member('b')]
      await a.join({ ...both, serverAssignor: 'range' })
      await b.join(both)
      await a.heartbeat()
      await a.acknowledge()
      await b.heartbeat()
      expect(kafka.group('g')?.assignor).toBe('range')
      expect(Object.values(a.assignment)).toEqual([
        [0, 1],
        [0, 1],
      ])
      expect(Object.values(b.assignment)).toEqual([[2], [2]])
    })
  })

  describe('with static members', () => {
    it('keeps what belongs to one that is away, and gives it back', async () => {
      const [first, again, other] = [member('first', 'i'), member('again', 'i'), member('other')]
      await first.join()
      expect(await first.heartbeat({ memberEpoch: -2 })).toMatchObject({ errorCode: 0, memberEpoch: -2 })
      await other.join()
      expect(other.partitions).toEqual([])
      expect(await again.join()).toMatchObject({ errorCode: 0 })
      expect(again.partitions).toEqual([0, 1])
      await again.acknowledge()
      await other.heartbeat()
      expect(other.partitions).toEqual([2])
      expect(kafka.group('g')?.members.map(({ memberId, groupInstanceId }) => [memberId, groupInstanceId])).toEqual([
        ['other', null],
        ['again', 'i'],
      ])
      const { errorCode, errorMessage } = await first.heartbeat({ memberEpoch: 2 })
      expect([nameOf(errorCode), errorMessage]).toEqual([
        'FENCED_INSTANCE_ID',
        'Static member first with instance id i was fenced by member again.',
      ])
    })

    it('gives a name to nobody while its owner is there', async () => {
      const [first, second] = [member('first', 'i'), member('second', 'i')]
      await first.join()
      const { errorCode, errorMessage } = await second.join()
      expect([nameOf(errorCode), errorMessage]).toEqual([
        'UNRELEASED_INSTANCE_ID',
        'Static member second with instance id i cannot join the group because the instance id is owned by first member.',
      ])
      expect((await first.heartbeat()).errorCode).toBe(0)
      expect(nameOf((await first.join()).errorCode)).toBe('UNRELEASED_INSTANCE_ID')
    })

    it('waits for one that is away no longer than its session', async () => {
      const [first, other] = [member('first', 'i'), member('other')]
      await first.join()
      await first.heartbeat({ memberEpoch: -2 })
      await clock.advance(30_000)
      await other.join()
      await clock.advance(15_000)
      await other.heartbeat()
      expect(other.partitions).toEqual([0, 1, 2])
    })

    it('knows who was none', async () => {
      const first = member('first', 'i')
      await first.join()
      const { errorCode, errorMessage } = await member('x', 'other').heartbeat({ memberEpoch: 2 })
      expect([nameOf(errorCode), errorMessage]).toEqual(['UNKNOWN_MEMBER_ID', 'Instance id other is unknown.'])
      expect(nameOf((await member('x', 'i').leave()).errorCode)).toBe('FENCED_INSTANCE_ID')
      expect((await first.leave()).errorCode).toBe(0)
      expect(kafka.group('g')).toMatchObject({ state: 'Empty', members: [] })
    })
  })

  it.each<FakeClusterOptions>([{ features: { 'group.version': 0 } }, { version: '3.9' }])('is not there with %o', async (options) => {
    await restart(options)
    const version = options.version === '3.9' ? 0 : 1
    const asked = { groupId: 'g', memberId: 'a', ...joining }
    const { errorCode } = await client.request(ConsumerGroupHeartbeat, version, { ...asked, memberEpoch: 0 } as RequestInputOf<
      typeof ConsumerGroupHeartbeat
    >)
    expect(nameOf(errorCode)).toBe('UNSUPPORTED_VERSION')
    const described = await client.request(ConsumerGroupDescribe, 0, { groupIds: ['g'], includeAuthorizedOperations: false })
    expect(nameOf(described.groups[0]!.errorCode)).toBe('UNSUPPORTED_VERSION')
  })

  it('takes no more members than it may have', async () => {
    await restart({ groupConsumerMaxSize: 1 })
    const a = member('a')
    await a.join()
    const { errorCode, errorMessage } = await member('b').join()
    expect([nameOf(errorCode), errorMessage]).toEqual([
      'GROUP_MAX_SIZE_REACHED',
      'The consumer group has reached its maximum capacity of 1 members.',
    ])
    expect((await a.join()).errorCode).toBe(0)
  })

  it('keeps an assignment as long as it is told to', async () => {
    await restart({ groupConsumerAssignmentIntervalMs: 1000, groupConsumerHeartbeatIntervalMs: 100, groupConsumerSessionTimeoutMs: 2000 })
    const [a, b] = [member('a'), member('b')]
    expect((await a.join()).heartbeatIntervalMs).toBe(100)
    await clock.advance(999)
    await b.join()
    expect(kafka.group('g')).toMatchObject({ state: 'Assigning', epoch: 3 })
    await a.heartbeat()
    expect(a.partitions).toEqual([0, 1, 2])
    await clock.advance(1)
    await a.heartbeat()
    expect(a.partitions).toEqual([0, 1])
    await clock.advance(2000)
    expect(nameOf((await b.heartbeat()).errorCode)).toBe('UNKNOWN_MEMBER_ID')
  })

  it('becomes a classic group, and a classic group it, when it is empty', async () => {
    const a = member('a')
    await a.join()
    expect(nameOf((await enter(client, 'g')).errorCode)).toBe('INCONSISTENT_GROUP_PROTOCOL')
    await a.leave()
    const entering = enter(client, 'g')
    await clock.advance(0)
    await clock.advance(0)
    const classic = await entering
    expect([classic.errorCode, kafka.group('g')?.type]).toEqual([0, 'classic'])
    const refused = await a.join()
    expect([nameOf(refused.errorCode), refused.errorMessage]).toEqual([
      'GROUP_ID_NOT_FOUND',
      'Cannot upgrade classic group g to consumer group because online upgrade is disabled.',
    ])
    expect((await a.heartbeat({ memberEpoch: 2 })).errorMessage).toBe('Group g is not a consumer group.')
    kafka.expireSession('g', classic.memberId)
    await clock.advance(0)
    expect((await a.join()).errorCode).toBe(0)
    expect(kafka.group('g')?.type).toBe('consumer')
  })

  it('takes the place of a classic group in which nobody is yet', async () => {
    const asked = await join(client, 'g')
    expect(nameOf(asked.errorCode)).toBe('MEMBER_ID_REQUIRED')
    expect((await member('a').join()).errorCode).toBe(0)
    expect(nameOf((await join(client, 'g', asked.memberId)).errorCode)).toBe('INCONSISTENT_GROUP_PROTOCOL')
    await clock.advance(10_000)
    expect(kafka.group('g')).toMatchObject({ type: 'consumer', state: 'Stable' })
  })

  it('is left by members whom others name', async () => {
    const [a, b] = [member('a'), member('b', 'i')]
    await a.join()
    await b.join()
    const members = [{ memberId: 'a' }, { memberId: 'z' }, { memberId: 'z', groupInstanceId: 'i' }, { memberId: '', groupInstanceId: 'i' }]
    const answer = await client.request(LeaveGroup, 4, { groupId: 'g', members })
    expect(answer.members.map(({ errorCode }) => nameOf(errorCode))).toEqual(['NONE', 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID', 'NONE'])
    expect(kafka.group('g')).toMatchObject({ state: 'Empty', members: [] })
  })

  it('is no group to those who speak the classic protocol', async () => {
    await member('a').join()
    expect(nameOf(await heartbeat(client, 'g', { memberId: 'a', generationId: 2 }))).toBe('UNKNOWN_MEMBER_ID')
    expect(nameOf((await sync(client, 'g', { memberId: 'a', generationId: 2 })).errorCode)).toBe('UNKNOWN_MEMBER_ID')
  })

  it('is all there when its coordinator has moved', async () => {
    await restart({ brokers: 2 })
    kafka.moveCoordinator('g', 1)
    const [a, b] = await pair()
    await clock.advance(40_000)
    kafka.moveCoordinator('g', 2)
    expect(nameOf((await a.heartbeat()).errorCode)).toBe('NOT_COORDINATOR')
    client = await RawClient.connect(kafka, 2)
    await clock.advance(40_000)
    for (const { memberId, epoch } of [a, b]) {
      const elsewhere = member(memberId)
      elsewhere.epoch = epoch
      expect(await elsewhere.heartbeat()).toMatchObject({ errorCode: 0, memberEpoch: 3, assignment: null })
    }
  })
})
