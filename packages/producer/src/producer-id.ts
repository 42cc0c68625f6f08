import { type Cluster, type RetryScope, retry } from '@k/network'
import { BrokerError, InitProducerId, type InitProducerIdResponse, KafkaError, UnsupportedVersionError } from '@k/protocol'
import type { IdentitySource, ProducerIdentity } from './partition-queue.ts'
import type { RecordAccumulator } from './record-accumulator.ts'

/** What asking for a producer id needs. */
export interface ProducerIdOptions extends RetryScope {
  readonly cluster: Pick<Cluster, 'request'>
  readonly clientId: string
  readonly requestTimeoutMs: number
  /** Aborts when the producer closes: nothing is asked any more. */
  readonly closing: AbortSignal
  /** Who waits for it. */
  accumulator(): Pick<RecordAccumulator, 'isEmpty' | 'updateTopics' | 'failAll'>
}

const MAX_EPOCH = 32_767
const WHAT = 'asking for a producer id'
const MAX_INT32 = 2 ** 31 - 1

/** The identity by which brokers recognise repeated batches. Asked for when the first record is there. */
export class ProducerId implements IdentitySource {
  readonly #options: ProducerIdOptions
  identity: ProducerIdentity | undefined
  #asking: Promise<void> | undefined

  constructor(options: ProducerIdOptions) {
    this.#options = options
  }

  /** Asks in the background, unless it is known or being asked for. */
  ask(): void {
    if (this.identity !== undefined) return
    const { accumulator, closing } = this.#options
    const onRetry = (error: KafkaError) => {
      if (accumulator().isEmpty) throw error
    }
    // As long as anybody needs it, and timers can.
    const asking = { what: WHAT, timeoutMs: MAX_INT32, signal: closing, onRetry }
    this.#asking ??= retry(this.#options, () => this.obtain(), asking)
      .catch((error) => accumulator().failAll(error))
      .finally(() => {
        this.#asking = undefined
      })
  }

  renew({ producerId, producerEpoch }: ProducerIdentity): ProducerIdentity | undefined {
    if (producerEpoch < MAX_EPOCH) return { producerId, producerEpoch: producerEpoch + 1 }
    if (producerId === this.identity?.producerId) {
      this.identity = undefined
      this.ask()
    }
    return undefined
  }

  /** Asks once, unless it is known. @throws what the broker or the connection says */
  async obtain(): Promise<void> {
    if (this.identity !== undefined) return
    const { cluster, clientId, requestTimeoutMs: timeoutMs, accumulator } = this.#options
    const body = { transactionalId: null, transactionTimeoutMs: MAX_INT32 }
    const asked = cluster.request(InitProducerId, body, { to: 'any', clientId, timeoutMs })
    const identity = givenIdentity(await asked.catch(explain), WHAT)
    this.identity ??= identity
    accumulator().updateTopics()
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
  throw malformed(`${what}: ${producerId}, epoch ${producerEpoch}, is not new`)
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

/** For a broker that is too old, with the way out. */
export function tooOld(cause: UnsupportedVersionError, wayOut: string): UnsupportedVersionError {
  return new UnsupportedVersionError(`${cause.message}; ${wayOut}`, { api: cause.api, cause })
}

function explain(error: unknown): never {
  throw UnsupportedVersionError.is(error) ? tooOld(error, 'try enableIdempotence: false') : error
}
