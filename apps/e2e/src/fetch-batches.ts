import { Cluster } from '@k/network'
import { Fetch, type RecordBatch, recordBatches, ZERO_UUID } from '@k/protocol'

/** The batches of a partition as they are in the broker's log, from its beginning: what one Fetch in the newest version that both sides speak brings. */
export async function fetchBatches(bootstrapServers: string, topic: string, partition = 0): Promise<RecordBatch[]> {
  await using cluster = new Cluster({ bootstrapServers })
  await cluster.refresh([topic], { allowAutoTopicCreation: false })
  const topicId = cluster.topic(topic)?.topicId ?? ZERO_UUID
  const partitions = [{ partition, currentLeaderEpoch: -1, fetchOffset: 0n, partitionMaxBytes: 1 << 20 }]
  const body = { maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 20, isolationLevel: 0, sessionId: 0, sessionEpoch: -1 }
  const request = { ...body, topics: [{ topic, topicId, partitions }] }
  const { responses } = await cluster.request(Fetch, request, { to: { leaderOf: { topic, partition } } })
  return [...recordBatches(responses[0]?.partitions[0]?.records ?? Buffer.alloc(0))]
}
