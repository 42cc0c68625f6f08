// Deletes records below an offset, up to the high watermark; the leader alone does it. Every replica has done the same when it is answered, so
// that the timeout is not looked at. Takes topics that are compacted alone for what they are: nothing but compaction deletes from them.
import { DeleteRecords, type DeleteRecordsRequest, type DeleteRecordsResponse } from '@k/protocol'
import { wordsOf } from '../config-definition.ts'
import { errorCodeOf } from '../refusal.ts'
import { handler, type RequestContext } from './handler.ts'

type PartitionAsked = DeleteRecordsRequest['topics'][number]['partitions'][number]
type PartitionAnswer = DeleteRecordsResponse['topics'][number]['partitions'][number]

/** Instead of an offset: everything that can be read. */
const HIGH_WATERMARK = -1n

export const handleDeleteRecords = handler({
  api: DeleteRecords,
  versions: [0, 2],
  handle: ({ topics }, context) => ({
    throttleTimeMs: 0,
    topics: topics.map(({ name, partitions }) => ({ name, partitions: partitions.map((partition) => deleted(name, partition, context)) })),
  }),
  refuse: ({ topics }, code) => ({
    throttleTimeMs: 0,
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => refused(partitionIndex, errorCodeOf(code))),
    })),
  }),
})

function deleted(name: string, { partitionIndex, offset }: PartitionAsked, { cluster, broker }: RequestContext): PartitionAnswer {
  const topic = cluster.topic(name)
  const partition = topic?.partitions[partitionIndex]
  if (topic === undefined || partition === undefined) return refused(partitionIndex, errorCodeOf('UNKNOWN_TOPIC_OR_PARTITION'))
  if (partition.leader !== broker.id) return refused(partitionIndex, errorCodeOf('NOT_LEADER_OR_FOLLOWER'))
  if (!wordsOf(topic.configs.string('cleanup.policy')).includes('delete')) return refused(partitionIndex, errorCodeOf('POLICY_VIOLATION'))
  const { log } = partition
  const before = offset === HIGH_WATERMARK ? log.highWatermark : Number(offset)
  if (before < 0 || before > log.highWatermark) return refused(partitionIndex, errorCodeOf('OFFSET_OUT_OF_RANGE'))
  log.advanceStart(before)
  partition.notify()
  return { partitionIndex, lowWatermark: BigInt(log.startOffset), errorCode: 0 }
}

function refused(partitionIndex: number, errorCode: number): PartitionAnswer {
  return { partitionIndex, lowWatermark: -1n, errorCode }
}
