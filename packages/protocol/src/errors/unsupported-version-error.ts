import { brandClass, isBranded, KafkaError, type KafkaErrorCode } from './kafka-error.ts'

/** There is no common version with the broker, or a value that the chosen version cannot carry (`field` names it). */
export class UnsupportedVersionError extends KafkaError<'UNSUPPORTED_VERSION'> {
  /** The API, or the message in which there is something that it cannot carry: `Fetch`, `FetchRequest`. */
  readonly api: string
  /** The version that does not exist or cannot carry the value; undefined where there is no common one. */
  readonly version: number | undefined
  /** The field that the version cannot carry: `topics[].partitions[].currentLeaderEpoch`. */
  readonly field: string | undefined

  constructor(message: string, options: { api: string; version?: number; field?: string; cause?: unknown }) {
    super('UNSUPPORTED_VERSION', message, { cause: options.cause })
    this.api = options.api
    this.version = options.version
    this.field = options.field
  }

  /** Like {@link KafkaError.is}, for this class. */
  static override is<C extends KafkaErrorCode = KafkaErrorCode>(
    error: unknown,
    ...codes: C[]
  ): error is UnsupportedVersionError & KafkaError<C> {
    return isBranded(error, UNSUPPORTED_VERSION_ERROR, codes)
  }
}

const UNSUPPORTED_VERSION_ERROR = /* @__PURE__ */ brandClass(UnsupportedVersionError, 'UnsupportedVersionError')
