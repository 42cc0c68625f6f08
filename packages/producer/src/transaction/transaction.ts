import type { CallOptions, Logger } from '@k/network'
import { type Bytes, KafkaError } from '@k/protocol'
import type { ProduceError } from '../errors.ts'
import type { ProducerRecord } from '../producer-record.ts'
import type { RecordMetadata } from '../record-metadata.ts'
import type { GroupMetadata, TopicPartitionOffset } from './group-metadata.ts'
import type { Transactions } from './transactions.ts'

/** What `enqueue` takes besides the record. */
export interface TransactionEnqueueOptions extends CallOptions {
  /** Called once, when the record is acknowledged or has failed. */
  readonly onDelivery?: ((error: ProduceError | undefined, metadata: RecordMetadata | undefined) => void) | undefined
}

/** How a producer takes records: {@link Transaction} adds what they mean for the transaction. */
export interface TransactionSends<K, V> {
  send(
    records: ProducerRecord<K, V> | readonly ProducerRecord<K, V>[],
    o: CallOptions | undefined,
  ): Promise<RecordMetadata | RecordMetadata[]>
  enqueue(record: ProducerRecord<K, V>, o: TransactionEnqueueOptions): Promise<void> | undefined
  /** What a call is rejected with that takes none of these because of `error`. */
  refused(records: ProducerRecord<K, V> | readonly ProducerRecord<K, V>[], error: KafkaError): Error
}

/**
 * An open transaction: records and offsets that are committed together or not at all. Made by `producer.beginTransaction()`; `await using` aborts
 * what was not committed.
 */
export class Transaction<K = Bytes, V = Bytes> {
  readonly #transactions: Transactions
  readonly #sends: TransactionSends<K, V>
  readonly #logger: Logger
  #end: 'commit' | 'abort' | undefined
  #ending: Promise<void> | undefined
  /** The same callback for many records is the usual thing. */
  #lastOnDelivery: TransactionEnqueueOptions['onDelivery']
  #lastNoted: TransactionEnqueueOptions['onDelivery']

  /** @internal */
  constructor(transactions: Transactions, sends: TransactionSends<K, V>, logger: Logger) {
    this.#transactions = transactions
    this.#sends = sends
    this.#logger = logger
  }

  /** Whether it still takes records: neither `commit` nor `abort` was called. */
  get isOpen(): boolean {
    return this.#end === undefined
  }

  /** Writes one record as part of the transaction. It need not be awaited: `commit` waits for it. @throws ProduceError; then `commit` rejects too */
  send(record: ProducerRecord<K, V>, o?: CallOptions): Promise<RecordMetadata>
  /** Writes many records as part of the transaction. @throws ItemsError; then `commit` rejects too */
  send(records: readonly ProducerRecord<K, V>[], o?: CallOptions): Promise<RecordMetadata[]>
  send(records: ProducerRecord<K, V> | readonly ProducerRecord<K, V>[], o?: CallOptions): Promise<RecordMetadata | RecordMetadata[]> {
    if (!this.isOpen) return Promise.reject(this.#ended('send()'))
    const { refusal } = this.#transactions
    if (refusal !== undefined) return Promise.reject(this.#sends.refused(records, refusal))
    const sent = this.#sends.send(records, o)
    // Handled or not: commit() knows of it.
    sent.catch((error) => this.#transactions.sendFailed(error))
    return sent
  }

  /** Puts a record into the buffer, as `producer.enqueue` does, as part of the transaction. @throws ProduceError for wrong arguments */
  enqueue(record: ProducerRecord<K, V>, o: TransactionEnqueueOptions = {}): Promise<void> | undefined {
    if (!this.isOpen) throw this.#ended('enqueue()')
    const { refusal } = this.#transactions
    if (refusal !== undefined) throw this.#sends.refused(record, refusal)
    try {
      const room = this.#sends.enqueue(record, { ...o, onDelivery: this.#noting(o.onDelivery) })
      room?.catch((error) => this.#transactions.sendFailed(error))
      return room
    } catch (error) {
      this.#transactions.sendFailed(error)
      throw error
    }
  }

  /**
   * Commits offsets of a consumer's group as part of the transaction: `tx.sendOffsets(consumer.processedOffsets(), consumer.groupMetadata())`.
   * @throws KafkaError with `INVALID_ARGUMENT` for a consumer that commits by itself; BrokerError, where the group has moved on for one. Then
   * `commit` rejects too
   */
  sendOffsets(offsets: readonly TopicPartitionOffset[], group: GroupMetadata, o: CallOptions = {}): Promise<void> {
    if (!this.isOpen) return Promise.reject(this.#ended('sendOffsets()'))
    const sent = this.#transactions.sendOffsets(offsets, group, o)
    sent.catch(() => {})
    return sent
  }

  /**
   * Waits for everything that was sent, then makes it count, all within `maxBlockMs`. Where anything failed, it aborts instead.
   * @throws TransactionError: its `outcome` is `'aborted'`, or `'unknown'` where nobody confirmed the commit; FencedError
   */
  commit(): Promise<void> {
    if (this.#end !== undefined) return Promise.reject(this.#ended('commit()'))
    this.#end = 'commit'
    this.#ending = this.#transactions.commit()
    return this.#ending
  }

  /**
   * Drops everything that was sent. After a `commit` that rejected there is nothing left to do, and it resolves unless the outcome is unknown.
   * @throws FencedError; TimeoutError where it was not confirmed within `maxBlockMs`: the next transaction sees to it first
   */
  async abort(): Promise<void> {
    if (this.#end === undefined) {
      this.#end = 'abort'
      this.#ending = this.#transactions.abort()
      return this.#ending
    }
    if (this.#end === 'abort') return this.#ending
    const error = await this.#ending?.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (error === undefined) throw this.#ended('abort()')
    if ((error as { outcome?: unknown }).outcome !== 'aborted') throw error
  }

  /** Aborts what was neither committed nor aborted. Never rejects, so that it masks nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.isOpen) return
    await this.abort().catch((error) => this.#logger.warn('a transaction could not be aborted', { error }))
  }

  #ended(call: string): KafkaError<'TRANSACTION_ENDED'> {
    return new KafkaError('TRANSACTION_ENDED', `${call} on a transaction whose end has begun with ${this.#end}(): begin another`)
  }

  /** A callback that also tells the transaction. */
  #noting(onDelivery: TransactionEnqueueOptions['onDelivery']): NonNullable<TransactionEnqueueOptions['onDelivery']> {
    if (this.#lastNoted === undefined || this.#lastOnDelivery !== onDelivery) {
      this.#lastOnDelivery = onDelivery
      this.#lastNoted = (error, metadata) => {
        if (error !== undefined) this.#transactions.sendFailed(error)
        return onDelivery?.(error, metadata)
      }
    }
    return this.#lastNoted
  }
}
