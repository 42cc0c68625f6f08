import type { Clock, Timer } from '@k/protocol'

interface SetTimer {
  readonly at: number
  readonly callback: () => void
  readonly keepAlive: boolean
}

/** A clock whose hands the test turns. */
export class ManualClock implements Clock {
  #now = 0
  readonly #timers = new Set<SetTimer>()

  now(): number {
    return 1_700_000_000_000 + this.#now
  }

  monotonic(): number {
    return this.#now
  }

  setTimer(callback: () => void, ms: number, keepAlive = false): Timer {
    const timer = { at: this.#now + ms, callback, keepAlive }
    this.#timers.add(timer)
    return { cancel: () => this.#timers.delete(timer) }
  }

  endOfTick(callback: () => void): void {
    setImmediate(callback)
  }

  /** Timers that are set. */
  get timers(): readonly SetTimer[] {
    return [...this.#timers]
  }

  /** Lets time pass: each timer rings in its turn, and what it causes happens before the next. */
  async advance(ms: number): Promise<void> {
    await settled()
    const end = this.#now + ms
    for (;;) {
      const next = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.callback()
      await settled()
    }
    this.#now = end
    await settled()
  }
}

/** Whatever promises and ticks have under way without time passing has happened. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
