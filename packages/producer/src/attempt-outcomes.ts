import { Backoff, type BackoffOptions, type Cluster, ConnectionError, TimeoutError } from '@k/network'
import { BrokerError, type Clock, DecodeError, KafkaError, Produce, UnsupportedVersionError } from '@k/protocol'
import { asKafkaError, type ProduceError, produceError, type Reason } from './errors.ts'
import type { Meters } from './meters.ts'
import type { Batch } from './partition-queue.ts'
import type { PartitionProduceResponse } from './produce-request.ts'
import { malformed } from './producer-id.ts'
import type { TopicLookup } from './topic-lookup.ts'

/** What deciding over batches needs. Names and units are those of the producer's options. */
export interface OutcomeOptions extends BackoffOptions {
  readonly clock: Clock
  readonly cluster: Pick<Cluster, 'versionOf'>
  /** -1 for all. */
  readonly acks: number
  readonly retries: number
  readonly meters: Meters
  /** Is told where the client's picture of a topic is stale. */
  readonly lookup: Pick<TopicLookup, 'want'>
  /** The transactions that everything is sent in: once one is to be aborted nothing is sent again, and only it gets a new epoch. */
  readonly transactions?: { readonly isSending: boolean } | undefined
}

// Kafka's numbers of errors.
const UNKNOWN_SERVER_ERROR = -1
const NONE = 0
const MESSAGE_TOO_LARGE = 10
const NOT_ENOUGH_REPLICAS = 19
const UNSUPPORTED_FOR_MESSAGE_FORMAT = 43
const OUT_OF_ORDER_SEQUENCE_NUMBER = 45
const DUPLICATE_SEQUENCE_NUMBER = 46
const CONCURRENT_TRANSACTIONS = 51
const UNKNOWN_PRODUCER_ID = 59

// Refusals by which a broker says that it appended nothing. What is not here, and comes after the append or from nobody knows where, leaves
// the outcome open: NOT_LEADER_OR_FOLLOWER, for example, also answers a batch that was appended before its leader stepped down.
const REFUSED_BEFORE_APPEND: readonly number[] = [
  2, // CORRUPT_MESSAGE
  MESSAGE_TOO_LARGE,
  17, // INVALID_TOPIC_EXCEPTION
  18, // RECORD_LIST_TOO_LARGE
  NOT_ENOUGH_REPLICAS,
  21, // INVALID_REQUIRED_ACKS
  29, // TOPIC_AUTHORIZATION_FAILED
  31, // CLUSTER_AUTHORIZATION_FAILED
  32, // INVALID_TIMESTAMP
  UNSUPPORTED_FOR_MESSAGE_FORMAT,
  44, // POLICY_VIOLATION
  OUT_OF_ORDER_SEQUENCE_NUMBER,
  47, // INVALID_PRODUCER_EPOCH
  48, // INVALID_TXN_STATE
  49, // INVALID_PRODUCER_ID_MAPPING
  CONCURRENT_TRANSACTIONS,
  53, // TRANSACTIONAL_ID_AUTHORIZATION_FAILED
  UNKNOWN_PRODUCER_ID,
  76, // UNSUPPORTED_COMPRESSION_TYPE
  87, // INVALID_RECORD
  90, // PRODUCER_FENCED
  103, // INCONSISTENT_TOPIC_ID
  120, // TRANSACTION_ABORTABLE
]
const REFUSED_WITHOUT_REPLICATION: readonly number[] = [
  3, // UNKNOWN_TOPIC_OR_PARTITION
  5, // LEADER_NOT_AVAILABLE
  6, // NOT_LEADER_OR_FOLLOWER
  100, // UNKNOWN_TOPIC_ID
]

// What 2.8 speaks; later brokers know no old formats.
const LAST_WITH_OLD_FORMATS = 9

// Where a broker takes a partition into a transaction it says so as long as the one before is being ended, or it is busy with another partition.
const BRIEF: readonly number[] = [CONCURRENT_TRANSACTIONS, NOT_ENOUGH_REPLICAS]
const BRIEF_PAUSE_MS = 1

/** What becomes of a batch after an attempt: acknowledged, sent again or given up. The only place that decides to send again. */
export class AttemptOutcomes {
  readonly #broker: number
  readonly #options: OutcomeOptions

  /** @param broker - whom attempts are made with */
  constructor(broker: number, options: OutcomeOptions) {
    this.#broker = broker
    this.#options = options
  }

  /** The broker has answered for the batch; `undefined` where its response left the batch out, or nobody answers: with acks 0. */
  answered(batch: Batch, answer: PartitionProduceResponse | undefined): void {
    if (answer === undefined) {
      if (this.#options.acks === 0) this.#acknowledged(batch)
      else this.#failed(batch, malformed('no answer'), true)
      return
    }
    const { errorCode, baseOffset, logAppendTimeMs, logStartOffset } = answer
    if (errorCode !== NONE && errorCode !== DUPLICATE_SEQUENCE_NUMBER) this.#refused(batch, answer)
    else if (baseOffset > Number.MAX_SAFE_INTEGER)
      this.#failed(batch, new KafkaError('OFFSET_TOO_LARGE', `its offset is ${baseOffset}`), true)
    else this.#acknowledged(batch, errorCode === NONE ? Number(baseOffset) : -1, Number(logAppendTimeMs), Number(logStartOffset))
  }

  /** The request has failed as a whole. */
  requestFailed(batch: Batch, error: unknown): void {
    const cause = asKafkaError(error)
    const isUnsent = neverLeft(cause)
    if (isUnsent) batch.attempts -= 1
    this.#failed(batch, cause, !isUnsent)
  }

  /** Gives up a batch that has no attempt under way any more. */
  giveUp(batch: Batch, reason: Reason | Error): void {
    const { queue } = batch
    queue.drop(batch)
    batch.settle(produceError(reason, queue, batch.maybeWritten, batch.attempts))
  }

  /** The batch is in the log, or with acks 0 on its way there. Numbers are -1, or not given, where nobody knows them. */
  #acknowledged(batch: Batch, baseOffset?: number, logAppendTimeMs?: number, logStartOffset?: number): void {
    batch.queue.complete(batch)
    batch.settle(undefined, baseOffset, logAppendTimeMs, logStartOffset)
  }

  #refused(batch: Batch, { errorCode, errorMessage: brokerMessage, recordErrors }: PartitionProduceResponse): void {
    const { acks, meters } = this.#options
    const { queue, size, uncompressedSize, count, byHand } = batch
    const refusal = `broker ${this.#broker} refused ${size} bytes`
    const error = new BrokerError(errorCode, refusal + this.#hintFor(batch, errorCode), { brokerMessage })
    if (errorCode === MESSAGE_TOO_LARGE && count > 1 && byHand < count && !batch.isSettled) {
      // Divided it may be sent at once, and no attempt is lost by it.
      if (size >= uncompressedSize) queue.batchLimit = Math.min(queue.batchLimit, Math.ceil(uncompressedSize / 2))
      queue.putBack(batch, false, batch.split())
      return
    }
    const isCertain = REFUSED_BEFORE_APPEND.includes(errorCode) || (acks !== -1 && REFUSED_WITHOUT_REPLICATION.includes(errorCode))
    // What may be in the log already must stay one batch, or the broker would not know it again.
    const isRepairable = isCertain && !error.retriable && !batch.maybeWritten && !batch.isSettled
    const errors = new Map<number, ProduceError>()
    for (const { batchIndex, batchIndexErrorMessage } of isRepairable ? recordErrors : []) {
      if (batchIndex < 0 || batchIndex >= count) continue
      const message = `record ${batchIndex + 1} of its batch: ${batchIndexErrorMessage ?? error.message}`
      const one = produceError({ code: error.code, message, cause: error }, queue)
      errors.set(batchIndex, one)
      // They are written together or not at all.
      if (batchIndex < byHand) for (let i = 0; i < byHand; i++) errors.set(i, one)
    }
    if (errors.size > 0 && errors.size < count) {
      meters.failed(errors.size, error)
      queue.putBack(batch, true, batch.without(errors))
    } else this.#failed(batch, error, !isCertain)
  }

  /** What brokers do not say of what they are too old for. */
  #hintFor({ hasSequence, hasHeaders }: Batch, errorCode: number): string {
    if (errorCode === UNSUPPORTED_FOR_MESSAGE_FORMAT && hasSequence) return ' (try enableIdempotence: false)'
    const version = this.#options.cluster.versionOf(Produce, this.#broker) ?? 0
    // Brokers of up to 2.8 answer so where records cannot have headers.
    const hasRefusedHeaders = errorCode === UNKNOWN_SERVER_ERROR && hasHeaders && version <= LAST_WITH_OLD_FORMATS
    return hasRefusedHeaders ? ' (headers need message.format.version 0.11)' : ''
  }

  #failed(batch: Batch, error: KafkaError, maybeWritten: boolean): void {
    const { acks, retries, transactions, meters, clock, lookup } = this.#options
    const { queue } = batch
    const { errorCode = NONE, invalidatesMetadata = error.retriable } = error as Partial<BrokerError>
    if (invalidatesMetadata) lookup.want(queue.topic)
    batch.maybeWritten ||= maybeWritten
    const isOutOfSequence = errorCode === OUT_OF_ORDER_SEQUENCE_NUMBER || errorCode === UNKNOWN_PRODUCER_ID
    // Nothing is wrong with this one: an earlier one is still to be sent again.
    const isBehind = isOutOfSequence && queue.hasEarlier(batch)
    // It may be in the log, forgotten by the broker: under a new epoch it could be there twice.
    const isRenewed = isOutOfSequence && !isBehind && !batch.maybeWritten && transactions === undefined
    // What nobody answers for must not be written twice. A response that cannot be read ends its connection; the next may do better.
    const isRetriable = (error.retriable || DecodeError.is(error)) && !(acks === 0 && maybeWritten)
    const mayRetry = batch.attempts <= retries && transactions?.isSending !== false
    // Once it is settled nobody waits for it any more.
    if (batch.isSettled || !(isBehind || (mayRetry && (isRenewed || isRetriable)))) {
      this.giveUp(batch, error)
      return
    }
    batch.lastError = error
    const isBrief = transactions !== undefined && BRIEF.includes(errorCode)
    batch.backoff ??= new Backoff(isBrief ? { ...this.#options, retryBackoffMs: BRIEF_PAUSE_MS } : this.#options)
    meters.retried(batch, this.#broker, error)
    queue.retryAt = clock.monotonic() + batch.backoff.next()
    // After the first failure another leader need not be given a pause.
    queue.retryBroker = batch.backoff.attempts === 1 ? this.#broker : -1
    queue.putBack(batch, isRenewed)
  }
}

/** Whether a request that failed like this certainly never reached a broker. */
function neverLeft(error: KafkaError): boolean {
  if (ConnectionError.is(error) || TimeoutError.is(error)) return !error.sent
  return UnsupportedVersionError.is(error) || KafkaError.is(error, 'BROKER_UNKNOWN', 'INVALID_ARGUMENT')
}
