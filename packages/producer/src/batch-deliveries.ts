import type { Delivery } from './delivery.ts'
import type { UnfinishedMetadata } from './record-metadata.ts'

/** Who hears how the records of a batch ended, in the order of the records. */
export class BatchDeliveries {
  readonly #metadata: (UnfinishedMetadata | undefined)[] = []
  /** Only where it is not that of the record before: records of one call follow each other. */
  readonly #deliveries: Delivery[] = []
  #last: Delivery | undefined

  /** Of the next record. */
  add(metadata: UnfinishedMetadata | undefined, delivery: Delivery): void {
    if (delivery !== this.#last) {
      this.#last = delivery
      this.#deliveries[this.#metadata.length] = delivery
    }
    this.#metadata.push(metadata)
  }

  /** Calls `visit` for each record. */
  each(visit: (delivery: Delivery, metadata: UnfinishedMetadata | undefined, index: number) => void): void {
    const all = this.#metadata
    const deliveries = this.#deliveries
    let delivery = deliveries[0]!
    for (let i = 0; i < all.length; i++) {
      if (i < deliveries.length) delivery = deliveries[i] ?? delivery
      visit(delivery, all[i], i)
    }
  }

  /** Forgets them all. */
  clear(): void {
    this.#metadata.length = 0
    this.#deliveries.length = 0
  }
}
