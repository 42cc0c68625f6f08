import type { Clock, Timer } from '@k/protocol'

interface Pending extends Timer {
  readonly at: number
  readonly callback: () => void
}

/** Time that passes when it is told to. */
export class ManualClock implements Clock {
  #now = 0
  #pending: Pending[] = []
  readonly #ends: (() => void)[] = []

  now(): number {
    return 1_700_000_000_000 + this.#now
  }

  monotonic(): number {
    return this.#now
  }

  setTimer(callback: () => void, ms: number): Timer {
    const timer: Pending = {
      at: this.#now + ms,
      callback,
      cancel: () => {
        this.#pending = this.#pending.filter((one) => one !== timer)
      },
    }
    this.#pending.push(timer)
    return timer
  }

  endOfTick(callback: () => void): void {
    this.#ends.push(callback)
  }

  /** Timers that are set. */
  get timers(): number {
    return this.#pending.length
  }

  /** Ends the turn of the event loop. Returns how many waited for it. */
  endTick(): number {
    const ends = this.#ends.splice(0)
    for (const end of ends) end()
    return ends.length
  }

  /** Lets time pass, timer by timer; promises get their turns in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await turns()
    for (;;) {
      const next = this.#pending.sort((a, b) => a.at - b.at)[0]
      if (next === undefined || next.at > end) break
      next.cancel()
      this.#now = Math.max(this.#now, next.at)
      next.callback()
      await turns()
    }
    this.#now = end
    await turns()
  }
}

/** Lets promises settle. */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve()
}
