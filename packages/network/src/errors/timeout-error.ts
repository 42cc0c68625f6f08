import { brandClass, isBranded, KafkaError, type KafkaErrorCode } from '@k/protocol'

/** Facts of a {@link TimeoutError}. */
export interface TimeoutErrorOptions {
  /** The option that sets the deadline. */
  readonly deadline: string
  /** Milliseconds that were waited. */
  readonly elapsedMs: number
  /** What the last attempt met, where there was one. */
  readonly cause?: unknown
  /** Default: true, nobody knows. */
  readonly sent?: boolean | undefined
}

/** A deadline passed. What was asked for may still have happened on the broker. */
export class TimeoutError extends KafkaError<'TIMED_OUT'> {
  /** The option that set the deadline: `requestTimeoutMs`, `defaultApiTimeoutMs`. */
  readonly deadline: string
  /** How long was waited, in milliseconds. */
  readonly elapsedMs: number
  /** Whether a request was written, so that the broker may have executed it. */
  readonly sent: boolean

  constructor(message: string, options: TimeoutErrorOptions) {
    super('TIMED_OUT', message, { ...options, retriable: true })
    this.deadline = options.deadline
    this.elapsedMs = options.elapsedMs
    this.sent = options.sent ?? true
  }

  /** Like {@link KafkaError.is}, for this class. */
  static override is<C extends KafkaErrorCode = KafkaErrorCode>(
    error: unknown,
    ...codes: C[]
  ): error is TimeoutError & KafkaError<C & 'TIMED_OUT'> {
    return isBranded(error, TIMEOUT_ERROR, codes)
  }
}

const TIMEOUT_ERROR = brandClass(TimeoutError, 'TimeoutError')
