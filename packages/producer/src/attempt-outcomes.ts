import { ConnectionError, TimeoutError } from '@k/network'
import { BrokerError, brokerErrorName, type Clock, DecodeError, KafkaError, type Random, UnsupportedVersionError } from '@k/protocol'
import { asKafkaError, type ProduceError, produceError, type Reason } from './errors.ts'
import type { Meters } from './meters.ts'
import type { Batch } from './partition-queue.ts'
import type { PartitionProduceResponse } from './produce-request.ts'

/** What deciding over batches needs. Names and units are those of the producer's options. */
export interface OutcomeOptions {
  /** -1 for all. */
  readonly acks: number
  readonly retries: number
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
  readonly clock: Clock
  readonly random: Random
  readonly meters: Meters
  /** The client's picture of a topic is stale. */
  lookUp(topic: string): void
  /** The version of Produce that a broker speaks, where that is known. */
  versionOf(broker: number): number | undefined
  /** The transaction that all batches are of, if they are of one: once it is to be aborted nothing is sent again, and only it gets a new epoch. */
  readonly transaction?: { readonly isSending: boolean } | undefined
  /** A batch is about to be divided. */
  split(batch: Batch): void
}

// Refusals by which a broker says that it appended nothing. What is not here, and comes after the append or from nobody knows where, leaves
// the outcome open: NOT_LEADER_OR_FOLLOWER, for example, also answers a batch that was appended before its leader stepped down.
const REFUSED_BEFORE_APPEND = new Set([
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
])
const REFUSED_WITHOUT_REPLICATION = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'UNKNOWN_TOPIC_ID',
])

const UNKNOWN_SERVER_ERROR = -1
const NONE = 0
const MESSAGE_TOO_LARGE = 10
const UNSUPPORTED_FOR_MESSAGE_FORMAT = 43
const OUT_OF_ORDER_SEQUENCE_NUMBER = 45
const DUPLICATE_SEQUENCE_NUMBER = 46
const UNKNOWN_PRODUCER_ID = 59

const OLD_FORMAT = ', which it keeps in a format of before Kafka 0.11; enableIdempotence: false does without a newer one'

// Brokers of up to 2.8 answer so, and then with no word about why.
const NO_HEADERS =
  ', perhaps because the topic is kept in a format of before Kafka 0.11 (message.format.version), in which records have no headers'
// What 2.8 speaks; later brokers know no old formats.
const LAST_WITH_OLD_FORMATS = 9

const JITTER = 0.2

const BRIEF = new Set(['CONCURRENT_TRANSACTIONS', 'NOT_ENOUGH_REPLICAS'])
const BRIEF_PAUSE_MS = 1

/** What becomes of a batch after an attempt: acknowledged, sent again or given up. The only place that decides to send again. */
export class AttemptOutcomes {
  readonly #options: OutcomeOptions

  constructor(options: OutcomeOptions) {
    this.#options = options
  }

  /** The broker has answered for the batch; `undefined` where its response left the batch out. */
  answered(batch: Batch, broker: number, answer: PartitionProduceResponse | undefined): void {
    if (answer === undefined) {
      const error = new KafkaError('MALFORMED_MESSAGE', 'the broker answered without a word about the partition', { retriable: true })
      this.#failed(batch, broker, error, true)
      return
    }
    const { errorCode, baseOffset, logAppendTimeMs, logStartOffset } = answer
    const { topic, partition } = batch.queue
    if (errorCode === NONE && baseOffset > Number.MAX_SAFE_INTEGER) {
      batch.maybeWritten = true
      this.#giveUp(batch, { code: 'OFFSET_TOO_LARGE', message: `it is at offset ${baseOffset}, which no number holds exactly` })
      return
    }
    if (errorCode === NONE || errorCode === DUPLICATE_SEQUENCE_NUMBER) {
      this.acknowledged(batch, errorCode === NONE ? Number(baseOffset) : -1, Number(logAppendTimeMs), Number(logStartOffset))
      return
    }
    if (errorCode === MESSAGE_TOO_LARGE && batch.isDivisible && !batch.isSettled) {
      this.#split(batch)
      return
    }
    const hint = this.#hintFor(batch, broker, errorCode)
    const error = new BrokerError(errorCode, `broker ${broker} refused ${topic}-${partition}${hint}`, {
      brokerMessage: answer.errorMessage,
    })
    if (error.invalidatesMetadata) this.#options.lookUp(topic)
    if (answer.recordErrors.length > 0 && this.#refusedRecords(batch, error, answer)) return
    if (errorCode === OUT_OF_ORDER_SEQUENCE_NUMBER || errorCode === UNKNOWN_PRODUCER_ID) this.#outOfSequence(batch, broker, error)
    else this.#failed(batch, broker, error, !this.#isCertain(errorCode))
  }

  /** The batch is in the log, or with acks 0 on its way there. Numbers are -1 where nobody knows them. */
  acknowledged(batch: Batch, baseOffset: number, logAppendTimeMs = -1, logStartOffset = -1): void {
    batch.queue.complete(batch)
    batch.landed()
    batch.acknowledge({ baseOffset, logAppendTimeMs, logStartOffset })
  }

  /** The request has failed as a whole. */
  requestFailed(batch: Batch, broker: number, error: unknown): void {
    const cause = asKafkaError(error)
    if (cause.retriable) this.#options.lookUp(batch.queue.topic)
    const isUnsent = neverLeft(cause)
    if (isUnsent) batch.attempts -= 1
    this.#failed(batch, broker, cause, !isUnsent)
  }

  /** The batch could not be made ready to be sent. */
  unsendable(batch: Batch, reason: Reason): void {
    batch.attempts -= 1
    this.#giveUp(batch, reason)
  }

  #hintFor(batch: Batch, broker: number, errorCode: number): string {
    if (errorCode === UNSUPPORTED_FOR_MESSAGE_FORMAT && batch.hasSequence) return OLD_FORMAT
    if (errorCode === MESSAGE_TOO_LARGE) return tooLarge(batch)
    const mayBeOldFormat = errorCode === UNKNOWN_SERVER_ERROR && batch.hasHeaders
    return mayBeOldFormat && (this.#options.versionOf(broker) ?? 0) <= LAST_WITH_OLD_FORMATS ? NO_HEADERS : ''
  }

  /** Divides a batch that is too large for the broker. No attempt is lost by it, and no pause is needed. */
  #split(batch: Batch): void {
    const { queue, uncompressedSize, size } = batch
    if (size >= uncompressedSize) queue.batchLimit = Math.min(queue.batchLimit, Math.ceil(uncompressedSize / 2))
    this.#options.split(batch)
    queue.replace(batch, batch.split(), false)
  }

  /** Fails the records that the broker found wrong, and sends the others again. Answers whether that is what was to be done. */
  #refusedRecords(batch: Batch, error: BrokerError, { errorCode, recordErrors }: PartitionProduceResponse): boolean {
    // What may be in the log already must stay one batch, or the broker would not know it again.
    if (error.retriable || batch.maybeWritten || batch.isSettled || !this.#isCertain(errorCode)) return false
    const { topic, partition } = batch.queue
    const errors = new Map<number, ProduceError>()
    for (const { batchIndex, batchIndexErrorMessage } of recordErrors) {
      if (batchIndex < 0 || batchIndex >= batch.count) continue
      const why = batchIndexErrorMessage === null ? error.message : `${error.message}: ${batchIndexErrorMessage}`
      const message = `${why} (record ${batchIndex + 1} of ${batch.count} in its batch)`
      errors.set(batchIndex, produceError({ code: error.code, message, cause: error }, { topic, partition, maybeWritten: false }))
    }
    const byHand = [...errors].find(([index]) => index < batch.byHand)
    for (let i = 0; byHand !== undefined && i < batch.byHand; i++) errors.set(i, errors.get(i) ?? byHand[1])
    if (errors.size === 0 || errors.size === batch.count) return false
    for (const one of errors.values()) this.#options.meters.failed(1, one)
    batch.queue.replace(batch, [batch.without(errors)], true)
    return true
  }

  #outOfSequence(batch: Batch, broker: number, error: BrokerError): void {
    const { queue } = batch
    // Nothing is wrong with this one: an earlier one is still to be sent again.
    if (queue.hasEarlier(batch)) this.#sendAgain(batch, broker, error, false)
    // It may be in the log, forgotten by the broker: under a new epoch it could be there twice.
    else if (batch.maybeWritten || !this.#mayRetry(batch) || this.#options.transaction !== undefined) this.#giveUp(batch, error)
    else this.#sendAgain(batch, broker, error, true)
  }

  #failed(batch: Batch, broker: number, error: KafkaError, maybeWritten: boolean): void {
    if (maybeWritten) batch.maybeWritten = true
    // What nobody answers for must not be written twice. A response that cannot be read ends its connection; the next may do better.
    const isOver = this.#options.acks === 0 && maybeWritten
    if ((error.retriable || DecodeError.is(error)) && !isOver && this.#mayRetry(batch)) this.#sendAgain(batch, broker, error, false)
    else this.#giveUp(batch, error)
  }

  #mayRetry(batch: Batch): boolean {
    const { retries, transaction } = this.#options
    return batch.attempts <= retries && transaction?.isSending !== false
  }

  #sendAgain(batch: Batch, broker: number, error: KafkaError, renewed: boolean): void {
    const { queue } = batch
    batch.lastError = error
    batch.landed()
    // Nobody waits for it any more.
    if (batch.isSettled) {
      queue.drop(batch)
      return
    }
    batch.failures += 1
    this.#options.meters.retried(batch, broker, error)
    queue.retryAt = this.#options.clock.monotonic() + this.#backoff(batch.failures, error.code)
    // After the first failure another leader need not be given a pause.
    queue.retryBroker = batch.failures === 1 ? broker : -1
    if (renewed) queue.putBackRenewed(batch)
    else queue.putBack(batch)
  }

  #giveUp(batch: Batch, reason: Reason | Error): void {
    const { topic, partition } = batch.queue
    batch.queue.drop(batch)
    batch.landed()
    const { maybeWritten, attempts } = batch
    batch.fail(produceError(reason, { topic, partition, maybeWritten, attempts }))
  }

  #backoff(failures: number, code: string): number {
    const { retryBackoffMs, retryBackoffMaxMs, random, transaction } = this.#options
    // Where a broker takes a partition into a transaction it says so as long as the one before is being ended, or it is busy with another partition.
    const isBrief = transaction !== undefined && BRIEF.has(code)
    const grown = Math.min((isBrief ? BRIEF_PAUSE_MS : retryBackoffMs) * 2 ** (failures - 1), retryBackoffMaxMs)
    return grown * (1 - JITTER + 2 * JITTER * random.next())
  }

  #isCertain(errorCode: number): boolean {
    const name = brokerErrorName(errorCode)
    if (name === undefined) return false
    return REFUSED_BEFORE_APPEND.has(name) || (this.#options.acks !== -1 && REFUSED_WITHOUT_REPLICATION.has(name))
  }
}

/** Whether a request that failed like this certainly never reached a broker. */
function neverLeft(error: KafkaError): boolean {
  if (ConnectionError.is(error) || TimeoutError.is(error)) return !error.sent
  return UnsupportedVersionError.is(error) || KafkaError.is(error, 'BROKER_UNKNOWN', 'INVALID_ARGUMENT')
}

function tooLarge({ uncompressedSize, size, count }: Batch): string {
  const compressed = size < uncompressedSize ? `, ${size} compressed` : ''
  return `: the ${count > 1 ? 'batch' : 'record'} takes ${uncompressedSize} bytes${compressed}, more than max.message.bytes of the topic or message.max.bytes of the broker`
}
