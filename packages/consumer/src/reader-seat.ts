import { KafkaError } from '@k/protocol'
import type { Consumption } from './consumption.ts'
import type { Reading } from './reader-iterator.ts'

/** The seat of a consumer's one reader. */
export class ReaderSeat<K, V> {
  readonly #consumption: Consumption<K, V>
  #reader: object | undefined

  constructor(consumption: Consumption<K, V>) {
    this.#consumption = consumption
  }

  /** What an iterator reads from: records or batches, as `take` says. */
  reading<T>(take: () => T | undefined): Reading<T> {
    const { stream, listening } = this.#consumption
    return {
      take: () => (listening.isInside ? undefined : take()),
      more: () => stream.more(),
      wake: () => stream.arrival.wake(),
      overlapped: () => this.#consumption.warnOfOverlap(),
      begin: (reader) => this.#begin(reader),
      end: (reader, left) => this.#end(reader, left),
      get isClosed() {
        return stream.isClosed
      },
    }
  }

  #begin(reader: object): void {
    this.#consumption.checkReadable()
    if (this.#reader !== undefined && this.#reader !== reader) {
      throw new KafkaError(
        'ALREADY_READING',
        'this consumer is being read already: one loop at a time. An iterator that is not needed any more must be ended with its return()',
      )
    }
    this.#reader = reader
    this.#consumption.start()
  }

  #end(reader: object, left: boolean): void {
    const { stream, automatic } = this.#consumption
    if (this.#reader === reader) this.#reader = undefined
    if (!left) {
      stream.finish()
      return
    }
    stream.leave()
    // Leaving begins the commit of what was processed; nobody waits for it here.
    automatic?.commitProcessed()
  }
}
