import type { ConsumerRecord } from './consumer-record.ts'
import { OutstandingOffsets } from './outstanding-offsets.ts'
import type { PartitionState } from './partition-state.ts'

/** How far the user has come with a batch in hand. */
export class BatchProgress {
  readonly state: PartitionState
  /** The state's seeks when the batch was handed out. */
  readonly seeks: number
  readonly #records: readonly ConsumerRecord<unknown, unknown>[]
  #abort: AbortController | undefined
  #isAborted = false
  #outstanding: OutstandingOffsets | undefined
  #cutAt: number | undefined

  constructor(state: PartitionState, records: readonly ConsumerRecord<unknown, unknown>[]) {
    this.state = state
    this.seeks = state.seeks
    this.#records = records
  }

  get first(): ConsumerRecord<unknown, unknown> {
    return this.#records[0]!
  }

  /** Aborts when the partition is taken away. Made when it is asked for: it costs more than a batch. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#isAborted) this.#abort.abort()
    }
    return this.#abort.signal
  }

  /** Whether the partition is still read where the batch stands. */
  get isCurrent(): boolean {
    return !this.#isAborted && this.state.seeks === this.seeks
  }

  /** Iterating ended before `offset`, as the partition was taken away. */
  cut(offset: number): void {
    this.#cutAt ??= offset
  }

  /** The user finished a record by name. */
  finish(offset: number): void {
    this.#named().finish(offset)
  }

  /** The user finished what lies below an offset. */
  finishBelow(offset: number): void {
    this.#named().finishBelow(offset)
  }

  /** The lowest offset that is not finished; undefined where all are. Asking for the next batch finishes all that was handed out of this one. */
  lowestUnfinished(askedForNext: boolean): number | undefined {
    const lowest = this.#outstanding === undefined ? this.first.offset : this.#outstanding.lowest
    if (lowest === undefined || !askedForNext) return lowest
    return this.#cutAt === undefined ? undefined : Math.max(lowest, this.#cutAt)
  }

  /** The partition is being taken away. */
  abort(): void {
    this.#isAborted = true
    this.#abort?.abort()
  }

  #named(): OutstandingOffsets {
    if (this.#outstanding === undefined) {
      this.#outstanding = new OutstandingOffsets()
      for (const record of this.#records) this.#outstanding.handOut(record.offset)
    }
    return this.#outstanding
  }
}
