import { type RecordBatch, readControlType } from '@k/protocol'

/** A transaction that was aborted, as a broker tells with what it fetched: from which offset on the producer's records are void. */
export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: bigint
}

/**
 * Which batches of one fetch belong to aborted transactions (KIP-98). Batches must come in the order of their offsets: a producer is void from the
 * first offset of such a transaction to its abort marker, and may commit behind it.
 */
export class AbortedTransactions {
  /** Those that have not begun, the last first. Nothing says in which order brokers tell them. */
  readonly #ahead: AbortedTransaction[]
  readonly #open = new Set<bigint>()

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#ahead = [...aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? 1 : a.firstOffset > b.firstOffset ? -1 : 0))
  }

  /** Whether the next batch is to be left out because its transaction was aborted. */
  includes(batch: RecordBatch): boolean {
    this.#begin(batch.lastOffsetBigInt)
    return batch.isTransactional && this.#open.has(batch.producerId)
  }

  /** The next batch is a control batch: an abort marker ends the transaction. @throws DecodeError for one that cannot be read */
  pass(marker: RecordBatch): void {
    this.#begin(marker.lastOffsetBigInt)
    if (!this.#open.has(marker.producerId)) return
    // Brokers do not compress markers: nothing here takes time.
    const reader = marker.records()
    if (reader instanceof Promise || !reader.next()) return
    if (readControlType(reader.key()) === 'ABORT') this.#open.delete(marker.producerId)
  }

  #begin(lastOffset: bigint): void {
    for (let next = this.#ahead.at(-1); next !== undefined && next.firstOffset <= lastOffset; next = this.#ahead.at(-1)) {
      this.#open.add(next.producerId)
      this.#ahead.pop()
    }
  }
}
