import type { Random } from '@k/protocol'

/** A timer that was set. */
export interface QueuedTimer {
  /** When it is due. */
  readonly at: number
  /** The how-manieth it is. */
  readonly order: number
  readonly callback: () => void
}

/** Timers, the next one first. */
export class TimerQueue {
  readonly #timers: QueuedTimer[] = []
  readonly #random: Random | undefined
  #set = 0

  /** @param random - chooses among timers that are due at the same time; without it they come in the order in which they were set */
  constructor(random: Random | undefined) {
    this.#random = random
  }

  get length(): number {
    return this.#timers.length
  }

  add(at: number, callback: () => void): QueuedTimer {
    const timer = { at, order: this.#set++, callback }
    this.#timers.splice(this.#placeOf(timer), 0, timer)
    return timer
  }

  /** Does nothing where it has gone already. */
  remove(timer: QueuedTimer): void {
    const place = this.#placeOf(timer)
    if (this.#timers[place] === timer) this.#timers.splice(place, 1)
  }

  /** When the next one is due; Infinity where there is none. */
  get nextAt(): number {
    return this.#timers[0]?.at ?? Number.POSITIVE_INFINITY
  }

  /** Takes the next one out. */
  take(): QueuedTimer | undefined {
    const { nextAt } = this
    let due = 1
    if (this.#random !== undefined) while (this.#timers[due]?.at === nextAt) due++
    const chosen = due === 1 ? 0 : Math.floor((this.#random as Random).next() * due)
    return this.#timers.splice(chosen, 1)[0]
  }

  #placeOf({ at, order }: QueuedTimer): number {
    let low = 0
    let high = this.#timers.length
    while (low < high) {
      const middle = (low + high) >> 1
      const timer = this.#timers[middle] as QueuedTimer
      if (timer.at < at || (timer.at === at && timer.order < order)) low = middle + 1
      else high = middle
    }
    return low
  }
}
