import type { Clock, Timer } from '@k/protocol'

/** A clock that knows which timers those who were given it have not let go of. */
export class WatchedClock implements Clock {
  readonly #clock: Clock
  readonly #pending = new Set<object>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Timers that were set through it, and neither fired nor were cancelled. */
  get pending(): number {
    return this.#pending.size
  }

  now(): number {
    return this.#clock.now()
  }

  monotonic(): number {
    return this.#clock.monotonic()
  }

  setTimer(callback: () => void, ms: number, keepAlive?: boolean): Timer {
    const token = {}
    this.#pending.add(token)
    const fire = () => {
      this.#pending.delete(token)
      callback()
    }
    const timer = this.#clock.setTimer(fire, ms, keepAlive)
    return {
      cancel: () => {
        this.#pending.delete(token)
        timer.cancel()
      },
    }
  }

  endOfTick(callback: () => void): void {
    this.#clock.endOfTick(callback)
  }
}
