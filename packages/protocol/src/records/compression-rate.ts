import { RECORDS } from './batch-layout.ts'

// What is learned from one batch of many: a better rate is believed slowly, a worse one at once, as too low an estimate makes a batch too large.
const GAIN = 0.1
// Batches differ a little.
const MARGIN = 1.05

/** How well records compress, learned from batch to batch: keep one for each topic and codec. */
export class CompressionRate {
  #rate = 1

  /** Compressed bytes for each byte of records; 1 until something was learned. May exceed 1, for what does not compress. */
  get rate(): number {
    return this.#rate
  }

  /**
   * Takes in how large a batch became.
   * @param size - bytes of the batch before: the builder's `size`
   * @param compressedSize - bytes of the batch that `close` returned
   */
  learn(size: number, compressedSize: number): void {
    // A batch without records tells nothing.
    if (size <= RECORDS) return
    const observed = Math.max(0, compressedSize - RECORDS) / (size - RECORDS)
    this.#rate = observed > this.#rate ? observed : this.#rate + (observed - this.#rate) * GAIN
  }

  /**
   * Bytes that a batch will take when it is compressed, by all that is known: a little too many rather than too few.
   * @param size - bytes of the batch before: the builder's `size`
   */
  estimate(size: number): number {
    return size <= RECORDS ? size : RECORDS + Math.ceil((size - RECORDS) * this.#rate * MARGIN)
  }
}
