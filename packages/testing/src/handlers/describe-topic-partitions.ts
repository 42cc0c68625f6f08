// Topics with their partitions, page by page, in the order of their names (KIP-966). Knows no eligible leader replicas: the lists are empty.
import { DescribeTopicPartitions, type DescribeTopicPartitionsRequest, type DescribeTopicPartitionsResponse, ZERO_UUID } from '@k/protocol'
import type { ClusterState } from '../cluster-state.ts'
import { errorCodeOf } from '../refusal.ts'
import { topicNameProblem } from '../topic.ts'
import { NOT_ASKED_FOR, TOPIC_OPERATIONS } from './authorized-operations.ts'
import { describedPartition } from './described-partition.ts'
import { handler } from './handler.ts'

type TopicAnswer = DescribeTopicPartitionsResponse['topics'][number]
type Cursor = DescribeTopicPartitionsRequest['cursor']

/** Kafka's `max.request.partition.size.limit`. */
const MAX_PARTITIONS = 2000

export const handleDescribeTopicPartitions = handler({
  api: DescribeTopicPartitions,
  versions: [0, 0],
  handle(request, { cluster }) {
    const { cursor } = request
    const asked = request.topics.map(({ name }) => name)
    const isWrong = cursor !== null && (cursor.partitionIndex < 0 || (asked.length > 0 && !asked.includes(cursor.topicName)))
    if (isWrong) return { throttleTimeMs: 0, topics: asked.map((name) => without(name, errorCodeOf('INVALID_REQUEST'), NOT_ASKED_FOR)) }
    const names = asked.length === 0 ? cluster.topics.map(({ name }) => name) : [...new Set(asked)]
    const from = names.toSorted().filter((name) => cursor === null || name >= cursor.topicName)
    return page(cluster, from, cursor, Math.max(1, Math.min(request.responsePartitionLimit, MAX_PARTITIONS)))
  },
  refuse: ({ topics }, code) => ({ throttleTimeMs: 0, topics: topics.map(({ name }) => without(name, errorCodeOf(code), NOT_ASKED_FOR)) }),
})

function page(cluster: ClusterState, names: readonly string[], cursor: Cursor, limit: number) {
  const topics: TopicAnswer[] = []
  let room = limit
  for (const name of names) {
    const start = cursor?.topicName === name ? cursor.partitionIndex : 0
    if (room === 0) return { throttleTimeMs: 0, topics, nextCursor: { topicName: name, partitionIndex: start } }
    const topic = cluster.topic(name)
    if (topic === undefined) {
      const code = topicNameProblem(name) === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'INVALID_TOPIC_EXCEPTION'
      topics.push(without(name, errorCodeOf(code), TOPIC_OPERATIONS))
      continue
    }
    const partitions = topic.partitions.slice(start, start + room)
    room -= partitions.length
    topics.push({
      ...without(name, 0, TOPIC_OPERATIONS),
      topicId: topic.topicId,
      isInternal: topic.isInternal,
      partitions: partitions.map((partition) => ({
        ...describedPartition(partition, cluster),
        eligibleLeaderReplicas: [],
        lastKnownElr: [],
      })),
    })
    const next = start + partitions.length
    if (next < topic.partitions.length) return { throttleTimeMs: 0, topics, nextCursor: { topicName: name, partitionIndex: next } }
  }
  return { throttleTimeMs: 0, topics, nextCursor: null }
}

function without(name: string | null, errorCode: number, topicAuthorizedOperations: number): TopicAnswer {
  return { errorCode, name, topicId: ZERO_UUID, isInternal: false, partitions: [], topicAuthorizedOperations }
}
