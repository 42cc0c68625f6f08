import { retry } from '@k/network'
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
  /** It will not come: the broker refuses, or nobody needs it any more. */
  refused(error: Error): void
}

const MAX_EPOCH = 32_767
const WHAT = 'asking for a producer id'
// As long as anybody needs it: this is what timers can do.
const FOR_EVER_MS = 2 ** 31 - 1

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
    const { isWanted, refused } = this.#options
    const onRetry = (error: KafkaError) => {
      if (!isWanted()) throw error
    }
    const o = { what: WHAT, timeoutMs: FOR_EVER_MS, signal: this.#closing.signal, onRetry }
    retry({ ...this.#options, options: this.#options }, () => this.obtain(), o)
      .catch(refused)
      .finally(() => {
        this.#isAsking = false
      })
  }

  renew({ producerId, producerEpoch }: ProducerIdentity): ProducerIdentity | undefined {
    if (producerEpoch < MAX_EPOCH) return { producerId, producerEpoch: producerEpoch + 1 }
    if (producerId === this.#identity?.producerId) {
      this.#identity = undefined
      this.ask()
    }
    return undefined
  }

  /** Asks once, unless it is known. @throws what the broker or the connection says */
  async obtain(): Promise<void> {
    if (this.#identity !== undefined) return
    try {
      const identity = givenIdentity(await this.#options.request(), WHAT)
      this.#identity ??= identity
    } catch (error) {
      throw explained(error)
    }
    this.#options.arrived()
  }

  /** Stops asking. */
  close(): void {
    this.#closing.abort()
  }
}

/**
 * The identity that a broker gave.
 * @param than - what was there before
 * @throws BrokerError; KafkaError for one under which a broker would recognise nothing, or take what is new for a repetition
 */
export function givenIdentity(answer: InitProducerIdResponse, what: string, than?: ProducerIdentity): ProducerIdentity {
  const { errorCode, producerId, producerEpoch } = answer
  if (errorCode !== 0) throw new BrokerError(errorCode, what)
  if (isNewer(answer, than)) return { producerId, producerEpoch }
  throw malformed(`${what} was answered with id ${producerId} and epoch ${producerEpoch}, under which nothing new can be written`)
}

/** Whether sequence numbers may begin anew under an identity. */
export function isNewer({ producerId, producerEpoch }: ProducerIdentity, than: ProducerIdentity | undefined): boolean {
  if (producerId < 0n || producerEpoch < 0) return false
  return than === undefined || producerId !== than.producerId || producerEpoch > than.producerEpoch
}

/** For an answer that is none: the next may be better. */
export function malformed(message: string): KafkaError {
  return new KafkaError('MALFORMED_MESSAGE', message, { retriable: true })
}

function explained(error: unknown): unknown {
  if (!UnsupportedVersionError.is(error)) return error
  const message = `the broker is too old for idempotence; enableIdempotence: false does without (${error.message})`
  return new UnsupportedVersionError(message, { api: error.api, cause: error })
}
