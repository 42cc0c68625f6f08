import type { ProduceResponse } from '@k/protocol'
import type { Batch } from './partition-queue.ts'

/** What a broker answered for one partition. */
export type PartitionProduceResponse = ProduceResponse['responses'][number]['partitionResponses'][number]

/** The batches of a topic, as a request has them. */
export interface TopicBatches {
  readonly name: string
  /** What later versions use instead of names. */
  readonly topicId: string
  readonly batches: Batch[]
  readonly partitionData: { readonly index: number; readonly records: Uint8Array }[]
}

/** One Produce request: at most one batch of a partition. */
export class ProduceRequest {
  readonly batches: readonly Batch[]
  readonly topicData: TopicBatches[] = []

  /**
   * @param bytes - those of each batch
   * @param topicIdOf - the id of a topic, as the cluster tells it
   */
  constructor(batches: readonly Batch[], bytes: readonly Uint8Array[], topicIdOf: (topic: string) => string) {
    this.batches = batches
    const byName = new Map<string, TopicBatches>()
    for (const [i, batch] of batches.entries()) {
      const { topic: name, partition: index } = batch.queue
      let topic = byName.get(name)
      if (topic === undefined) {
        topic = { name, topicId: topicIdOf(name), batches: [], partitionData: [] }
        byName.set(name, topic)
        this.topicData.push(topic)
      }
      topic.batches.push(batch)
      topic.partitionData.push({ index, records: bytes[i]! })
    }
  }

  /** Calls `onAnswer` once for each batch: with what the broker said of it, or undefined where it said nothing. What nobody asked is left out. */
  read(response: ProduceResponse, onAnswer: (batch: Batch, answer: PartitionProduceResponse | undefined) => void): void {
    const unanswered = new Set(this.batches)
    for (const { name, topicId, partitionResponses } of response.responses) {
      // Versions that use ids answer without names.
      const batches = this.topicData.find((asked) => (name === '' ? asked.topicId === topicId : asked.name === name))?.batches
      for (const [i, answer] of partitionResponses.entries()) {
        const isFor = (batch: Batch | undefined) => batch?.queue.partition === answer.index
        // Brokers mostly answer in the order of the request.
        const batch = isFor(batches?.[i]) ? batches?.[i] : batches?.find(isFor)
        if (batch !== undefined && unanswered.delete(batch)) onAnswer(batch, answer)
      }
    }
    for (const batch of unanswered) onAnswer(batch, undefined)
  }
}
