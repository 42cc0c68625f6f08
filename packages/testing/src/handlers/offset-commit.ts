// Keeps the offsets of a group: for members of the generation or epoch, and for clients that are in no group. Offsets never expire; the offset
// itself is not compared with the log, as Kafka does not either.
import { type BrokerErrorCode, OffsetCommit, type OffsetCommitRequest } from '@k/protocol'
import type { PartitionCheck } from '../group/commit-check.ts'
import { errorCodeOf, Refusal } from '../refusal.ts'
import type { Topic } from '../topic.ts'
import { isCoordinator } from './coordinator-check.ts'
import { handler, type RequestContext } from './handler.ts'

type TopicAsked = OffsetCommitRequest['topics'][number]

export const handleOffsetCommit = handler({
  api: OffsetCommit,
  versions: [0, 10],
  handle(request, context) {
    const { cluster, version } = context
    const topicOf = ({ name, topicId }: TopicAsked) => (version >= 10 ? cluster.topicById(topicId) : cluster.topic(name))
    const isKnown = (asked: TopicAsked) => {
      const topic = topicOf(asked)
      return topic !== undefined && asked.partitions.some(({ partitionIndex }) => topic.partitions[partitionIndex] !== undefined)
    }
    // Where no partition exists the group is never looked at.
    const check = request.topics.some(isKnown) ? checkGroup(request, context) : () => undefined
    return {
      topics: request.topics.flatMap((asked) => {
        if (asked.partitions.length === 0) return []
        const partitions = asked.partitions.map((partition) => ({
          partitionIndex: partition.partitionIndex,
          errorCode: committed(request.groupId, topicOf(asked), partition, check, context),
        }))
        return [{ name: asked.name, topicId: asked.topicId, partitions }]
      }),
    }
  },
  refuse: (request, code) => ({
    topics: request.topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: errorCodeOf(code) })),
    })),
  }),
})

/** What is wrong with the group or the member is wrong with every partition. */
function checkGroup(request: OffsetCommitRequest, context: RequestContext): PartitionCheck {
  const { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch: generationId } = request
  if (groupId !== '' && !isCoordinator(groupId, context)) return () => 'NOT_COORDINATOR'
  try {
    const committer = { groupId, memberId, groupInstanceId, generationId, isTransactional: false }
    return context.cluster.groups.checkCommit(committer, context.version)
  } catch (error) {
    if (error instanceof Refusal) return () => error.code
    throw error
  }
}

function committed(
  groupId: string,
  topic: Topic | undefined,
  asked: TopicAsked['partitions'][number],
  check: PartitionCheck,
  { cluster, version }: RequestContext,
): number {
  if (topic === undefined) return errorCodeOf(version >= 10 ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION')
  if (topic.partitions[asked.partitionIndex] === undefined) return errorCodeOf('UNKNOWN_TOPIC_OR_PARTITION')
  const { offsets, options } = cluster.groups
  const metadata = asked.committedMetadata ?? ''
  const tooLarge: BrokerErrorCode | undefined = metadata.length > options.offsetMetadataMaxBytes ? 'OFFSET_METADATA_TOO_LARGE' : undefined
  const problem = check(topic.topicId, asked.partitionIndex) ?? tooLarge
  if (problem !== undefined) return errorCodeOf(problem)
  offsets.commit(groupId, {
    topic: topic.name,
    partition: asked.partitionIndex,
    offset: asked.committedOffset,
    leaderEpoch: asked.committedLeaderEpoch,
    metadata,
  })
  return 0
}
