import { Cluster } from '@k/network'
import type { Producer, ProducerOptions } from '@k/producer'
import { EndTxn, Fetch, type RecordBatch, readControlType, recordBatches } from '@k/protocol'
import type { FakeCluster } from '@k/testing'
import { newProducer, startKafka } from '../fake-set-up.ts'

/** The two kinds of transactions: brokers are asked to add partitions, or add them by themselves (KIP-890). */
export const kinds = [
  ['transaction.version 1', 1],
  ['transaction.version 2', 2],
] as const

export const transactionalId = 'billing'
export const group = { groupId: 'billing', memberId: '', generationId: -1 }
export const offsets = [{ topic: 'orders', partition: 0, offset: 7 }]

/** A cluster with transactions of one kind, and a producer with a transactional id. */
export async function transactional(
  version: number,
  options: Partial<ProducerOptions> & { brokers?: number } = {},
): Promise<{ kafka: FakeCluster; producer: Producer }> {
  const { brokers = 1, ...rest } = options
  const kafka = await startKafka({ brokers, features: { 'transaction.version': version } })
  const producer = newProducer(kafka, { transactionalId, maxBlockMs: 5_000, ...rest } as Partial<ProducerOptions>)
  return { kafka, producer }
}

/** What a reader of committed records sees of a topic, sorted: decided by the markers in the log, as brokers do. */
export async function committedValues(kafka: FakeCluster, topic = 'orders'): Promise<string[]> {
  await using cluster = new Cluster({ bootstrapServers: kafka.bootstrapServers, transport: kafka.transport, logger: null })
  await cluster.refresh([topic])
  const { topicId, partitions } = cluster.topic(topic)!
  const values: string[] = []
  for (const { partition } of partitions) {
    const asked = [{ partition, currentLeaderEpoch: -1, fetchOffset: 0n, partitionMaxBytes: 1 << 20 }]
    const body = { maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 20, isolationLevel: 0, sessionId: 0, sessionEpoch: -1 }
    const { responses } = await cluster.request(
      Fetch,
      { ...body, topics: [{ topic, topicId, partitions: asked }] },
      { to: { leaderOf: { topic, partition } } },
    )
    values.push(...decided([...recordBatches(responses[0]?.partitions[0]?.records ?? Buffer.alloc(0))]))
  }
  return values.sort()
}

function decided(batches: readonly RecordBatch[]): string[] {
  const values: string[] = []
  const open = new Map<bigint, string[]>()
  for (const batch of batches) {
    const reader = batch.records()
    if (reader instanceof Promise) throw new Error('no codec here takes time')
    const undecided = open.get(batch.producerId) ?? []
    while (reader.next()) {
      if (!batch.isControl) (batch.isTransactional ? undecided : values).push(String(reader.value()))
      else if (readControlType(reader.key()) === 'COMMIT') values.push(...undecided.splice(0))
      else undecided.length = 0
    }
    open.set(batch.producerId, undecided)
  }
  return values
}

/** How transactions were asked to end: true for a commit. */
export function endings(kafka: FakeCluster): boolean[] {
  return kafka.requests.list(EndTxn).map(({ body }) => body.committed)
}
