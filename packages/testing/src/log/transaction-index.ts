/** A transaction that was given up: its records from `firstOffset` on are not to be read as committed. */
export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

interface EndedTransaction extends AbortedTransaction {
  /** Where its marker lies. */
  readonly lastOffset: number
}

/** The transactions of a partition's log: those that are open, which hold back the last stable offset, and those that were aborted. */
export class TransactionIndex {
  /** By producer, in the order in which they began. */
  readonly #open = new Map<bigint, number>()
  /** In the order of their markers. */
  readonly #aborted: EndedTransaction[] = []
  /** Those whose markers may not be on every replica yet. */
  #unreplicated: EndedTransaction[] = []

  /** Where the first transaction begins that is open, or whose marker is at the high watermark or above; infinity where there is none. */
  firstUnstableOffset(highWatermark: number): number {
    if (this.#unreplicated.length > 0) this.#unreplicated = this.#unreplicated.filter(({ lastOffset }) => lastOffset >= highWatermark)
    const firstOpen = this.#open.values().next().value ?? Number.POSITIVE_INFINITY
    return this.#unreplicated.reduce((first, { firstOffset }) => Math.min(first, firstOffset), firstOpen)
  }

  /** Where the open transaction of a producer begins; undefined where it has none. */
  openOffset(producerId: bigint): number | undefined {
    return this.#open.get(producerId)
  }

  /** A producer has written the first record of a transaction. */
  begin(producerId: bigint, offset: number): void {
    this.#open.set(producerId, offset)
  }

  /** A marker was written. One without a transaction changes nothing. */
  end(producerId: bigint, markerOffset: number, isCommit: boolean): void {
    const firstOffset = this.#open.get(producerId)
    if (firstOffset === undefined) return
    this.#open.delete(producerId)
    const ended = { producerId, firstOffset, lastOffset: markerOffset }
    this.#unreplicated.push(ended)
    if (!isCommit) this.#aborted.push(ended)
  }

  /** The aborted transactions that have records from `from` up to but not including `to`, in the order of their markers. */
  aborted(from: number, to: number): AbortedTransaction[] {
    return this.#aborted
      .filter(({ firstOffset, lastOffset }) => lastOffset >= from && firstOffset < to)
      .map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
  }
}
