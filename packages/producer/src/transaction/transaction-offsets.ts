import type { ProducerIdentity } from '../partition-queue.ts'
import type { TransactionalApi } from './failure-class.ts'
import type { GroupMetadata, TopicPartitionOffset } from './group-metadata.ts'
import type { Patience, TransactionCoordinator } from './transaction-coordinator.ts'

/** What {@link TransactionOffsets} need. */
export interface TransactionOffsetsOptions {
  readonly coordinator: Pick<TransactionCoordinator, 'addOffsets' | 'commitOffsets'>
  readonly patience: () => Patience
  /** Answers what whoever waits is told. */
  failed(api: TransactionalApi, error: unknown): Promise<Error>
}

/** The offsets that a transaction commits: one request after the other, as of two for the same partition the later holds. */
export class TransactionOffsets {
  readonly #options: TransactionOffsetsOptions
  #last: Promise<void> = Promise.resolve()
  #isEmpty = true

  constructor(options: TransactionOffsetsOptions) {
    this.#options = options
  }

  /** Whether any have been committed, or may have been. */
  get isEmpty(): boolean {
    return this.#isEmpty
  }

  /** @param adds - whether the broker takes the offsets into the transaction by itself (KIP-890) */
  send(
    offsets: readonly TopicPartitionOffset[],
    group: GroupMetadata,
    adds: boolean,
    begin: () => Promise<ProducerIdentity>,
  ): Promise<void> {
    const sent = this.#last.then(async () => this.#send(await begin(), offsets, group, adds))
    this.#last = sent.catch(() => undefined)
    return sent
  }

  /** Resolves when everything that was asked for has ended, well or not. */
  settled(): Promise<void> {
    return this.#last
  }

  /** The transaction has ended. */
  clear(): void {
    this.#isEmpty = true
  }

  async #send(identity: ProducerIdentity, offsets: readonly TopicPartitionOffset[], group: GroupMetadata, adds: boolean): Promise<void> {
    const { coordinator, patience, failed } = this.#options
    if (offsets.length === 0) return
    this.#isEmpty = false
    if (!adds) {
      await coordinator.addOffsets(identity, group.groupId, patience()).catch(async (error) => {
        throw await failed('AddOffsetsToTxn', error)
      })
    }
    await coordinator.commitOffsets(identity, offsets, group, adds, patience()).catch(async (error) => {
      throw await failed('TxnOffsetCommit', error)
    })
  }
}
