import type { Delivery } from './delivery.ts'
import type { ProduceError } from './errors.ts'
import type { UnfinishedMetadata } from './record-metadata.ts'

/** Who hears how the records of a batch ended, in the order of the records. */
export class BatchDeliveries {
  readonly #metadata: (UnfinishedMetadata | undefined)[] = []
  // Records of one call follow each other: each delivery is kept once, with the index of the first record that it has.
  readonly #deliveries: (Delivery | undefined)[] = []
  readonly #firsts: number[] = []

  /** Of the next record. @param delivery - undefined where nobody hears of it */
  add(metadata: UnfinishedMetadata | undefined, delivery: Delivery | undefined): void {
    const { length } = this.#metadata
    if (length === 0 || this.#deliveries.at(-1) !== delivery) {
      this.#deliveries.push(delivery)
      this.#firsts.push(length)
    }
    this.#metadata.push(metadata)
  }

  /** Adds what it has of one record to others. */
  addTo(others: BatchDeliveries, index: number): void {
    others.add(this.#metadata[index], this.#deliveryOf(index))
  }

  /** Tells of one record that it has failed. */
  fail(index: number, error: ProduceError): void {
    this.#deliveryOf(index)?.ended(error, this.#metadata[index])
  }

  /** Tells of all, and forgets them. @param error - undefined: the broker has them. Numbers are -1 where it said nothing. */
  settle(error: ProduceError | undefined, baseOffset: number, logAppendTimeMs: number, logStartOffset: number): void {
    const all = this.#metadata
    for (const [i, delivery] of this.#deliveries.entries()) {
      const end = this.#firsts[i + 1] ?? all.length
      for (let index = this.#firsts[i]!; index < end; index++) {
        const metadata = all[index]
        if (error === undefined) {
          if (metadata === undefined) continue
          if (baseOffset >= 0) metadata.offset = baseOffset + index
          if (logAppendTimeMs >= 0) {
            metadata.timestamp = logAppendTimeMs
            metadata.timestampType = 'LogAppendTime'
          }
          metadata.logStartOffset = logStartOffset
        }
        delivery?.ended(error, metadata)
      }
    }
    for (const list of [all, this.#deliveries, this.#firsts]) list.length = 0
  }

  #deliveryOf(index: number): Delivery | undefined {
    let last = 0
    // By halves, as there may be as many deliveries as records.
    for (let after = this.#firsts.length; after - last > 1; ) {
      const middle = (last + after) >> 1
      if (this.#firsts[middle]! <= index) last = middle
      else after = middle
    }
    return this.#deliveries[last]
  }
}
