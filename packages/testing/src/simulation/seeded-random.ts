import { ConfigError, type Random } from '@k/protocol'

/** Chance that is the same again for the same seed. */
export class SeededRandom implements Random {
  #state: number

  /**
   * @param seed - any number; fractions do not count
   * @throws ConfigError for what is no number
   */
  constructor(seed: number) {
    if (!Number.isFinite(seed)) throw new ConfigError('seed', `must be a number, not ${seed}`)
    this.#state = seed >>> 0
    // Seeds that are neighbours begin far apart.
    for (let i = 0; i < 4; i++) this.next()
  }

  /** The next number, from 0 (included) to 1 (excluded). */
  next(): number {
    // A counter, whose bits are then mixed until each depends on all.
    this.#state = (this.#state + 0x9e3779b9) >>> 0
    let bits = this.#state
    bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad)
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97)
    return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 (included) to `limit` (excluded). */
  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  /** One of `choices`, which must not be empty. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T
  }

  /** True in so many of all cases: 0.1 in one of ten. */
  chance(probability: number): boolean {
    return this.next() < probability
  }
}
