import type { PartitionQueue } from '../partition-queue.ts'

/** What {@link TransactionPartitions} need. */
export interface TransactionPartitionsOptions {
  /** AddPartitionsToTxn. */
  add(partitions: readonly PartitionQueue[]): Promise<void>
  /** The partitions have been added: what waits for them may leave. */
  added(partitions: readonly PartitionQueue[]): void
  /** Resolves when it is known what that means. */
  failed(error: unknown): Promise<unknown>
}

/**
 * The partitions that a transaction writes to. Before KIP-890 each must be added before the first record leaves for it: those that are wanted while
 * a request is under way share the next. Since then brokers add them by themselves.
 */
export class TransactionPartitions {
  readonly #options: TransactionPartitionsOptions
  readonly #members = new Set<PartitionQueue>()
  #isTouched = false
  #wanted = new Set<PartitionQueue>()
  #asking: Promise<void> | undefined
  /** Whether brokers add partitions by themselves. */
  isImplicit = false
  /** Until the transaction before is complete: so long brokers would keep the first records waiting, for longer than it takes. */
  #completion: Promise<void> | undefined

  constructor(options: TransactionPartitionsOptions) {
    this.#options = options
  }

  /** Whether the coordinator has certainly heard of none. */
  get isEmpty(): boolean {
    return !this.#isTouched
  }

  /** Whether the coordinator certainly has one of them. */
  get isConfirmed(): boolean {
    return this.#members.size > 0 && !this.isImplicit
  }

  /** Whether records may leave for the partition; if not, it is added. */
  admits(queue: PartitionQueue): boolean {
    if (this.#members.has(queue)) return true
    if (this.isImplicit && this.#completion === undefined) {
      this.#members.add(queue)
      this.#isTouched = true
      return true
    }
    this.#wanted.add(queue)
    if (this.isImplicit) return false
    this.#asking ??= this.#ask()
    return false
  }

  /** Lets nothing leave before the transaction before is complete. */
  holdUntil(completion: Promise<void>): void {
    const held = completion.finally(() => {
      this.#completion = undefined
      const partitions = [...this.#wanted]
      this.#wanted.clear()
      this.#options.added(partitions)
    })
    this.#completion = held
  }

  /** Resolves when the transaction before is complete. */
  async completion(): Promise<void> {
    await this.#completion
  }

  /** Adds no more. Resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.#wanted.clear()
    await this.#asking
  }

  /** The transaction has ended. */
  clear(): void {
    this.#members.clear()
    this.#wanted.clear()
    this.#isTouched = false
  }

  async #ask(): Promise<void> {
    // All that is ready at this moment goes into one request.
    await undefined
    try {
      while (this.#wanted.size > 0) {
        const partitions = [...this.#wanted]
        await this.#add(partitions)
      }
    } finally {
      this.#asking = undefined
    }
  }

  async #add(partitions: readonly PartitionQueue[]): Promise<void> {
    this.#isTouched = true
    try {
      await this.#options.add(partitions)
    } catch (error) {
      this.#wanted.clear()
      await this.#options.failed(error)
      return
    }
    for (const partition of partitions) {
      this.#wanted.delete(partition)
      this.#members.add(partition)
    }
    this.#options.added(partitions)
  }
}
