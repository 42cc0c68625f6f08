// The start, the end, the record with the largest timestamp, or the first record at or after a timestamp. Looks into the batch that has it,
// which may have to be decompressed. Does not know tiered storage: -4 and -5 answer as a log that lies on local disks alone, -6 likewise.
import { ListOffsets, type ListOffsetsRequest, type ListOffsetsResponse } from '@k/protocol'
import { offsetFor } from '../log/offset-lookup.ts'
import type { Partition } from '../partition.ts'
import { errorCodeOf } from '../refusal.ts'
import { handler, type RequestContext } from './handler.ts'
import { epochProblem } from './leader-epoch.ts'

type PartitionAsked = ListOffsetsRequest['topics'][number]['partitions'][number]
type PartitionAnswer = ListOffsetsResponse['topics'][number]['partitions'][number]

export const handleListOffsets = handler({
  api: ListOffsets,
  versions: [1, 11],
  async handle(request, context) {
    const topics = []
    for (const { name, partitions } of request.topics) {
      const indexes = partitions.map(({ partitionIndex }) => partitionIndex)
      const answers = []
      // A partition that is named twice is answered once, with an error.
      for (const partition of new Map(partitions.map((each) => [each.partitionIndex, each])).values()) {
        const isTwice = indexes.indexOf(partition.partitionIndex) !== indexes.lastIndexOf(partition.partitionIndex)
        answers.push(
          isTwice
            ? refused(partition.partitionIndex, errorCodeOf('INVALID_REQUEST'))
            : await found(name, partition, request.isolationLevel, context),
        )
      }
      topics.push({ name, partitions: answers })
    }
    return { topics }
  },
  refuse: (request, code) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => refused(partitionIndex, errorCodeOf(code))),
    })),
  }),
})

/** The versions since which the marks below zero may be asked for. */
const neededVersion = new Map([
  [-1n, 1],
  [-2n, 1],
  [-3n, 7],
  [-4n, 8],
  [-5n, 9],
  [-6n, 11],
])

const LATEST = -1n
const EARLIEST = -2n
const EARLIEST_LOCAL = -4n
const READ_COMMITTED = 1

async function found(
  topic: string,
  asked: PartitionAsked,
  isolationLevel: number,
  { cluster, broker, version }: RequestContext,
): Promise<PartitionAnswer> {
  const { partitionIndex, currentLeaderEpoch, timestamp } = asked
  // Kafka stumbles over a level that there is not.
  if (isolationLevel !== 0 && isolationLevel !== READ_COMMITTED) return refused(partitionIndex, errorCodeOf('UNKNOWN_SERVER_ERROR'))
  const needed = neededVersion.get(timestamp) ?? (timestamp < 0n ? Number.POSITIVE_INFINITY : 0)
  if (version < needed) return refused(partitionIndex, errorCodeOf('UNSUPPORTED_VERSION'))
  const partition = cluster.topic(topic)?.partitions[partitionIndex]
  if (partition === undefined) return refused(partitionIndex, errorCodeOf('UNKNOWN_TOPIC_OR_PARTITION'))
  const problem = epochProblem(partition, broker.id, currentLeaderEpoch)
  if (problem !== undefined) return refused(partitionIndex, errorCodeOf(problem))
  const { log, leaderEpoch } = partition
  const end = isolationLevel === READ_COMMITTED ? partition.lastStableOffset : log.highWatermark
  const result = await offsetFor(log, timestamp, leaderEpoch, cluster.options.codecs, end)
  const isCertain = timestamp === EARLIEST || timestamp === EARLIEST_LOCAL || (timestamp !== LATEST && result.offset >= 0n)
  if (!isCertain && isBehindElection(partition)) {
    return refused(partitionIndex, errorCodeOf(version >= 5 ? 'OFFSET_NOT_AVAILABLE' : 'LEADER_NOT_AVAILABLE'))
  }
  return {
    ...refused(partitionIndex, 0),
    timestamp: result.timestamp,
    offset: result.offset,
    leaderEpoch: version >= 4 ? result.leaderEpoch : -1,
  }
}

/** Whether a leader does not know yet how much of what it has taken over is on every replica in sync (KIP-207). */
function isBehindElection({ log }: Partition): boolean {
  return (log.epochs.at(-1)?.startOffset ?? 0) > log.highWatermark
}

function refused(partitionIndex: number, errorCode: number): PartitionAnswer {
  return { partitionIndex, errorCode, oldStyleOffsets: [], timestamp: -1n, offset: -1n, leaderEpoch: -1 }
}
