/** Keeps a rate: after the n-th message, whoever is ahead of it waits until n messages are due. A rate below 0 is none, 0 lets nothing more pass. */
export class Throttle {
  readonly #perSecond: number
  readonly #startMs = performance.now()

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** Resolves when `count` messages are due, or when the signal aborts; undefined where they are due already. */
  wait(count: number, signal: AbortSignal): Promise<void> | undefined {
    if (this.#perSecond < 0) return undefined
    const aheadMs = this.#startMs + (count * 1000) / this.#perSecond - performance.now()
    return aheadMs > 0 ? untilDue(aheadMs, signal) : undefined
  }
}

// As long as a timer can be told to wait; with rate 0 only the signal ends it.
const LONGEST_MS = 2 ** 31 - 1

function untilDue(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, Math.min(ms, LONGEST_MS))
    function end(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })
}
