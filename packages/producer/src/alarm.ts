import type { Clock, Timer } from '@k/protocol'

/** One timer for many deadlines: it rings at the earliest, and whoever hears it sets the next. */
export class Alarm {
  readonly #clock: Clock
  readonly #ring: () => void
  readonly #keepAlive: boolean
  #timer: Timer | undefined
  #time = Number.POSITIVE_INFINITY

  /** @param keepAlive - whether somebody waits for what the alarm does, so that the process must not end before. Default: true */
  constructor(clock: Clock, ring: () => void, keepAlive = true) {
    this.#clock = clock
    this.#keepAlive = keepAlive
    this.#ring = () => {
      this.clear()
      ring()
    }
  }

  /** Sees to it that the alarm rings at `time` (monotonic) or before. */
  at(time: number): void {
    if (time >= this.#time) return
    this.#timer?.cancel()
    this.#time = time
    // Rounded up: a timer that fires a fraction of a millisecond early would find nothing due.
    this.#timer = this.#clock.setTimer(this.#ring, Math.max(0, Math.ceil(time - this.#clock.monotonic())), this.#keepAlive)
  }

  /** Those of `items`, oldest first, that are `ms` old by now. Rings again for the first that is not. */
  *due<T extends { readonly createdAt: number }>(items: Iterable<T>, ms: number): Iterable<T> {
    const now = this.#clock.monotonic()
    for (const item of items) {
      if (item.createdAt + ms > now) {
        this.at(item.createdAt + ms)
        return
      }
      yield item
    }
  }

  /** Forgets what was set. */
  clear(): void {
    this.#timer?.cancel()
    this.#time = Number.POSITIVE_INFINITY
  }
}
