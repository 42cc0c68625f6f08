import { brandClass, isBranded, KafkaError, type KafkaErrorCode } from '@k/protocol'

/** What a connection was busy with when it failed; `request` where a request had been written. */
export type ConnectionPhase = 'connect' | 'versions' | 'authenticate' | 'request'

/** Facts of a {@link ConnectionError} besides its code and sentence. */
export interface ConnectionErrorOptions {
  /** The broker as people write it: `broker 3 (host:9092)`. */
  readonly broker: string
  /** What the connection was busy with. */
  readonly phase: ConnectionPhase
  /** What was thrown below, where something was. */
  readonly cause?: unknown
  /** Default: true, another attempt may find the broker well. */
  readonly retriable?: boolean
}

/** A connection could not be made or has ended. */
export class ConnectionError<C extends KafkaErrorCode = KafkaErrorCode> extends KafkaError<C> {
  /** The broker, as `broker 3 (host:9092)` or, before its id is known, `host:9092`. */
  readonly broker: string
  /** What the connection was busy with. */
  readonly phase: ConnectionPhase
  /** Whether a request was written, so that the broker may have executed it. */
  readonly sent: boolean

  constructor(code: C, message: string, options: ConnectionErrorOptions) {
    super(code, message, { retriable: true, ...options })
    this.broker = options.broker
    this.phase = options.phase
    this.sent = options.phase === 'request'
  }

  /** Like {@link KafkaError.is}, for this class. */
  static override is<C extends KafkaErrorCode = KafkaErrorCode>(error: unknown, ...codes: C[]): error is ConnectionError<C> {
    return isBranded(error, CONNECTION_ERROR, codes)
  }
}

const CONNECTION_ERROR = brandClass(ConnectionError, 'ConnectionError')
