import type { KafkaError } from '@k/protocol'
import type { PartitionQueue } from '../partition-queue.ts'
import type { Senders } from '../senders.ts'
import type { TransactionalApi } from './failure-class.ts'
import type { GroupMetadata, TopicPartitionOffset } from './group-metadata.ts'
import type { Patience, TransactionCoordinator } from './transaction-coordinator.ts'

/** Who sends what a transaction holds. */
export type TransactionSenders = Pick<Senders, 'ready' | 'drain'>

/** Whose contents they are. */
export interface TransactionContentsHost {
  patience(deadline: 'maxBlockMs' | 'deliveryTimeoutMs'): Patience
  /** Why nothing can be added any more, if there is a reason. */
  readonly refusal: KafkaError | undefined
  /** A request failed for good. Answers what whoever waits for it is told. */
  failed(api: TransactionalApi, error: unknown): Promise<KafkaError>
}

/**
 * What the coordinator is told of a transaction. Before KIP-890 each partition must be added before the first record leaves for it, and each group
 * before its offsets: partitions that are wanted while a request is under way share the next. Since then brokers add both by themselves.
 */
export class TransactionContents {
  readonly #coordinator: TransactionCoordinator
  readonly #senders: () => TransactionSenders
  readonly #host: TransactionContentsHost
  readonly #partitions = new Set<PartitionQueue>()
  readonly #wanted = new Set<PartitionQueue>()
  #isEmpty = true
  #adding: Promise<void> | undefined
  /** Of two commits for the same partition the later holds: one request after the other. */
  #offsets: Promise<void> = Promise.resolve()
  /** Until the transaction before is complete: so long brokers would keep the first records waiting, for longer than it takes. */
  #completion: Promise<void> | undefined

  constructor(coordinator: TransactionCoordinator, senders: () => TransactionSenders, host: TransactionContentsHost) {
    this.#coordinator = coordinator
    this.#senders = senders
    this.#host = host
  }

  /** Whether the coordinator has certainly heard of nothing. */
  get isEmpty(): boolean {
    return this.#isEmpty
  }

  /** Whether the coordinator certainly has a partition. */
  get isConfirmed(): boolean {
    return this.#partitions.size > 0 && !this.#coordinator.isVersion2
  }

  /** Whether records may leave for the partition; if not, it is added. */
  admits(queue: PartitionQueue): boolean {
    if (this.#partitions.has(queue)) return true
    if (this.#coordinator.isVersion2 && this.#completion === undefined) {
      this.#isEmpty = false
      this.#partitions.add(queue)
      return true
    }
    this.#wanted.add(queue)
    if (!this.#coordinator.isVersion2) this.#adding ??= this.#add()
    return false
  }

  /** Commits offsets of a group, and rejects with what became of that. */
  sendOffsets(offsets: readonly TopicPartitionOffset[], group: GroupMetadata): Promise<void> {
    const sent = this.#offsets.then(() => this.#sendOffsets(offsets, group))
    this.#offsets = sent.catch(() => undefined)
    return sent
  }

  /** Resolves when all offsets are committed, or are not. */
  settled(): Promise<void> {
    return this.#offsets
  }

  /** Adds no more partitions. Resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.#wanted.clear()
    await this.#adding
  }

  /** The transaction has ended. */
  clear(): void {
    this.#isEmpty = true
    this.#partitions.clear()
    this.#wanted.clear()
  }

  /** Lets nothing leave before the transaction that has just ended is complete. */
  holdUntil(completion: Promise<void>): void {
    this.#completion = completion.finally(() => {
      this.#completion = undefined
      const partitions = [...this.#wanted]
      this.#wanted.clear()
      this.#release(partitions)
    })
  }

  /** Records of these partitions may leave that could not before. */
  #release(partitions: readonly PartitionQueue[]): void {
    const senders = this.#senders()
    for (const queue of partitions) senders.ready(queue)
    senders.drain()
  }

  async #add(): Promise<void> {
    // All that is ready at this moment goes into one request.
    await undefined
    while (this.#wanted.size > 0) {
      const partitions = [...this.#wanted]
      this.#isEmpty = false
      try {
        await this.#coordinator.addPartitions(partitions, this.#host.patience('deliveryTimeoutMs'))
      } catch (error) {
        this.#wanted.clear()
        await this.#host.failed('AddPartitionsToTxn', error)
        break
      }
      for (const partition of partitions) {
        this.#wanted.delete(partition)
        this.#partitions.add(partition)
      }
      this.#release(partitions)
    }
    this.#adding = undefined
  }

  async #sendOffsets(offsets: readonly TopicPartitionOffset[], group: GroupMetadata): Promise<void> {
    await this.#completion
    const { refusal } = this.#host
    if (refusal !== undefined) throw refusal
    if (offsets.length === 0) return
    this.#isEmpty = false
    let api: TransactionalApi = 'AddOffsetsToTxn'
    try {
      if (!this.#coordinator.isVersion2) await this.#coordinator.addOffsets(group.groupId, this.#host.patience('maxBlockMs'))
      api = 'TxnOffsetCommit'
      await this.#coordinator.commitOffsets(offsets, group, this.#host.patience('maxBlockMs'))
    } catch (error) {
      throw await this.#host.failed(api, error)
    }
  }
}
