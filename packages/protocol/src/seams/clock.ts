/** A timer that was set on a {@link Clock}. */
export interface Timer {
  /** Stops the timer; a no-op once it has fired. */
  cancel(): void
}

/**
 * Time as clients see it. Every client takes one as the option `clock`, so that a test can turn the hands itself; the default is the machine's.
 */
export interface Clock {
  /** Wall clock time in milliseconds since the epoch: for record timestamps, never for deadlines. */
  now(): number
  /** Milliseconds from an arbitrary start that never jump or go back: for every deadline and duration. */
  monotonic(): number
  /** Calls `callback` once, after `ms` milliseconds. A timer does not keep the process alive unless `keepAlive` is true. */
  setTimer(callback: () => void, ms: number, keepAlive?: boolean): Timer
  /** Calls `callback` when the current turn of the event loop has ended (Node's `setImmediate`). */
  endOfTick(callback: () => void): void
}
