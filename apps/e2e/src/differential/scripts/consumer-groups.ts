import {
  ConsumerGroupDescribe,
  type ConsumerGroupDescribeResponse,
  ConsumerGroupHeartbeat,
  type ConsumerGroupHeartbeatResponse,
  DescribeGroups,
  encodeSubscription,
  JoinGroup,
  ListGroups,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
  type RequestInputOf,
} from '@k/protocol'
import { type Play, type Subject, script } from '../script.ts'
import type { StageTopic } from '../stage.ts'

type Fields = Partial<RequestInputOf<typeof ConsumerGroupHeartbeat>>

/** Ids that members make themselves. */
const [A, B, C] = ['AAAAAAAAQAAAAAAAAAAAAA', 'BBBBBBBBQAAAAAAAAAAAAA', 'CCCCCCCCQAAAAAAAAAAAAA'] as const

function body(groupId: string, memberId: string, memberEpoch: number, fields: Fields = {}): RequestInputOf<typeof ConsumerGroupHeartbeat> {
  return { groupId, memberId, memberEpoch, ...fields }
}

function joinBody(groupId: string, memberId: string, topics: readonly StageTopic[], fields: Fields = {}) {
  const subscribedTopicNames = topics.map(({ name }) => name)
  return body(groupId, memberId, 0, { rebalanceTimeoutMs: 10_000, subscribedTopicNames, topicPartitions: [], ...fields })
}

function holding({ topicId }: StageTopic, ...partitions: number[]) {
  return partitions.length === 0 ? [] : [{ topicId, partitions }]
}

const isAssigned = ({ assignment }: ConsumerGroupHeartbeatResponse) => assignment !== null && assignment.topicPartitions.length > 0

/** A group of one that holds all of its topic. */
async function alone({ request, until, name, assignableTopic: topic }: Play): Promise<{ groupId: string; to: StageTopic; epoch: number }> {
  const [groupId, to] = [name(), await topic({ partitions: 2 })]
  const joined = await request(ConsumerGroupHeartbeat, 1, joinBody(groupId, A, [to]))
  // Kafka assigns in the background.
  const { memberEpoch } = isAssigned(joined)
    ? joined
    : await until(ConsumerGroupHeartbeat, 1, body(groupId, A, joined.memberEpoch), isAssigned)
  await request(ConsumerGroupHeartbeat, 1, body(groupId, A, memberEpoch, { topicPartitions: holding(to, 0, 1) }))
  return { groupId, to, epoch: memberEpoch }
}

function described(...groupIds: string[]) {
  return { groupIds, includeAuthorizedOperations: false }
}

function commitBody(groupId: string, memberId: string, generationIdOrMemberEpoch: number, { name, topicId }: StageTopic) {
  const partitions = [{ partitionIndex: 0, committedOffset: 5n, committedMetadata: '' }]
  return { groupId, memberId, generationIdOrMemberEpoch, topics: [{ name, topicId, partitions }] }
}

const REGEX =
  'Regular expressions of consumer groups are resolved at once; Kafka does it in the background, after the heartbeat that brings them.'

export const consumerGroups: Subject = {
  title: 'consumer groups',
  scripts: [
    script('a member joins, holds its partitions and leaves', async (play) => {
      const { groupId, epoch } = await alone(play)
      await play.request(ConsumerGroupDescribe, 1, { groupIds: [groupId], includeAuthorizedOperations: true })
      await play.request(ConsumerGroupHeartbeat, 1, body(groupId, A, epoch))
      await play.request(ConsumerGroupHeartbeat, 1, body(groupId, A, -1))
      await play.request(ConsumerGroupDescribe, 1, { groupIds: [groupId], includeAuthorizedOperations: false })
      await play.request(ConsumerGroupHeartbeat, 1, body(groupId, A, epoch))
    }),
    script(
      'a member id that the coordinator makes, in version 0, and none in version 1',
      async ({ request, name, assignableTopic: topic }) => {
        const to = await topic()
        await request(ConsumerGroupHeartbeat, 0, joinBody(name(), '', [to]))
        await request(ConsumerGroupHeartbeat, 1, joinBody(name(), '', [to]))
      },
    ),
    script('what a first heartbeat must have', async ({ request, name, assignableTopic: topic }) => {
      const to = await topic()
      const groupId = name()
      const wrong: Fields[] = [
        { groupId: '' },
        { memberEpoch: -3 },
        { memberEpoch: 5 },
        { memberEpoch: -1 },
        { memberEpoch: -2 },
        { memberEpoch: -2, instanceId: 'static' },
        { instanceId: '' },
        { rackId: '' },
        { rebalanceTimeoutMs: -1 },
        { topicPartitions: null },
        { topicPartitions: holding(to, 0) },
        { subscribedTopicNames: null },
        { subscribedTopicNames: [] },
        { subscribedTopicNames: null, subscribedTopicRegex: '(' },
        { subscribedTopicNames: null, subscribedTopicRegex: '' },
        { serverAssignor: 'nonsense' },
        { serverAssignor: '' },
        { subscribedTopicNames: [name()] },
      ]
      for (const fields of wrong) await request(ConsumerGroupHeartbeat, 1, { ...joinBody(groupId, A, [to]), ...fields })
    }),
    script('a member that is not there, and epochs that it does not have', async (play) => {
      const { groupId, epoch, to } = await alone(play)
      await play.request(ConsumerGroupHeartbeat, 1, body(groupId, B, epoch))
      await play.request(ConsumerGroupHeartbeat, 1, body(play.name(), A, epoch))
      for (const other of [epoch + 1, epoch + 100]) await play.request(ConsumerGroupHeartbeat, 1, body(groupId, A, other))
      await play.request(ConsumerGroupHeartbeat, 1, body(groupId, A, epoch - 1))
      await play.request(ConsumerGroupHeartbeat, 1, body(groupId, A, epoch - 1, { topicPartitions: holding(to, 0, 1) }))
      await play.request(ConsumerGroupHeartbeat, 1, body(groupId, B, -1))
      await play.request(ConsumerGroupHeartbeat, 1, joinBody(groupId, A, [to]))
    }),
    script('a second member, for whom the first makes room', async (play) => {
      const { request, until } = play
      const { groupId, epoch, to } = await alone(play)
      const joined = await request(ConsumerGroupHeartbeat, 1, joinBody(groupId, B, [to]))
      const revoking = await until(ConsumerGroupHeartbeat, 1, body(groupId, A, epoch), ({ assignment }) => assignment !== null)
      await request(ConsumerGroupDescribe, 1, described(groupId))
      const left = revoking.assignment?.topicPartitions[0]?.partitions ?? []
      const released = await request(
        ConsumerGroupHeartbeat,
        1,
        body(groupId, A, revoking.memberEpoch, { topicPartitions: holding(to, ...left) }),
      )
      const given = await until(ConsumerGroupHeartbeat, 1, body(groupId, B, joined.memberEpoch), isAssigned)
      const taken = given.assignment?.topicPartitions[0]?.partitions ?? []
      await request(ConsumerGroupHeartbeat, 1, body(groupId, B, given.memberEpoch, { topicPartitions: holding(to, ...taken) }))
      await request(ConsumerGroupHeartbeat, 1, body(groupId, A, released.memberEpoch))
      await request(ConsumerGroupDescribe, 0, described(groupId))
      await request(ConsumerGroupHeartbeat, 1, body(groupId, A, -1))
      await until(ConsumerGroupHeartbeat, 1, body(groupId, B, given.memberEpoch), isAssigned)
    }),
    ...['range', 'uniform', null].map((serverAssignor) =>
      script(
        `three members and the assignor ${serverAssignor ?? 'that is the default'}`,
        async ({ request, until, name, assignableTopic: topic }) => {
          const [groupId, to] = [name(), await topic({ partitions: 7 })]
          // Kafka assigns in the background: the next member comes when it has done so for those before.
          await until(ConsumerGroupHeartbeat, 1, joinBody(groupId, A, [to], { serverAssignor }), isAssigned)
          for (const member of [B, C]) {
            await until(ConsumerGroupDescribe, 1, described(groupId), ({ groups }) => groups[0]!.assignmentEpoch === groups[0]!.groupEpoch)
            await request(ConsumerGroupHeartbeat, 1, joinBody(groupId, member, [to], { serverAssignor }))
          }
          await until(ConsumerGroupDescribe, 1, described(groupId), ({ groups }) => groups[0]!.assignmentEpoch === groups[0]!.groupEpoch)
        },
      ),
    ),
    script('a subscription that changes', async (play) => {
      const { request, until } = play
      const { groupId, epoch } = await alone(play)
      const other = await play.assignableTopic()
      const changed = await request(ConsumerGroupHeartbeat, 1, body(groupId, A, epoch, { subscribedTopicNames: [other.name] }))
      await until(ConsumerGroupDescribe, 1, described(groupId), ({ groups }) => groups[0]!.assignmentEpoch === groups[0]!.groupEpoch)
      await until(ConsumerGroupHeartbeat, 1, body(groupId, A, changed.memberEpoch, { topicPartitions: [] }), isAssigned)
      await request(ConsumerGroupDescribe, 1, described(groupId))
    }),
    script(
      'a regular expression',
      async ({ request, until, name, assignableTopic: topic }) => {
        const [groupId, to] = [name(), await topic({ partitions: 2 })]
        const subscribedTopicRegex = `${to.name.slice(0, -1)}[0-9]`
        await request(ConsumerGroupHeartbeat, 1, joinBody(groupId, A, [], { subscribedTopicNames: null, subscribedTopicRegex }))
        const isDone = ({ groups }: ConsumerGroupDescribeResponse) => groups[0]!.members[0]!.targetAssignment.topicPartitions.length > 0
        await until(ConsumerGroupDescribe, 1, described(groupId), isDone)
      },
      [
        { at: '1 ConsumerGroupHeartbeat', why: REGEX },
        { at: '2 ConsumerGroupDescribe', why: REGEX },
      ],
    ),
    script('a static member that leaves for a while, and another in its place', async (play) => {
      const { request, until, name, assignableTopic: topic } = play
      const [groupId, to] = [name(), await topic()]
      const fields = { instanceId: 'static' }
      const first = await request(ConsumerGroupHeartbeat, 1, joinBody(groupId, A, [to], fields))
      if (!isAssigned(first)) await until(ConsumerGroupHeartbeat, 1, body(groupId, A, first.memberEpoch, fields), isAssigned)
      await request(ConsumerGroupHeartbeat, 1, joinBody(groupId, B, [to], fields))
      await request(ConsumerGroupHeartbeat, 1, body(groupId, A, 1, { instanceId: 'another' }))
      await request(ConsumerGroupHeartbeat, 1, body(groupId, A, -2, fields))
      await request(ConsumerGroupDescribe, 1, described(groupId))
      await request(ConsumerGroupHeartbeat, 1, joinBody(groupId, B, [to], fields))
      await request(ConsumerGroupHeartbeat, 1, body(groupId, A, 1, fields))
      await request(ConsumerGroupHeartbeat, 1, body(groupId, B, -1, fields))
      await request(ConsumerGroupDescribe, 1, described(groupId))
    }),
    script('commits and fetches of members', async (play) => {
      const { groupId, epoch, to } = await alone(play)
      const tries: (readonly [string, number])[] = [
        [A, epoch],
        [A, epoch + 1],
        [A, epoch - 1],
        [A, -1],
        [B, epoch],
        ['', -1],
        ['', epoch],
      ]
      for (const [memberId, memberEpoch] of tries) {
        for (const version of [8, 9, 10]) await play.request(OffsetCommit, version, commitBody(groupId, memberId, memberEpoch, to))
        const topics = [{ name: to.name, topicId: to.topicId, partitionIndexes: [0] }]
        await play.request(OffsetFetch, 9, { groups: [{ groupId, memberId, memberEpoch, topics }], requireStable: true })
      }
      await play.request(OffsetDelete, 0, { groupId, topics: [{ name: to.name, partitions: [{ partitionIndex: 0 }] }] })
    }),
    script('seen by those who know classic groups only', async (play) => {
      const { groupId, to } = await alone(play)
      for (const version of [5, 6]) await play.request(DescribeGroups, version, { groups: [groupId] })
      for (const version of [4, 5]) await play.request(ListGroups, version, { statesFilter: [], typesFilter: [] })
      await play.request(ListGroups, 5, { statesFilter: [], typesFilter: ['Consumer'] })
      const protocols = [{ name: 'range', metadata: encodeSubscription({ topics: [to.name] }) }]
      await play.request(JoinGroup, 9, {
        groupId,
        memberId: '',
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 10_000,
        protocolType: 'connect',
        protocols,
      })
    }),
    script('ConsumerGroupDescribe of what is no consumer group', async ({ request, name }) => {
      const groupId = name()
      const protocols = [{ name: 'range', metadata: encodeSubscription({ topics: ['t'] }) }]
      await request(JoinGroup, 3, {
        groupId,
        memberId: '',
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 10_000,
        protocolType: 'consumer',
        protocols,
      })
      await request(ConsumerGroupDescribe, 1, { groupIds: [groupId, name(), ''], includeAuthorizedOperations: true })
      await request(ConsumerGroupDescribe, 0, { groupIds: [], includeAuthorizedOperations: false })
    }),
  ],
}
