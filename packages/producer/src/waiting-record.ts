import type { Bytes, Headers, RecordBatchBuilder } from '@k/protocol'
import type { Delivery } from './delivery.ts'
import type { ProduceError } from './errors.ts'
import { type ProducerRecord, timestampOf } from './producer-record.ts'
import type { UnfinishedMetadata } from './record-metadata.ts'

/** What is handed to the accumulator: a record whose key and value are bytes or text. */
export interface SerializedRecord {
  readonly key: Bytes | null
  readonly value: Bytes | null
  /** Undefined: the partitioner chooses. */
  readonly partition: number | undefined
  /** Undefined: now. */
  readonly timestamp: number | undefined
  readonly headers: Headers | undefined
  /** Records that were put together by hand, in place of key, value and headers. */
  readonly batch?: RecordBatchBuilder
}

/** What stays as it is while a record waits, whatever becomes of the object that was handed in. */
export function copyOf(
  record: ProducerRecord<unknown, unknown>,
  key: Bytes | null,
  value: Bytes | null,
  headers: Headers | undefined,
  now: number,
): SerializedRecord & { readonly timestamp: number } {
  return { key, value, headers, partition: record.partition, timestamp: timestampOf(record) ?? now }
}

/** A record that could not be appended at once: its place in the order of its topic. */
export interface WaitingRecord<T> {
  readonly topic: T
  readonly delivery: Delivery
  readonly metadata: UnfinishedMetadata | undefined
  /** Since when it waits: monotonic milliseconds. */
  readonly createdAt: number
  /** Undefined while a serializer is at work. */
  record?: SerializedRecord | undefined
  /** Called when it has been appended, or has failed: then instead of the delivery. */
  onEnd?: (error?: ProduceError) => void
}
