import { callGuarded, type Delivery } from './delivery.ts'
import type { ProduceError } from './errors.ts'
import type { ProducerInterceptor } from './interceptor.ts'
import type { ProducerRecord } from './producer-record.ts'
import type { RecordMetadata } from './record-metadata.ts'

type AnyRecord = ProducerRecord<unknown, unknown>

/** The interceptors of a producer, one after the other. What they throw is handed to `onThrown` and harms nobody else. */
export class Interceptors {
  readonly #interceptors: readonly ProducerInterceptor<unknown, unknown>[]
  readonly #onThrown: (error: unknown) => void

  constructor(interceptors: readonly ProducerInterceptor<unknown, unknown>[], onThrown: (error: unknown) => void) {
    this.#interceptors = interceptors
    this.#onThrown = onThrown
  }

  /** What is to be sent in place of `given`. */
  onSend(given: AnyRecord): AnyRecord {
    let record = given
    const take = (interceptor: ProducerInterceptor<unknown, unknown>) => {
      const answer: unknown = interceptor.onSend ? interceptor.onSend(record) : record
      if (typeof answer === 'object' && answer !== null && !(answer instanceof Promise)) record = answer as AnyRecord
      else this.#onThrown(new TypeError('onSend must return a record'))
      return answer
    }
    for (const interceptor of this.#interceptors) callGuarded(this.#onThrown, take, interceptor, undefined)
    return record
  }

  /** Tells every interceptor how a record ended. */
  acknowledged(error: ProduceError | undefined, metadata: RecordMetadata | undefined): void {
    for (const interceptor of this.#interceptors) {
      callGuarded(this.#onThrown, () => interceptor.onAcknowledgement?.(error, metadata), undefined, undefined)
    }
  }

  /** Tells them before `delivery` hears. */
  before(delivery: Delivery): Delivery {
    return {
      ended: (error, metadata) => {
        this.acknowledged(error, error === undefined ? metadata : undefined)
        delivery.ended(error, metadata)
      },
    }
  }
}
