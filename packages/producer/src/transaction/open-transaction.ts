import type { CallOptions } from '@k/network'
import { type Bytes, KafkaError } from '@k/protocol'
import type { EnqueueOptions } from '../delivery.ts'
import type { ProducerRecord } from '../producer-record.ts'
import type { RecordMetadata } from '../record-metadata.ts'
import type { GroupMetadata, TopicPartitionOffset } from './group-metadata.ts'
import type { Transaction } from './transaction.ts'
import type { TransactionOutcome } from './transaction-error.ts'
import type { Transactions } from './transactions.ts'

/** How a producer takes records: {@link Transaction} adds what they mean for the transaction. */
export interface TransactionSends<K, V> {
  /** @param refusal - why none is taken */
  send(
    records: ProducerRecord<K, V> | readonly ProducerRecord<K, V>[],
    o: CallOptions | undefined,
    refusal?: KafkaError,
  ): Promise<RecordMetadata | RecordMetadata[]>
  /** @param refusal - why it is not taken */
  enqueue(record: ProducerRecord<K, V>, o: EnqueueOptions, refusal?: KafkaError): Promise<void> | undefined
}

/** The {@link Transaction} that users hold: refuses what comes too late, and tells the transactions what fails. */
export class OpenTransaction<K = Bytes, V = Bytes> implements Transaction<K, V> {
  readonly #transactions: Transactions
  readonly #sends: TransactionSends<K, V>
  #end: 'commit' | 'abort' | undefined
  #ending: Promise<void> | undefined
  /** The same callback for many records is the usual thing. */
  #lastOnDelivery: EnqueueOptions['onDelivery']
  #lastNoted: EnqueueOptions['onDelivery']

  constructor(transactions: Transactions, sends: TransactionSends<K, V>) {
    this.#transactions = transactions
    this.#sends = sends
  }

  get isOpen(): boolean {
    return this.#end === undefined
  }

  send(record: ProducerRecord<K, V>, o?: CallOptions): Promise<RecordMetadata>
  send(records: readonly ProducerRecord<K, V>[], o?: CallOptions): Promise<RecordMetadata[]>
  send(records: ProducerRecord<K, V> | readonly ProducerRecord<K, V>[], o?: CallOptions): Promise<RecordMetadata | RecordMetadata[]> {
    if (!this.isOpen) return Promise.reject(this.#ended)
    const { refusal, sendFailed } = this.#transactions
    const sent = this.#sends.send(records, o, refusal)
    // Handled or not: commit() knows of it.
    sent.catch(sendFailed)
    return sent
  }

  enqueue(record: ProducerRecord<K, V>, o: EnqueueOptions = {}): Promise<void> | undefined {
    if (!this.isOpen) throw this.#ended
    const { refusal, sendFailed } = this.#transactions
    try {
      const room = this.#sends.enqueue(record, { ...o, onDelivery: this.#noting(o.onDelivery) }, refusal)
      room?.catch(sendFailed)
      return room
    } catch (error) {
      sendFailed(error)
      throw error
    }
  }

  sendOffsets(offsets: readonly TopicPartitionOffset[], group: GroupMetadata, o: CallOptions = {}): Promise<void> {
    if (!this.isOpen) return Promise.reject(this.#ended)
    const sent = this.#transactions.sendOffsets(offsets, group, o)
    sent.catch(() => {})
    return sent
  }

  commit(): Promise<void> {
    if (!this.isOpen) return Promise.reject(this.#ended)
    this.#end = 'commit'
    this.#ending = this.#transactions.commit()
    return this.#ending
  }

  abort(): Promise<void> {
    if (this.#end === 'commit') return this.#ending!.then(() => Promise.reject(this.#ended), throwUnlessAborted)
    this.#end = 'abort'
    this.#ending ??= this.#transactions.abort()
    return this.#ending
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isOpen) await this.abort().catch(this.#transactions.unconfirmed)
  }

  get #ended(): KafkaError<'TRANSACTION_ENDED'> {
    return new KafkaError('TRANSACTION_ENDED', `the transaction has ended with ${this.#end}(): begin another`)
  }

  /** A callback that also tells the transaction. */
  #noting(onDelivery: EnqueueOptions['onDelivery']): NonNullable<EnqueueOptions['onDelivery']> {
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

/** What made a commit reject that ended in an abort is no failure of an abort. */
function throwUnlessAborted(error: { readonly outcome?: TransactionOutcome }): void {
  if (error.outcome !== 'aborted') throw error
}
