import type { KafkaError } from '@k/protocol'
import type { PartitionQueue } from '../partition-queue.ts'
import type { Senders } from '../senders.ts'
import type { TransactionalApi } from './failure-class.ts'
import type { GroupMetadata, TopicPartitionOffset } from './group-metadata.ts'
import type { Patience, TransactionCoordinator } from './transaction-coordinator.ts'

// For so long brokers that take partitions by themselves keep the first records waiting.
const PAUSE_OF_BROKERS_MS = 20

/** Who sends what a transaction holds. */
export type TransactionSenders = Pick<Senders, 'ready' | 'drain'>

/** Whose contents they are. */
export interface TransactionContentsHost {
  patience(deadline?: 'maxBlockMs' | 'deliveryTimeoutMs', mostMs?: number): Patience
  /** Whether records may leave. */
  readonly isSending: boolean
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
  #offsets: Promise<void> | undefined
  /** Until the transaction before is complete: nothing leaves, since brokers would keep it waiting for longer than that takes. */
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

  /** Whether records may leave for the partition; if not, it is added. */
  admits(queue: PartitionQueue): boolean {
    if (this.#partitions.has(queue)) return true
    if (this.#coordinator.isVersion2 && this.#completion === undefined) {
      this.#isEmpty = false
      this.#partitions.add(queue)
      return true
    }
    this.#wanted.add(queue)
    this.#adding ??= this.#add()
    return false
  }

  /** Commits offsets of a group, and rejects with what became of that. */
  sendOffsets(offsets: readonly TopicPartitionOffset[], group: GroupMetadata): Promise<void> {
    const sent = this.#sendOffsets(offsets, group)
    this.#offsets = sent.catch(() => undefined)
    return sent
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    await this.#offsets
    await this.#adding
  }

  /** The transaction has ended. */
  clear(): void {
    if (this.#coordinator.isVersion2 && !this.#isEmpty) {
      this.#completion = this.#coordinator.completion(this.#host.patience('maxBlockMs', PAUSE_OF_BROKERS_MS)).finally(() => {
        this.#completion = undefined
      })
    }
    this.#isEmpty = true
    this.#partitions.clear()
    this.#wanted.clear()
  }

  async #add(): Promise<void> {
    // All that is ready at this moment goes into one request.
    await this.#completion
    while (this.#host.isSending && this.#wanted.size > 0) {
      const partitions = [...this.#wanted]
      this.#isEmpty = false
      try {
        if (!this.#coordinator.isVersion2) await this.#coordinator.addPartitions(partitions, this.#host.patience('deliveryTimeoutMs'))
      } catch (error) {
        await this.#host.failed('AddPartitionsToTxn', error)
        break
      }
      const senders = this.#senders()
      for (const queue of partitions) {
        this.#wanted.delete(queue)
        this.#partitions.add(queue)
        senders.ready(queue)
      }
      senders.drain()
    }
    this.#adding = undefined
  }

  async #sendOffsets(offsets: readonly TopicPartitionOffset[], group: GroupMetadata): Promise<void> {
    await this.#offsets
    await this.#completion
    const { refusal } = this.#host
    if (refusal !== undefined) throw refusal
    if (offsets.length === 0) return
    this.#isEmpty = false
    let api: TransactionalApi = 'AddOffsetsToTxn'
    try {
      if (!this.#coordinator.isVersion2) await this.#coordinator.addOffsets(group.groupId, this.#host.patience())
      api = 'TxnOffsetCommit'
      await this.#coordinator.commitOffsets(offsets, group, this.#host.patience())
    } catch (error) {
      throw await this.#host.failed(api, error)
    }
  }
}
