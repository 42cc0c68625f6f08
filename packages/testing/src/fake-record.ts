import { type Codecs, KafkaError } from '@k/protocol'
import { committedBatches } from './committed-batches.ts'
import { isControlBatch } from './log/control-batch.ts'
import { readerOf } from './log/offset-lookup.ts'
import type { Partition } from './partition.ts'

/** A record of a {@link FakeCluster}'s log. */
export interface FakeRecord {
  /** The topic's name. */
  readonly topic: string
  /** The partition's number. */
  readonly partition: number
  /** Its place in the partition. */
  readonly offset: number
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  /** The key, as bytes. */
  readonly key: Buffer | null
  /** The value, as bytes; null for a tombstone. */
  readonly value: Buffer | null
  /** In order, duplicates included. */
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[]
}

/** Which records are to be shown. */
export interface FakeRecordsOptions {
  /** `read_committed` leaves out records of transactions that are open or aborted, and what comes after an open one. Default: all records */
  readonly isolationLevel?: 'read_uncommitted' | 'read_committed'
}

/** The records of a partition, decoded. Values are views of the log: copy what is to outlive the cluster. */
export function recordsOf(from: Partition, codecs: Codecs, { isolationLevel }: FakeRecordsOptions = {}): FakeRecord[] {
  const { topic, index: partition, log } = from
  const records: FakeRecord[] = []
  for (const batch of isolationLevel === 'read_committed' ? committedBatches(from) : log.batches) {
    if (isControlBatch(batch)) continue
    const reader = readerOf(batch, codecs)
    if (reader instanceof Promise) {
      throw new KafkaError(
        'INVALID_ARGUMENT',
        `${topic}-${partition} holds a batch whose codec answers with a promise: hand in a synchronous one`,
      )
    }
    while (reader.next()) {
      const { offset, timestamp } = reader
      if (offset < log.startOffset) continue
      records.push({ topic, partition, offset, timestamp, key: reader.key(), value: reader.value(), headers: reader.headers() })
    }
  }
  return records
}
