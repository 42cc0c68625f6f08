// Keeps the offsets of a group, for members of the generation and for clients that are in no group. Offsets never expire; the offset itself
// is not compared with the log, as Kafka does not either.
import { OffsetCommit, type OffsetCommitRequest } from '@k/protocol'
import { errorCodeOf } from '../refusal.ts'
import type { Topic } from '../topic.ts'
import { isCoordinator } from './coordinator-check.ts'
import { handler, type RequestContext } from './handler.ts'

type TopicAsked = OffsetCommitRequest['topics'][number]

/** Kafka's `offset.metadata.max.bytes`. */
const MAX_METADATA = 4096

export const handleOffsetCommit = handler({
  api: OffsetCommit,
  versions: [2, 10],
  handle(request, context) {
    const { cluster, version } = context
    const topicOf = ({ name, topicId }: TopicAsked) => (version >= 10 ? cluster.topicById(topicId) : cluster.topic(name))
    const isKnown = (asked: TopicAsked) => {
      const topic = topicOf(asked)
      return topic !== undefined && asked.partitions.some(({ partitionIndex }) => topic.partitions[partitionIndex] !== undefined)
    }
    // Where no partition exists the group is never looked at.
    const problem = request.topics.some(isKnown) ? groupProblem(request, context) : undefined
    return {
      topics: request.topics.map((asked) => ({
        name: asked.name,
        topicId: asked.topicId,
        partitions: asked.partitions.map((partition) => ({
          partitionIndex: partition.partitionIndex,
          errorCode: committed(request.groupId, topicOf(asked), partition, problem, context),
        })),
      })),
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

function groupProblem(request: OffsetCommitRequest, context: RequestContext) {
  if (request.groupId !== '' && !isCoordinator(request.groupId, context)) return 'NOT_COORDINATOR'
  return context.cluster.groups.checkCommit(request, context.version)
}

function committed(
  groupId: string,
  topic: Topic | undefined,
  asked: TopicAsked['partitions'][number],
  problem: Parameters<typeof errorCodeOf>[0] | undefined,
  { cluster, version }: RequestContext,
): number {
  if (topic === undefined) return errorCodeOf(version >= 10 ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION')
  if (topic.partitions[asked.partitionIndex] === undefined) return errorCodeOf('UNKNOWN_TOPIC_OR_PARTITION')
  if (problem !== undefined) return errorCodeOf(problem)
  const metadata = asked.committedMetadata ?? ''
  if (metadata.length > MAX_METADATA) return errorCodeOf('OFFSET_METADATA_TOO_LARGE')
  cluster.groups.offsets.commit(groupId, {
    topic: topic.name,
    partition: asked.partitionIndex,
    offset: asked.committedOffset,
    leaderEpoch: asked.committedLeaderEpoch,
    metadata,
  })
  return 0
}
