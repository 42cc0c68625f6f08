// Commits offsets in a transaction: they count when it is committed. Fences zombies by the generation, member or instance that they name (KIP-447);
// one that names none is let through. From version 5 on the offsets become part of the transaction by this request (KIP-890); before, they must be
// in it already.
import { type BrokerErrorCode, TxnOffsetCommit, type TxnOffsetCommitRequest } from '@k/protocol'
import type { PartitionCheck } from '../group/commit-check.ts'
import { errorCodeOf, Refusal } from '../refusal.ts'
import type { Topic } from '../topic.ts'
import { OFFSETS_TOPIC } from '../transaction/transaction-coordinator.ts'
import { isCoordinator } from './coordinator-check.ts'
import { handler, type RequestContext } from './handler.ts'
import { transactionProblem } from './transaction-check.ts'

type TopicAsked = TxnOffsetCommitRequest['topics'][number]
type PartitionAsked = TopicAsked['partitions'][number]

export const handleTxnOffsetCommit = handler({
  api: TxnOffsetCommit,
  versions: [0, 5],
  handle(request, context) {
    const { cluster } = context
    const isKnown = ({ name, partitions }: TopicAsked) =>
      partitions.some(({ partitionIndex }) => cluster.topic(name)?.partitions[partitionIndex] !== undefined)
    // Where no partition exists nobody is asked.
    const check = request.topics.some(isKnown) ? checkAll(request, context) : () => undefined
    return {
      throttleTimeMs: 0,
      topics: request.topics.map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitions: partitions.map((asked) => {
          const problem = staged(request, cluster.topic(name), asked, check, context)
          return { partitionIndex: asked.partitionIndex, errorCode: problem === undefined ? 0 : errorCodeOf(problem) }
        }),
      })),
    }
  },
  refuse: (request, code) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: errorCodeOf(code) })),
    })),
  }),
})

/** What is wrong with the transaction, the group or the member is wrong with every partition. */
function checkAll(request: TxnOffsetCommitRequest, context: RequestContext): PartitionCheck {
  const { cluster, version } = context
  const { transactionalId, groupId, memberId, groupInstanceId, generationIdOrMemberEpoch: generationId } = request
  if (groupId === '') return () => 'INVALID_GROUP_ID'
  if (!isCoordinator(groupId, context)) return () => 'NOT_COORDINATOR'
  const offsetsPartition = cluster.offsetsPartition(groupId)
  const known = cluster.transactionalOffsets.producer(offsetsPartition, request.producerId)
  if (known !== undefined && request.producerEpoch < known.producerEpoch) return () => 'INVALID_PRODUCER_EPOCH'
  if (!known?.isOpen || request.producerEpoch !== known.producerEpoch) {
    const partition = { topic: OFFSETS_TOPIC, partition: offsetsPartition }
    const support = { addsPartitions: version >= 5, knowsAbortable: version >= 4 }
    const problem = transactionProblem(context, transactionalId, request, partition, support)
    if (problem !== undefined) return () => problem
  }
  try {
    return cluster.groups.checkCommit({ groupId, memberId, groupInstanceId, generationId, isTransactional: true }, version)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    // Producers know no epochs of members.
    const code: BrokerErrorCode = error.code === 'STALE_MEMBER_EPOCH' ? 'ILLEGAL_GENERATION' : error.code
    return () => code
  }
}

function staged(
  { groupId, producerId, producerEpoch }: TxnOffsetCommitRequest,
  topic: Topic | undefined,
  { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }: PartitionAsked,
  check: PartitionCheck,
  { cluster }: RequestContext,
): BrokerErrorCode | undefined {
  if (topic?.partitions[partitionIndex] === undefined) return 'UNKNOWN_TOPIC_OR_PARTITION'
  const problem = check(topic.topicId, partitionIndex)
  if (problem !== undefined) return problem
  const metadata = committedMetadata ?? ''
  if (metadata.length > cluster.options.groups.offsetMetadataMaxBytes) return 'OFFSET_METADATA_TOO_LARGE'
  const offset = { topic: topic.name, partition: partitionIndex, offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata }
  cluster.transactionalOffsets.begin(cluster.offsetsPartition(groupId), { producerId, producerEpoch })
  cluster.transactionalOffsets.stage(producerId, groupId, offset)
  return undefined
}
