import type { Clock, Timer } from '@k/protocol'

interface SetTimer {
  readonly at: number
  readonly callback: () => void
}

/** A clock whose hands the test turns. Ticks end when the test says so. */
export class ManualClock implements Clock {
  #time = 1_000
  #timers: SetTimer[] = []
  #ends: (() => void)[] = []

  now(): number {
    return 1_700_000_000_000 + this.#time
  }

  monotonic(): number {
    return this.#time
  }

  setTimer(callback: () => void, ms: number): Timer {
    const timer = { at: this.#time + ms, callback }
    this.#timers.push(timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer)
      },
    }
  }

  endOfTick(callback: () => void): void {
    this.#ends.push(callback)
  }

  /** Timers that are set. */
  get timers(): number {
    return this.#timers.length
  }

  /** Ends the tick. */
  tick(): void {
    const ends = this.#ends
    this.#ends = []
    for (const end of ends) end()
  }

  /** Lets `ms` pass, and fires what is due in the order of its time. */
  pass(ms: number): void {
    const until = this.#time + ms
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#timers = this.#timers.filter((timer) => timer !== next)
      this.#time = Math.max(this.#time, next.at)
      next.callback()
    }
    this.#time = until
    this.tick()
  }
}
