import type { Random } from '@k/protocol'

/** How a {@link Backoff} grows. */
export interface BackoffOptions {
  /** The first delay, in milliseconds. Kafka: `retry.backoff.ms`. */
  readonly retryBackoffMs: number
  /** What delays grow to, in milliseconds. Kafka: `retry.backoff.max.ms`. */
  readonly retryBackoffMaxMs: number
  /** By which pauses are spread. */
  readonly random: Random
}

const JITTER = 0.2
// Beyond this, doubling is past every limit (and in the end Infinity).
const MOST_DOUBLINGS = 40

/** The delay after so many failures in a row, which has doubled with each up to a limit, and is moved by up to a fifth. */
export function delayOf(firstMs: number, maxMs: number, failures: number, random: Random): number {
  const grown = Math.min(firstMs * 2 ** Math.min(failures, MOST_DOUBLINGS), maxMs)
  return Math.min(grown * (1 - JITTER + 2 * JITTER * random.next()), maxMs)
}

/** Delays that double up to a limit, each moved by up to a fifth, so that many clients do not return together. Source: KIP-580. */
export class Backoff {
  readonly #options: BackoffOptions
  #attempts = 0

  constructor(options: BackoffOptions) {
    this.#options = options
  }

  /** Delays given since the last reset. */
  get attempts(): number {
    return this.#attempts
  }

  /** The next delay, in milliseconds. Never above the limit. */
  next(): number {
    const { retryBackoffMs, retryBackoffMaxMs, random } = this.#options
    const delayMs = delayOf(retryBackoffMs, retryBackoffMaxMs, this.#attempts, random)
    this.#attempts += 1
    return delayMs
  }

  /** Begins again with the first delay. */
  reset(): void {
    this.#attempts = 0
  }
}
