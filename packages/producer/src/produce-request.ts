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
  readonly partitionData: readonly SentBatch[]
}

/** What one Produce request says: at most one batch of a partition. @param bytes - those of each batch */
export function topicDataOf(
  batches: readonly Batch[],
  bytes: readonly Uint8Array[],
  topicOf: (topic: string) => { readonly topicId: string } | undefined,
): readonly SentTopic[] {
  const sent = batches.map((batch, i) => ({ batch, index: batch.queue.partition, records: bytes[i]! }))
  const topics = grouped(sent, ({ batch }) => batch.queue.topic)
  return [...topics].map(([name, partitionData]) => ({ name, topicId: topicOf(name)?.topicId ?? ZERO_UUID, partitionData }))
}

/** Calls `onAnswer` once for each batch: with what the broker said of it, or undefined where it said nothing. What nobody asked is left out. */
export function readAnswers(
  topicData: readonly SentTopic[],
  response: ProduceResponse,
  onAnswer: (batch: Batch, answer: PartitionProduceResponse | undefined) => void,
): void {
  const unanswered = new Set(topicData.flatMap(({ partitionData }) => partitionData))
  for (const { name, topicId, partitionResponses } of response.responses) {
    // Versions that use ids answer without names.
    const asked = topicData.find((topic) => (name === '' ? topic.topicId === topicId : topic.name === name))?.partitionData
    for (const [i, answer] of partitionResponses.entries()) {
      // Brokers mostly answer in the order of the request.
      const sent = asked?.[i]?.index === answer.index ? asked[i] : asked?.find(({ index }) => index === answer.index)
      if (sent !== undefined && unanswered.delete(sent)) onAnswer(sent.batch, answer)
    }
  }
  for (const { batch } of unanswered) onAnswer(batch, undefined)
}
