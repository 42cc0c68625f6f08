// Where the records of a leader epoch end, for clients that look whether the log that they read was cut (KIP-320). The leader alone answers.
import { OffsetForLeaderEpoch, type OffsetForLeaderEpochRequest, type OffsetForLeaderEpochResponse } from '@k/protocol'
import { errorCodeOf } from '../refusal.ts'
import { handler, type RequestContext } from './handler.ts'
import { epochProblem } from './leader-epoch.ts'

type PartitionAsked = OffsetForLeaderEpochRequest['topics'][number]['partitions'][number]
type PartitionAnswer = OffsetForLeaderEpochResponse['topics'][number]['partitions'][number]

export const handleOffsetForLeaderEpoch = handler({
  api: OffsetForLeaderEpoch,
  versions: [0, 4],
  handle: (request, context) => ({
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((partition) => found(topic, partition, context)),
    })),
  }),
  refuse: (request, code) => ({
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => answer(partition, errorCodeOf(code))),
    })),
  }),
})

function found(topic: string, asked: PartitionAsked, { cluster, broker }: RequestContext): PartitionAnswer {
  const partition = cluster.topic(topic)?.partitions[asked.partition]
  if (partition === undefined) return answer(asked.partition, errorCodeOf('UNKNOWN_TOPIC_OR_PARTITION'))
  const problem = epochProblem(partition, broker.id, asked.currentLeaderEpoch)
  if (problem !== undefined) return answer(asked.partition, errorCodeOf(problem))
  const end = partition.log.endOfEpoch(asked.leaderEpoch)
  return end === undefined ? answer(asked.partition, 0) : answer(asked.partition, 0, end.epoch, BigInt(end.endOffset))
}

function answer(partition: number, errorCode: number, leaderEpoch = -1, endOffset = -1n): PartitionAnswer {
  return { errorCode, partition, leaderEpoch, endOffset }
}
