import type { Clock } from '@k/protocol'
import { Alarm } from './alarm.ts'

/** Batches that wait for more records, `lingerMs` each. */
export class LingeringBatches<B extends { readonly createdAt: number }> {
  readonly #clock: Clock
  readonly #lingerMs: number
  /** Oldest first. */
  readonly #batches: B[] = []
  readonly #alarm: Alarm
  readonly #over: (batches: readonly B[]) => void

  /** @param over - called with those that have waited long enough */
  constructor(clock: Clock, lingerMs: number, over: (batches: readonly B[]) => void) {
    this.#clock = clock
    this.#lingerMs = lingerMs
    this.#over = over
    this.#alarm = new Alarm(clock, () => this.#end(), true)
  }

  add(batch: B): void {
    if (this.#lingerMs === 0) return
    this.#batches.push(batch)
    this.#alarm.at(batch.createdAt + this.#lingerMs)
  }

  [Symbol.iterator](): Iterator<B> {
    return this.#batches[Symbol.iterator]()
  }

  /** Whether a batch has waited long enough. */
  isOver({ createdAt }: B, now: number): boolean {
    return now - createdAt >= this.#lingerMs
  }

  /** Stops the timer. */
  close(): void {
    this.#alarm.clear()
  }

  #end(): void {
    const now = this.#clock.monotonic()
    let count = 0
    for (const { createdAt } of this.#batches) {
      if (createdAt + this.#lingerMs > now) {
        this.#alarm.at(createdAt + this.#lingerMs)
        break
      }
      count += 1
    }
    this.#over(this.#batches.splice(0, count))
  }
}
