import type { BatchProgress } from './batch-progress.ts'
import type { ConsumerRecord } from './consumer-record.ts'
import { UNKNOWN } from './partition-state.ts'

/**
 * Records of one partition, in order: never none, never more than `maxPollRecords`. Iterating over it ends early when the partition is taken
 * away or sent elsewhere by `seek`; what iterating did not come to does not count as processed then.
 */
export class PartitionRecords<K = Buffer, V = Buffer> implements Iterable<ConsumerRecord<K, V>> {
  /** The topic's name. */
  readonly topic: string
  /** The partition's number. */
  readonly partition: number
  /** All of them, whatever becomes of the partition meanwhile. */
  readonly records: readonly ConsumerRecord<K, V>[]
  readonly #progress: BatchProgress

  constructor(records: readonly ConsumerRecord<K, V>[], progress: BatchProgress) {
    this.topic = progress.state.topic
    this.partition = progress.state.partition
    this.records = records
    this.#progress = progress
  }

  /** The offset of the first record. */
  get firstOffset(): number {
    return this.records[0]!.offset
  }

  /** The offset of the last record. */
  get lastOffset(): number {
    return this.records.at(-1)!.offset
  }

  /** The offset after the last record that all replicas in sync have, as the latest fetch told. */
  get highWatermark(): number | undefined {
    const { highWatermark } = this.#progress.state
    return highWatermark === UNKNOWN ? undefined : highWatermark
  }

  /** Aborts when the partition is taken away while these are being worked on. */
  get signal(): AbortSignal {
    return this.#progress.signal
  }

  /** The records, one by one; ends early when the partition has gone to another member. */
  *[Symbol.iterator](): IterableIterator<ConsumerRecord<K, V>> {
    for (const record of this.records) {
      if (!this.#progress.isCurrent) {
        this.#progress.cut(record.offset)
        return
      }
      yield record
    }
  }
}
