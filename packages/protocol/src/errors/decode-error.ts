import { brandClass, isBranded, KafkaError, type KafkaErrorCode } from './kafka-error.ts'

/** Where a {@link DecodeError} happened. */
export interface DecodeErrorOptions {
  /** What happened. Default: `MALFORMED_MESSAGE`. */
  readonly code?: KafkaErrorCode
  /** The message that was being read: `FetchResponse`. */
  readonly api?: string
  /** The version in which it was read. */
  readonly version?: number
  /** Where in the bytes it failed, counted from their first. */
  readonly position?: number
  /** What led to this error. */
  readonly cause?: unknown
}

/** Bytes that are not what they must be: a malformed message, a wrong checksum, an unknown codec. Never retriable: the same bytes fail again. */
export class DecodeError extends KafkaError {
  /** The message that was being read, if it is known. */
  readonly api: string | undefined
  /** The version in which it was read. */
  readonly version: number | undefined
  /** Where in the bytes it failed. */
  readonly position: number | undefined

  constructor(what: string, options: DecodeErrorOptions = {}) {
    const message =
      options.api === undefined ? what : `cannot decode ${options.api} version ${options.version}: ${what} at byte ${options.position}`
    super(options.code ?? 'MALFORMED_MESSAGE', message, { cause: options.cause })
    this.api = options.api
    this.version = options.version
    this.position = options.position
  }

  /** Like {@link KafkaError.is}, for this class. */
  static override is<C extends KafkaErrorCode = KafkaErrorCode>(error: unknown, ...codes: C[]): error is DecodeError & KafkaError<C> {
    return isBranded(error, DECODE_ERROR, codes)
  }
}

const DECODE_ERROR = /* @__PURE__ */ brandClass(DecodeError, 'DecodeError')
