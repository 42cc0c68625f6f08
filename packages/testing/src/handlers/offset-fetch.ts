// The offsets that groups have committed: of the partitions asked for, or all of a group's. Members of consumer groups (KIP-848) are told in their
// epoch only. An offset that an open transaction may change is refused to whoever asks for stable ones.
import { type BrokerErrorCode, OffsetFetch, type OffsetFetchRequest, ZERO_UUID } from '@k/protocol'
import type { CommittedOffset } from '../group/committed-offsets.ts'
import { errorCodeOf } from '../refusal.ts'
import { isCoordinator } from './coordinator-check.ts'
import { handler, type RequestContext } from './handler.ts'

interface TopicAsked {
  readonly name: string
  readonly topicId: string
  readonly partitionIndexes: readonly number[]
}

interface GroupAsked {
  readonly groupId: string
  readonly memberId: string | null
  readonly memberEpoch: number
  readonly topics: readonly TopicAsked[] | null
}

export const handleOffsetFetch = handler({
  api: OffsetFetch,
  versions: [1, 10],
  handle(request, context) {
    const groups = groupsOf(request, context).map((group) => found(group, request.requireStable, context))
    return answer(groups, context)
  },
  refuse(request, code, context) {
    const groups = groupsOf(request, context).map((group) => refused(group, code, context))
    return answer(groups, context)
  },
})

function groupsOf({ groupId, topics, groups }: OffsetFetchRequest, { version }: RequestContext): readonly GroupAsked[] {
  if (version >= 8) return groups
  return [{ groupId, memberId: null, memberEpoch: -1, topics: topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null }]
}

type GroupAnswer = ReturnType<typeof found>
type PartitionAnswer = ReturnType<typeof described>

function answer(groups: GroupAnswer[], { version }: RequestContext) {
  if (version >= 8) return { groups }
  const { topics, errorCode } = groups[0] as GroupAnswer
  return { topics, errorCode }
}

function found(group: GroupAsked, requireStable: boolean, context: RequestContext) {
  if (!isCoordinator(group.groupId, context)) return refused(group, 'NOT_COORDINATOR', context)
  const { cluster, version } = context
  const { offsets } = cluster.groups
  const problem = cluster.groups.checkFetch(group.groupId, group.memberId, group.memberEpoch)
  if (problem !== undefined) return refused(group, problem, context)
  const stable = (topic: string, index: number) => {
    if (!requireStable || !cluster.transactionalOffsets.isPending(group.groupId, topic, index)) {
      return described(index, offsets.get(group.groupId, topic, index))
    }
    return { ...described(index, undefined), errorCode: errorCodeOf('UNSTABLE_OFFSET_COMMIT') }
  }
  if (group.topics === null) return { groupId: group.groupId, errorCode: 0, topics: byTopic(offsets.all(group.groupId), stable, context) }
  const topics = group.topics.map(({ name, topicId, partitionIndexes }) => {
    const topic = version >= 10 ? cluster.topicById(topicId) : undefined
    if (version >= 10 && topic === undefined) return { name, topicId, partitions: none(partitionIndexes, errorCodeOf('UNKNOWN_TOPIC_ID')) }
    const known = topic?.name ?? name
    return {
      name: known,
      topicId,
      partitions: partitionIndexes.map((index) => stable(known, index)),
    }
  })
  return { groupId: group.groupId, errorCode: 0, topics }
}

function byTopic(
  offsets: readonly CommittedOffset[],
  stable: (topic: string, index: number) => PartitionAnswer,
  { cluster }: RequestContext,
) {
  const names = [...new Set(offsets.map(({ topic }) => topic))]
  return names.map((name) => ({
    name,
    topicId: cluster.topic(name)?.topicId ?? ZERO_UUID,
    partitions: offsets.filter(({ topic }) => topic === name).map(({ partition }) => stable(name, partition)),
  }))
}

function described(partitionIndex: number, committed: CommittedOffset | undefined) {
  const { offset = -1n, leaderEpoch = -1, metadata = '' } = committed ?? {}
  return { partitionIndex, committedOffset: offset, committedLeaderEpoch: leaderEpoch, metadata, errorCode: 0 }
}

function none(partitionIndexes: readonly number[], errorCode: number) {
  return partitionIndexes.map((index) => ({ ...described(index, undefined), errorCode }))
}

/** Version 1 has no place for an error but the partitions; later ones say it once. */
function refused({ groupId, topics }: GroupAsked, code: BrokerErrorCode, { version }: RequestContext) {
  const errorCode = errorCodeOf(code)
  if (version >= 2) return { groupId, errorCode, topics: [] }
  return {
    groupId,
    errorCode,
    topics: (topics ?? []).map(({ name, topicId, partitionIndexes }) => ({ name, topicId, partitions: none(partitionIndexes, errorCode) })),
  }
}
