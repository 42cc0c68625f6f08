import { Backoff, type Cluster, ConnectionError, TimeoutError } from '@k/network'
import { BrokerError, brokerErrorName, DecodeError, KafkaError, Produce, UnsupportedVersionError } from '@k/protocol'
import { asKafkaError, type ProduceError, produceError, type Reason } from './errors.ts'
import type { Meters } from './meters.ts'
import type { Batch } from './partition-queue.ts'
import type { PartitionProduceResponse } from './produce-request.ts'
import { malformed } from './producer-id.ts'
import type { TopicLookup } from './topic-lookup.ts'

/** What deciding over batches needs. Names and units are those of the producer's options. */
export interface OutcomeOptions {
  readonly cluster: Pick<Cluster, 'clock' | 'random' | 'versionOf'>
  /** -1 for all. */
  readonly acks: number
  readonly retries: number
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
  readonly meters: Meters
  /** Is told where the client's picture of a topic is stale. */
  readonly lookup: Pick<TopicLookup, 'want'>
  /** The transactions that everything is sent in: once one is to be aborted nothing is sent again, and only it gets a new epoch. */
  readonly transactions?: { readonly isSending: boolean } | undefined
}

// Refusals by which a broker says that it appended nothing. What is not here, and comes after the append or from nobody knows where, leaves
// the outcome open: NOT_LEADER_OR_FOLLOWER, for example, also answers a batch that was appended before its leader stepped down.
const REFUSED_BEFORE_APPEND: readonly string[] = [
  'CORRUPT_MESSAGE',
  'MESSAGE_TOO_LARGE',
  'INVALID_TOPIC_EXCEPTION',
  'RECORD_LIST_TOO_LARGE',
  'NOT_ENOUGH_REPLICAS',
  'INVALID_REQUIRED_ACKS',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'INVALID_TIMESTAMP',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'POLICY_VIOLATION',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'INVALID_PRODUCER_EPOCH',
  'UNKNOWN_PRODUCER_ID',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'INVALID_RECORD',
  'INCONSISTENT_TOPIC_ID',
  'INVALID_TXN_STATE',
  'INVALID_PRODUCER_ID_MAPPING',
  'CONCURRENT_TRANSACTIONS',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'PRODUCER_FENCED',
  'TRANSACTION_ABORTABLE',
]
const REFUSED_WITHOUT_REPLICATION: readonly string[] = [
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'UNKNOWN_TOPIC_ID',
]

const NONE = 0
const DUPLICATE_SEQUENCE_NUMBER = 46

// What 2.8 speaks; later brokers know no old formats.
const LAST_WITH_OLD_FORMATS = 9

// Where a broker takes a partition into a transaction it says so as long as the one before is being ended, or it is busy with another partition.
const BRIEF = ['CONCURRENT_TRANSACTIONS', 'NOT_ENOUGH_REPLICAS']
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

  /** The broker has answered for the batch; `undefined` where its response left the batch out. */
  answered(batch: Batch, answer: PartitionProduceResponse | undefined): void {
    if (answer === undefined) {
      this.#failed(batch, malformed('the broker answered without a word about the partition'), true)
      return
    }
    const { errorCode, baseOffset, logAppendTimeMs, logStartOffset } = answer
    if (errorCode === NONE && baseOffset > Number.MAX_SAFE_INTEGER) {
      const message = `no number holds its offset ${baseOffset}`
      this.#failed(batch, new KafkaError('OFFSET_TOO_LARGE', message), true)
    } else if (errorCode === NONE || errorCode === DUPLICATE_SEQUENCE_NUMBER)
      this.acknowledged(batch, errorCode === NONE ? Number(baseOffset) : -1, Number(logAppendTimeMs), Number(logStartOffset))
    else this.#refused(batch, answer)
  }

  /** The batch is in the log, or with acks 0 on its way there. Numbers are -1 where nobody knows them. */
  acknowledged(batch: Batch, baseOffset: number, logAppendTimeMs = -1, logStartOffset = -1): void {
    batch.queue.complete(batch)
    batch.acknowledge(baseOffset, logAppendTimeMs, logStartOffset)
  }

  /** The request has failed as a whole. */
  requestFailed(batch: Batch, error: unknown): void {
    const cause = asKafkaError(error)
    if (cause.retriable) this.#options.lookup.want(batch.queue.topic)
    const isUnsent = neverLeft(cause)
    if (isUnsent) batch.attempts -= 1
    this.#failed(batch, cause, !isUnsent)
  }

  /** The batch could not be made ready to be sent. */
  unsendable(batch: Batch, reason: Reason): void {
    batch.attempts -= 1
    this.#giveUp(batch, reason)
  }

  #refused(batch: Batch, answer: PartitionProduceResponse): void {
    const { queue } = batch
    const { errorCode, errorMessage: brokerMessage } = answer
    const context = `broker ${this.#broker} refused ${queue.topic}-${queue.partition}${this.#hintFor(batch, errorCode)}`
    const error = new BrokerError(errorCode, context, { brokerMessage })
    if (error.code === 'MESSAGE_TOO_LARGE' && batch.isDivisible && !batch.isSettled) {
      // Divided it may be sent at once, and no attempt is lost by it.
      const { uncompressedSize } = batch
      if (batch.size >= uncompressedSize) queue.batchLimit = Math.min(queue.batchLimit, Math.ceil(uncompressedSize / 2))
      queue.putBack(batch, false, batch.split())
      return
    }
    if (error.invalidatesMetadata) this.#options.lookup.want(queue.topic)
    const isCertain =
      REFUSED_BEFORE_APPEND.includes(error.code) || (this.#options.acks !== -1 && REFUSED_WITHOUT_REPLICATION.includes(error.code))
    // What may be in the log already must stay one batch, or the broker would not know it again.
    const isRepairable = isCertain && !error.retriable && !batch.maybeWritten && !batch.isSettled
    if (!isRepairable || !this.#refusedRecords(batch, error, answer)) this.#failed(batch, error, !isCertain)
  }

  #hintFor({ hasSequence, hasHeaders, size, count }: Batch, errorCode: number): string {
    switch (brokerErrorName(errorCode)) {
      case 'UNSUPPORTED_FOR_MESSAGE_FORMAT':
        return hasSequence ? ' (enableIdempotence: false does without a newer format)' : ''
      case 'MESSAGE_TOO_LARGE':
        return `: the ${count > 1 ? 'batch' : 'record'} takes ${size} bytes`
      case 'UNKNOWN_SERVER_ERROR': {
        // Brokers of up to 2.8 answer so where records cannot have headers, and then with no word about why.
        const mayBeOld = hasHeaders && (this.#options.cluster.versionOf(Produce, this.#broker) ?? 0) <= LAST_WITH_OLD_FORMATS
        return mayBeOld ? ' (records have no headers where message.format.version is older than 0.11)' : ''
      }
      default:
        return ''
    }
  }

  /** Fails the records that the broker found wrong, and sends the others again. Answers whether that is what was to be done. */
  #refusedRecords(batch: Batch, error: BrokerError, { recordErrors }: PartitionProduceResponse): boolean {
    const errors = new Map<number, ProduceError>()
    const { count, byHand, queue } = batch
    for (const { batchIndex, batchIndexErrorMessage } of recordErrors) {
      if (batchIndex < 0 || batchIndex >= count) continue
      const message = `${error.message}: ${batchIndexErrorMessage ?? 'no reason given'} (record ${batchIndex + 1} of ${count} in its batch)`
      const one = produceError({ code: error.code, message, cause: error }, queue)
      errors.set(batchIndex, one)
      // They are written together or not at all.
      if (batchIndex < byHand) for (let i = 0; i < byHand; i++) errors.set(i, one)
    }
    if (errors.size === 0 || errors.size === count) return false
    for (const one of errors.values()) this.#options.meters.failed(1, one)
    queue.putBack(batch, true, batch.without(errors))
    return true
  }

  #failed(batch: Batch, error: KafkaError, maybeWritten: boolean): void {
    const { acks, retries, transactions, meters, cluster } = this.#options
    const { queue } = batch
    batch.maybeWritten ||= maybeWritten
    const isOutOfSequence = BrokerError.is(error, 'OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID')
    // Nothing is wrong with this one: an earlier one is still to be sent again.
    const isBehind = isOutOfSequence && queue.hasEarlier(batch)
    // It may be in the log, forgotten by the broker: under a new epoch it could be there twice.
    const isRenewed = isOutOfSequence && !isBehind && !batch.maybeWritten && transactions === undefined
    // What nobody answers for must not be written twice. A response that cannot be read ends its connection; the next may do better.
    const isRetriable = (error.retriable || DecodeError.is(error)) && !(acks === 0 && maybeWritten)
    const mayRetry = batch.attempts <= retries && transactions?.isSending !== false
    if (!isBehind && !(mayRetry && (isRenewed || isRetriable))) {
      this.#giveUp(batch, error)
      return
    }
    batch.lastError = error
    // Nobody waits for it any more.
    if (batch.isSettled) {
      queue.drop(batch)
      return
    }
    const isBrief = transactions !== undefined && BRIEF.includes(error.code)
    batch.backoff ??= new Backoff({ ...this.#options, ...(isBrief && { retryBackoffMs: BRIEF_PAUSE_MS }), random: cluster.random })
    meters.retried(batch, this.#broker, error)
    queue.retryAt = cluster.clock.monotonic() + batch.backoff.next()
    // After the first failure another leader need not be given a pause.
    queue.retryBroker = batch.backoff.attempts === 1 ? this.#broker : -1
    queue.putBack(batch, isRenewed)
  }

  #giveUp(batch: Batch, reason: Reason | Error): void {
    const { maybeWritten, attempts } = batch
    batch.queue.drop(batch)
    batch.fail(produceError(reason, batch.queue, maybeWritten, attempts))
  }
}

/** Whether a request that failed like this certainly never reached a broker. */
function neverLeft(error: KafkaError): boolean {
  if (ConnectionError.is(error) || TimeoutError.is(error)) return !error.sent
  return UnsupportedVersionError.is(error) || KafkaError.is(error, 'BROKER_UNKNOWN', 'INVALID_ARGUMENT')
}
