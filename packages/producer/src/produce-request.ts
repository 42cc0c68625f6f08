import type { Cluster } from '@k/network'
import { type ProduceResponse, ZERO_UUID } from '@k/protocol'
import { grouped } from './grouped.ts'
import type { Batch } from './partition-queue.ts'

/** What a broker answered for one partition. */
export type PartitionProduceResponse = ProduceResponse['responses'][number]['partitionResponses'][number]

/** A batch in a request. */
export interface SentBatch {
  readonly batch: Batch
  readonly index: number
  readonly records: Uint8Array
}

/** The batches of a topic in a request. */
export interface SentTopic {
  readonly name: string
  /** What later versions use instead of names: as the cluster tells it, or zero. */
  readonly topicId: string
  /** Those that have no answer yet. */
  readonly partitionData: SentBatch[]
}

/** What one Produce request says: at most one batch of a partition. @param bytes - those of each batch */
export function topicDataOf(batches: readonly Batch[], bytes: readonly Uint8Array[], cluster: Pick<Cluster, 'topic'>): SentTopic[] {
  const sent = batches.map((batch, i) => ({ batch, index: batch.queue.partition, records: bytes[i]! }))
  const topics = grouped(sent, ({ batch }) => batch.queue.topic)
  return [...topics].map(([name, partitionData]) => ({ name, topicId: cluster.topic(name)?.topicId ?? ZERO_UUID, partitionData }))
}

/** Calls `onAnswer` once for each batch: with what the broker said of it, or undefined where it said nothing. What nobody asked is left out. */
export function readAnswers(
  topicData: readonly SentTopic[],
  responses: ProduceResponse['responses'],
  onAnswer: (batch: Batch, answer: PartitionProduceResponse | undefined) => void,
): void {
  for (const { name, topicId, partitionResponses } of responses) {
    // Versions that use ids answer without names.
    const unanswered = topicData.find((topic) => (name === '' ? topic.topicId === topicId : topic.name === name))?.partitionData ?? []
    for (const answer of partitionResponses) {
      // Brokers mostly answer in the order of the request: it is the first then.
      const at = unanswered.findIndex(({ index }) => index === answer.index)
      if (at >= 0) onAnswer(unanswered.splice(at, 1)[0]!.batch, answer)
    }
  }
  for (const { partitionData } of topicData) for (const { batch } of partitionData) onAnswer(batch, undefined)
}
