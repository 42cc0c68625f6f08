import { Backoff, sleep } from '@k/network'
import { BrokerError, type Clock, type InitProducerIdResponse, KafkaError, type Random, UnsupportedVersionError } from '@k/protocol'
import type { IdentitySource, ProducerIdentity } from './partition-queue.ts'

/** What asking for a producer id needs. */
export interface ProducerIdOptions {
  readonly clock: Clock
  readonly random: Random
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
  /** One InitProducerId. */
  request(): Promise<InitProducerIdResponse>
  /** Whether anybody still needs the answer. */
  isWanted(): boolean
  /** It is there. */
  arrived(): void
  /** It will not come: the broker refuses. */
  refused(error: Error): void
}

/** The identity by which brokers recognise repeated batches. Asked for when the first record is there. */
export class ProducerId implements IdentitySource {
  readonly #options: ProducerIdOptions
  #identity: ProducerIdentity | undefined
  #isAsking = false
  readonly #closing = new AbortController()

  constructor(options: ProducerIdOptions) {
    this.#options = options
  }

  get identity(): ProducerIdentity | undefined {
    return this.#identity
  }

  /** Asks in the background, unless it is known or being asked for. */
  ask(): void {
    if (this.#identity !== undefined || this.#isAsking) return
    this.#isAsking = true
    void this.#ask().finally(() => {
      this.#isAsking = false
    })
  }

  exhausted(identity: ProducerIdentity): void {
    if (identity.producerId !== this.#identity?.producerId) return
    this.#identity = undefined
    this.ask()
  }

  /** Asks once, unless it is known. @throws what the broker or the connection says */
  async obtain(): Promise<void> {
    if (this.#identity !== undefined) return
    try {
      const { errorCode, producerId, producerEpoch } = await this.#options.request()
      if (errorCode !== 0) throw new BrokerError(errorCode, 'asking for a producer id')
      // Under these a broker recognises nothing: what it gets twice it writes twice.
      if (producerId < 0n || producerEpoch < 0) {
        const what = `asking for a producer id was answered with id ${producerId} and epoch ${producerEpoch}, which are none`
        throw new KafkaError('MALFORMED_MESSAGE', what, { retriable: true })
      }
      this.#identity ??= { producerId, producerEpoch }
    } catch (error) {
      throw explained(error)
    }
    this.#options.arrived()
  }

  /** Stops asking. */
  close(): void {
    this.#closing.abort()
  }

  async #ask(): Promise<void> {
    const { clock, isWanted, refused } = this.#options
    const backoff = new Backoff(this.#options)
    for (;;) {
      try {
        await this.obtain()
        return
      } catch (error) {
        if (!KafkaError.is(error) || !error.retriable) {
          refused(error as Error)
          return
        }
      }
      if (!isWanted() || this.#closing.signal.aborted) return
      await sleep(clock, backoff.next(), this.#closing.signal).catch(() => undefined)
    }
  }
}

function explained(error: unknown): unknown {
  if (!UnsupportedVersionError.is(error)) return error
  const message = `the broker is too old for idempotence, which is the default; enableIdempotence: false does without (${error.message})`
  return new UnsupportedVersionError(message, { api: error.api, cause: error })
}
