/** What a {@link ReaderIterator} reads from. */
export interface Reading<T> {
  /** The next item, where it can be had at once. */
  take(): T | undefined
  /** Waits until it is worth trying to take again. Rejects with what the read is to reject with. */
  more(): Promise<void>
  /** Whether there will be nothing more. */
  readonly isClosed: boolean
  /** Becomes the one reader. @throws KafkaError with `ALREADY_READING`, `NO_SUBSCRIPTION`, `CALLED_IN_LISTENER` */
  begin(reader: object): void
  /** The reader has ended. `left`: by itself, so that what is in hand does not count. */
  end(reader: object, left: boolean): void
  /** A `next()` was called while another was pending. */
  overlapped(): void
  /** Wakes every {@link Reading.more}. */
  wake(): void
}

const FINISHED: IteratorReturnResult<void> = Object.freeze({ done: true, value: undefined })

/** What `for await` goes over. Made by hand: with records at hand `next()` is one resolved promise, and nothing of a generator's state. */
export class ReaderIterator<T> implements AsyncIterator<T, void, void> {
  readonly #reading: Reading<T>
  readonly #signal: AbortSignal | undefined
  readonly #onAbort = () => this.#reading.wake()
  #isReading = false
  #isOver = false
  // The last of the calls that did not end at once.
  #pending: Promise<IteratorResult<T, void>> | undefined

  constructor(reading: Reading<T>, signal: AbortSignal | undefined) {
    this.#reading = reading
    this.#signal = signal
  }

  /** The next one, as soon as there is one. */
  next(): Promise<IteratorResult<T, void>> {
    if (this.#isReading && this.#pending === undefined && this.#signal?.aborted !== true) {
      const value = this.#reading.take()
      if (value !== undefined) return Promise.resolve({ done: false, value })
    }
    return this.#queue()
  }

  /** Leaves: what is in hand does not count as processed, and comes again with the next reader. */
  return(): Promise<IteratorReturnResult<void>> {
    this.#isOver = true
    this.#end(true)
    this.#reading.wake()
    return Promise.resolve(FINISHED)
  }

  /** As {@link ReaderIterator.return}, and rejects with `error`. */
  async throw(error: unknown): Promise<IteratorReturnResult<void>> {
    await this.return()
    throw error
  }

  /** Itself. */
  [Symbol.asyncIterator](): this {
    return this
  }

  #queue(): Promise<IteratorResult<T, void>> {
    const before = this.#pending
    if (before !== undefined) this.#reading.overlapped()
    const result =
      before === undefined
        ? this.#wait()
        : before.then(
            () => this.#wait(),
            () => this.#wait(),
          )
    this.#pending = result
    const settle = () => {
      if (this.#pending === result) this.#pending = undefined
    }
    result.then(settle, settle)
    return result
  }

  async #wait(): Promise<IteratorResult<T, void>> {
    const reading = this.#reading
    try {
      for (;;) {
        if (this.#isOver || reading.isClosed) {
          this.#end(false)
          return FINISHED
        }
        this.#signal?.throwIfAborted()
        this.#begin()
        const value = reading.take()
        if (value !== undefined) return { done: false, value }
        await reading.more()
      }
    } catch (error) {
      this.#end(false)
      throw error
    }
  }

  #begin(): void {
    this.#reading.begin(this)
    if (this.#isReading) return
    this.#isReading = true
    this.#signal?.addEventListener('abort', this.#onAbort)
  }

  #end(left: boolean): void {
    if (!this.#isReading) return
    this.#isReading = false
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#reading.end(this, left)
  }
}
