import type { Delivery } from './delivery.ts'
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
    for (const interceptor of this.#interceptors) {
      try {
        const answer: unknown = interceptor.onSend?.(record)
        if (interceptor.onSend === undefined) continue
        if (answer instanceof Promise) answer.catch(this.#onThrown)
        if (answer instanceof Promise || typeof answer !== 'object' || answer === null) {
          throw new TypeError(`onSend must return a record at once, not ${answer instanceof Promise ? 'a promise' : String(answer)}`)
        }
        record = answer as AnyRecord
      } catch (error) {
        this.#onThrown(error)
      }
    }
    return record
  }

  /** Tells every interceptor how a record ended. */
  acknowledged(error: ProduceError | undefined, metadata: RecordMetadata | undefined): void {
    for (const interceptor of this.#interceptors) {
      try {
        const answer: unknown = interceptor.onAcknowledgement?.(error, metadata)
        if (answer instanceof Promise) answer.catch(this.#onThrown)
      } catch (thrown) {
        this.#onThrown(thrown)
      }
    }
  }

  /** Tells them before `delivery` hears. */
  before(delivery: Delivery): Delivery {
    return {
      delivered: (metadata) => {
        this.acknowledged(undefined, metadata)
        delivery.delivered(metadata)
      },
      failed: (error, metadata) => {
        this.acknowledged(error, undefined)
        delivery.failed(error, metadata)
      },
    }
  }
}
