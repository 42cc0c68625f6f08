const LARGE = 1024

/** What was handed out of a partition and is not finished yet. Finishing in order, as loops do, costs neither a search nor a set. */
export class OutstandingOffsets {
  // In the order in which they were handed out, which is ascending; those before #head are finished.
  #offsets: number[] = []
  #head = 0
  readonly #finishedEarly = new Set<number>()

  /** The lowest offset that is not finished; undefined where all are. */
  get lowest(): number | undefined {
    return this.#offsets[this.#head]
  }

  handOut(offset: number): void {
    this.#offsets.push(offset)
  }

  /** Marks an offset as finished; others than outstanding ones are ignored. */
  finish(offset: number): void {
    const lowest = this.lowest
    if (lowest === undefined || offset < lowest || offset > this.#offsets.at(-1)!) return
    if (offset > lowest) {
      this.#finishedEarly.add(offset)
      return
    }
    this.#head++
    while (this.#finishedEarly.size > 0 && this.#finishedEarly.delete(this.#offsets[this.#head]!)) this.#head++
    if (this.#head > LARGE && this.#head * 2 > this.#offsets.length) {
      this.#offsets = this.#offsets.slice(this.#head)
      this.#head = 0
    }
  }

  /** Finishes every offset below `offset`. */
  finishBelow(offset: number): void {
    for (let lowest = this.lowest; lowest !== undefined && lowest < offset; lowest = this.lowest) this.finish(lowest)
  }

  isFinished(offset: number): boolean {
    const lowest = this.lowest
    return lowest === undefined || offset < lowest || this.#finishedEarly.has(offset)
  }

  /** Forgets that `offset` and what came after it was handed out: it will be again. */
  takeBack(offset: number): void {
    while (this.#offsets.length > this.#head && this.#offsets.at(-1)! >= offset) this.#finishedEarly.delete(this.#offsets.pop()!)
  }

  clear(): void {
    this.#offsets = []
    this.#head = 0
    this.#finishedEarly.clear()
  }
}
