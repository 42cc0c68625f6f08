import { Cluster } from '@k/network'
import { Fetch, type RecordBatch, recordBatches, ZERO_UUID } from '@k/protocol'

/**
 * The batches of a partition as one Fetch brings them: as they are in the broker's log, unless the version of the request asks for an older format.
 * @param o.offset - default: 0
 * @param o.maxVersion - default: the newest that both sides speak
 */
export async function fetchBatches(
  bootstrapServers: string,
  topic: string,
  o: { partition?: number; offset?: number; maxVersion?: number } = {},
): Promise<RecordBatch[]> {
  const { partition = 0, offset = 0, maxVersion } = o
  await using cluster = new Cluster({ bootstrapServers })
  await cluster.refresh([topic], { allowAutoTopicCreation: false })
  const topicId = cluster.topic(topic)?.topicId ?? ZERO_UUID
  const partitions = [{ partition, currentLeaderEpoch: -1, fetchOffset: BigInt(offset), partitionMaxBytes: 1 << 20 }]
  const body = { maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 20, isolationLevel: 0, sessionId: 0, sessionEpoch: -1 }
  const request = { ...body, topics: [{ topic, topicId, partitions }] }
  const { responses } = await cluster.request(Fetch, request, { to: { leaderOf: { topic, partition } }, maxVersion })
  return [...recordBatches(responses[0]?.partitions[0]?.records ?? Buffer.alloc(0))]
}
