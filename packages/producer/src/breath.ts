import type { Clock } from '@k/protocol'

// Bytes that may be enqueued in one tick before I/O gets a turn.
const BREATH_BYTES = 256 * 1024

/** Counts what is enqueued in a tick, so that a loop that waits for nothing lets I/O have a turn. */
export class Breath {
  readonly #clock: Clock
  #tick = -1
  #bytes = 0
  #pause: Promise<void> | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts `bytes` in the tick with this number. Answers what to wait for once that is much. */
  take(tick: number, bytes: number): Promise<void> | undefined {
    if (tick !== this.#tick) {
      this.#tick = tick
      this.#bytes = 0
      this.#pause = undefined
    }
    this.#bytes += bytes
    if (this.#bytes < BREATH_BYTES) return undefined
    this.#pause ??= new Promise((resolve) => this.#clock.endOfTick(resolve))
    return this.#pause
  }
}
