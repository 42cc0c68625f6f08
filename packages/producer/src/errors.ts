import { ClosedError } from '@k/network'
import { brandClass, isBranded, KafkaError, type KafkaErrorCode } from '@k/protocol'

/** What a {@link ProduceError} knows besides its code and sentence. */
export interface ProduceErrorFacts {
  /** Where the record was to go. */
  readonly topic: string
  /** Undefined where none had been chosen yet. */
  readonly partition?: number | undefined
  /** Whether the record may be in the log all the same. */
  readonly maybeWritten: boolean
  /** What it came from. */
  readonly cause?: unknown
  /** Default: false. */
  readonly retriable?: boolean | undefined
}

/** A record was not acknowledged. Its `code` says why; `maybeWritten` says whether it may be in the log all the same. */
export class ProduceError<C extends KafkaErrorCode = KafkaErrorCode> extends KafkaError<C> {
  /** Where the record was to go. */
  declare readonly topic: string
  /** Undefined where none had been chosen yet. */
  declare readonly partition: number | undefined
  /** False: certainly not written, now or later. True: nobody here knows; sending it again may write it twice. */
  declare readonly maybeWritten: boolean

  constructor(code: C, message: string, facts: ProduceErrorFacts) {
    super(code, message, facts)
    this.topic = facts.topic
    this.partition = facts.partition
    this.maybeWritten = facts.maybeWritten
  }

  /** Like {@link KafkaError.is}, for this class. */
  static override is<C extends KafkaErrorCode = KafkaErrorCode>(error: unknown, ...codes: C[]): error is ProduceError<C> {
    return isBranded(error, PRODUCE_ERROR, codes)
  }
}

const PRODUCE_ERROR = brandClass(ProduceError, 'ProduceError')

/** Records that were enqueued, and whose delivery nobody listened to, were not delivered. Rejects the `flush()` or `close()` that finds out. */
export class DeliveryError extends KafkaError<'DELIVERY_FAILED'> {
  /** How many, since the last such error. */
  declare readonly count: number
  /** The first of them. */
  declare readonly first: ProduceError

  constructor(count: number, first: ProduceError) {
    super('DELIVERY_FAILED', `records not delivered: ${count} (onDelivery tells of each); the first: ${first.message}`, { cause: first })
    this.count = count
    this.first = first
  }

  /** Like {@link KafkaError.is}, for this class. */
  static override is<C extends KafkaErrorCode = KafkaErrorCode>(
    error: unknown,
    ...codes: C[]
  ): error is DeliveryError & KafkaError<C & 'DELIVERY_FAILED'> {
    return isBranded(error, DELIVERY_ERROR, codes)
  }
}

const DELIVERY_ERROR = brandClass(DeliveryError, 'DeliveryError')

/** For whatever comes, or still waits, after `close()`. */
export function closedError(): ClosedError {
  return new ClosedError('the producer was closed')
}

/** What was thrown, which may be anything, for a sentence. */
export function textOf(thrown: unknown): string {
  try {
    return String(thrown)
  } catch {
    return 'what it threw is no text'
  }
}

/** What an error is that need not be one of ours. */
export function asKafkaError(error: unknown): KafkaError {
  return KafkaError.is(error) ? error : new KafkaError('UNKNOWN_SERVER_ERROR', textOf(error), { cause: error })
}

/** Why a record is not acknowledged, where that is no error of its own. */
export interface Reason {
  readonly code: KafkaErrorCode
  /** The middle of a sentence. */
  readonly message: string
  readonly cause?: unknown
  readonly retriable?: boolean
}

/** Where a record was to go. */
export interface Whereabouts {
  readonly topic: string
  readonly partition?: number | undefined
}

/**
 * The error for records that are not acknowledged because of `reason`.
 * @param attempts - times that they were sent; once is not worth saying
 */
export function produceError(reason: Reason | Error, where: Partial<Whereabouts>, maybeWritten = false, attempts = 0): ProduceError {
  const { topic = '', partition }: Partial<Whereabouts> = Object(where)
  const isError = reason instanceof Error
  const { code, message, cause, retriable }: Reason = isError ? asKafkaError(reason) : reason
  const target = partition === undefined ? topic : `${topic}-${partition}`
  const what = `a record${topic && ` for ${target}`} failed${attempts > 1 ? ` after ${attempts} attempts` : ''}`
  const outcome = `it ${maybeWritten ? 'may have been' : 'was not'} written`
  return new ProduceError(code, `${what}: ${message}; ${outcome}`, {
    topic,
    partition,
    maybeWritten,
    cause: isError ? reason : cause,
    retriable,
  })
}
