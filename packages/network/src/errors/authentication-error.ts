import { brandClass, isBranded, type KafkaErrorCode } from '@k/protocol'
import { ConnectionError } from './connection-error.ts'

/**
 * The broker refused who we are, or we refused who it is: SASL or TLS. Never retriable: the same credentials fail again, and repeated
 * attempts lock accounts.
 */
export class AuthenticationError<C extends KafkaErrorCode = KafkaErrorCode> extends ConnectionError<C> {
  constructor(
    code: C,
    message: string,
    options: { readonly broker: string; readonly phase?: 'connect' | 'authenticate'; readonly cause?: unknown },
  ) {
    super(code, message, { phase: 'authenticate', ...options, retriable: false })
  }

  /** Like {@link KafkaError.is}, for this class. */
  static override is<C extends KafkaErrorCode = KafkaErrorCode>(error: unknown, ...codes: C[]): error is AuthenticationError<C> {
    return isBranded(error, AUTHENTICATION_ERROR, codes)
  }
}

const AUTHENTICATION_ERROR = brandClass(AuthenticationError, 'AuthenticationError')
