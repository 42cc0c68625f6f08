import type { CallOptions } from '@k/network'
import type { Bytes } from '@k/protocol'
import type { EnqueueOptions } from '../delivery.ts'
import type { ProducerRecord } from '../producer-record.ts'
import type { RecordMetadata } from '../record-metadata.ts'
import type { GroupMetadata, TopicPartitionOffset } from './group-metadata.ts'

/**
 * An open transaction: records and offsets that are committed together or not at all. Made by `producer.beginTransaction()`; `await using` aborts
 * what was not committed.
 */
export interface Transaction<K = Bytes, V = Bytes> {
  /** Whether it still takes records: neither `commit` nor `abort` was called. */
  readonly isOpen: boolean
  /** Writes one record as part of the transaction. It need not be awaited: `commit` waits for it. @throws ProduceError; then `commit` rejects too */
  send(record: ProducerRecord<K, V>, o?: CallOptions): Promise<RecordMetadata>
  /** Writes many records as part of the transaction. @throws ItemsError; then `commit` rejects too */
  send(records: readonly ProducerRecord<K, V>[], o?: CallOptions): Promise<RecordMetadata[]>
  /**
   * Puts a record into the buffer, as `producer.enqueue` does, as part of the transaction: `commit` waits for it.
   * @throws ProduceError for wrong arguments; then `commit` rejects too
   */
  enqueue(record: ProducerRecord<K, V>, o?: EnqueueOptions): Promise<void> | undefined
  /**
   * Commits offsets of a consumer's group as part of the transaction: `tx.sendOffsets(consumer.processedOffsets(), consumer.groupMetadata())`.
   * @throws KafkaError with `INVALID_ARGUMENT` for a consumer that commits by itself; BrokerError, where the group has moved on for one. Then
   * `commit` rejects too
   */
  sendOffsets(offsets: readonly TopicPartitionOffset[], group: GroupMetadata, o?: CallOptions): Promise<void>
  /**
   * Waits for everything that was sent, then makes it count, all within `maxBlockMs`. Where anything failed, it aborts instead.
   * @throws TransactionError: its `outcome` is `'aborted'`, or `'unknown'` where nobody confirmed the commit; FencedError
   */
  commit(): Promise<void>
  /**
   * Drops everything that was sent. After a `commit` that rejected there is nothing left to do, and it resolves unless the outcome is unknown.
   * @throws FencedError; TimeoutError where it was not confirmed within `maxBlockMs`: the next transaction sees to it first
   */
  abort(): Promise<void>
  /** Aborts what was neither committed nor aborted. Never rejects, so that it masks nothing. */
  [Symbol.asyncDispose](): Promise<void>
}
