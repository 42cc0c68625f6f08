/** Random numbers that come again with the same seed (xorshift32). */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    // 0 would stay 0 for ever.
    this.#state = Math.imul(seed | 0, 0x9e3779b1) || 1
  }

  /** A whole number from 0 to `below` - 1. */
  below(below: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % below
  }

  /** One of `items`, of which there must be one. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    for (let i = 0; i < length; i++) bytes[i] = this.below(256)
    return bytes
  }
}
