import type { Clock, Timer } from '@k/protocol'

/** One timer for many deadlines: it rings at the earliest of the times it was asked for, and then has to be asked again. */
export class Alarm {
  readonly #clock: Clock
  readonly #ring: () => void
  #timer: Timer | undefined
  #at = Number.POSITIVE_INFINITY

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** Rings at `at` on the monotonic clock, unless it rings earlier anyway. */
  ringAt(at: number): void {
    if (at >= this.#at) return
    this.#timer?.cancel()
    this.#at = at
    this.#timer = this.#clock.setTimer(
      () => {
        this.#at = Number.POSITIVE_INFINITY
        this.#ring()
      },
      Math.max(0, at - this.#clock.monotonic()),
    )
  }

  /** Does not ring any more. */
  cancel(): void {
    this.#timer?.cancel()
    this.#at = Number.NEGATIVE_INFINITY
  }
}
