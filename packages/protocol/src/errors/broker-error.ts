import { type BrokerErrorCode, brokerErrorName, brokerErrorRow, explanations } from './broker-error-codes.ts'
import { brandClass, isBranded, KafkaError, type KafkaErrorCode } from './kafka-error.ts'

/** A broker refused: a row of Kafka's error table. */
export class BrokerError extends KafkaError<BrokerErrorCode> {
  /** The number on the wire; it survives also where the table does not know it (`code` is then UNKNOWN_SERVER_ERROR). */
  readonly errorCode: number
  /** Whether the client's picture of the cluster was stale. */
  readonly invalidatesMetadata: boolean

  /** @param context - what was asked of whom, as the beginning of the sentence */
  constructor(errorCode: number, context: string, options: { cause?: unknown; brokerMessage?: string | null } = {}) {
    const known = brokerErrorName(errorCode)
    const code = known ?? 'UNKNOWN_SERVER_ERROR'
    const { retriable, invalidatesMetadata } = brokerErrorRow(code)
    // The broker's own words know more of the case than we do.
    const explanation = options.brokerMessage ? `"${options.brokerMessage}"` : explanations[code]
    const name = known ?? `unknown error ${errorCode}`
    super(code, `${context}: ${name}${explanation ? ` (${explanation})` : ''}`, { cause: options.cause, retriable })
    this.errorCode = errorCode
    this.invalidatesMetadata = invalidatesMetadata
  }

  /** Like {@link KafkaError.is}, for this class. */
  static override is<C extends KafkaErrorCode = KafkaErrorCode>(
    error: unknown,
    ...codes: C[]
  ): error is BrokerError & KafkaError<C & BrokerErrorCode> {
    return isBranded(error, BROKER_ERROR, codes)
  }
}

const BROKER_ERROR = /* @__PURE__ */ brandClass(BrokerError, 'BrokerError')
