interface Flush {
  /** The last record in line that it waits for. */
  readonly waitingOrder: number
  /** The last batch that it waits for; -1 until all those records are in batches. */
  batchOrder: number
  readonly resolve: () => void
}

/** Those who wait until everything that was handed in before has ended. */
export class Flushes {
  #all: Flush[] = []

  /** Whether nobody waits. */
  get isEmpty(): boolean {
    return this.#all.length === 0
  }

  /** Waits for every record in line up to the one with this number, and for every batch. */
  add(waitingOrder: number): Promise<void> {
    return new Promise((resolve) => {
      this.#all.push({ waitingOrder, batchOrder: -1, resolve })
    })
  }

  /**
   * Lets go those whose time has come.
   * @param firstWaiting - the oldest record that is still in line
   * @param firstBatch - the oldest batch that has not ended
   * @param lastBatch - the youngest batch
   */
  check(firstWaiting: number, firstBatch: number, lastBatch: number): void {
    this.#all = this.#all.filter((flush) => {
      if (firstWaiting <= flush.waitingOrder) return true
      if (flush.batchOrder < 0) flush.batchOrder = lastBatch
      // A batch that was divided has parts between its number and the next.
      if (Math.floor(firstBatch) <= flush.batchOrder) return true
      flush.resolve()
      return false
    })
  }
}
