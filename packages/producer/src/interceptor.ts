import type { MaybePromise } from '@k/network'
import type { Bytes } from '@k/protocol'
import type { ProduceError } from './errors.ts'
import type { ProducerRecord } from './producer-record.ts'
import type { RecordMetadata } from './record-metadata.ts'

/**
 * Sees every record on its way in and every outcome on its way back (KIP-42). Nothing that an interceptor does can break the producer: what it
 * throws is logged, and the record goes on as the interceptor before left it. Batches by hand pass it by: they are encoded before they are sent.
 */
export interface ProducerInterceptor<K = Bytes, V = Bytes> {
  /**
   * Called with each record before it is checked and serialized; what it returns is sent in its place. Must answer at once. Several
   * interceptors see a record one after the other, in the order of the option.
   */
  onSend?(record: ProducerRecord<K, V>): ProducerRecord<K, V>
  /** Called once for each record, before those who wait for it hear: with the error, or with where the record is. */
  onAcknowledgement?(error: ProduceError | undefined, metadata: RecordMetadata | undefined): void
  /** Called when the producer has closed. */
  close?(): MaybePromise<void>
}
