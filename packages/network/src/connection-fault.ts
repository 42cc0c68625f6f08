import { KafkaError, type KafkaErrorCode } from '@k/protocol'
import { formatHostPort } from './bootstrap-servers.ts'
import type { ConnectionTarget } from './connection-target.ts'
import { timedOut } from './deadline.ts'
import { AuthenticationError } from './errors/authentication-error.ts'
import { ConnectionError, type ConnectionPhase } from './errors/connection-error.ts'
import type { TimeoutError } from './errors/timeout-error.ts'
import type { ResolvedOptions } from './options.ts'
import type { PendingRequest } from './pending-request.ts'

/** Where the operating system's own words do not say what to do. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; is the broker running?',
  ENOTFOUND: 'the host name is not known',
}

// What OpenSSL and Node say when a certificate or an option is not accepted, by us or by the broker, or when no common TLS can be found.
const trust = /CERT|UNABLE_TO|INVALID_|ERR_(TLS|OSSL|SSL(?!.*(INTERNAL|EOF)))/
const plainText = /WRONG_VERSION/

/** How far a connection has come, and what befalls it there, as an error that says what to do. */
export class ConnectionFaults {
  readonly #options: ResolvedOptions
  /**
   * Where the connection leads. Without the id of a broker until the cluster has named it: until then the address is the user's, and what is
   * no broker there will be none in a second either.
   */
  target: ConnectionTarget
  phase: ConnectionPhase = 'connect'
  /** Whether a request was ever answered. */
  answered = false

  constructor(target: ConnectionTarget, options: ResolvedOptions) {
    this.target = target
    this.#options = options
  }

  /** The broker as people write it. */
  get broker(): string {
    const { brokerId } = this.target
    const address = formatHostPort(this.target)
    return brokerId === undefined ? address : `broker ${brokerId} (${address})`
  }

  /** What the operating system, TLS or the transport said; undefined where the other side just ended. */
  of(cause: unknown): KafkaError {
    if (KafkaError.is(cause)) return cause
    const { broker, phase, answered } = this
    const { tls, sasl } = this.#options
    // OpenSSL's own words for people are the reason; its message begins with numbers and places in its source.
    const { code, reason, message = cause } = Object(cause)
    const text = String(reason ?? message)
    // TLS 1.3 may refuse who we are only after the handshake.
    const isEarly = phase === 'connect' || phase === 'versions'
    if (tls && isEarly) {
      if (plainText.test(code)) {
        return this.closed('NOT_A_BROKER', 'the other side does not speak TLS: leave out the option tls', cause)
      }
      if (trust.test(code)) {
        const message = `TLS with ${broker} failed: ${text} (${code})`
        return new AuthenticationError('AUTHENTICATION_FAILED', message, { broker, phase: 'connect', cause })
      }
    }
    let why = reasons[code] ?? text
    if (cause === undefined || code === 'ECONNRESET') {
      why = 'the other side closed it'
      // What an end without a word may mean.
      if (isEarly) why += `; does this listener want ${tls ? 'no ' : ''}TLS (option tls)?`
      else if (phase === 'request' && !answered && !sasl) why += '; does this listener want SASL (option sasl)?'
    }
    return this.closed(phase === 'connect' ? 'CONNECTION_FAILED' : 'CONNECTION_CLOSED', why, cause)
  }

  /** The end of the connection, or of the attempt to make it, and why. */
  closed(code: KafkaErrorCode, why: string, cause?: unknown): ConnectionError {
    return this.#error(code, `${this.phase === 'connect' ? 'cannot connect' : 'lost the connection'} to ${this.broker}: ${why}`, cause)
  }

  /** What befell the connection, for a request that had been written, or had not: only its own error says which. */
  forRequest(error: KafkaError, sent: boolean): KafkaError {
    if (!('sent' in error) || error.sent === sent) return error
    return this.#error('CONNECTION_CLOSED', error.message, error, sent ? 'request' : 'connect')
  }

  #error(code: KafkaErrorCode, message: string, cause: unknown, phase = this.phase): ConnectionError {
    const retriable = code !== 'NOT_A_BROKER' || this.target.brokerId !== undefined || phase === 'request'
    return new ConnectionError(code, message, { broker: this.broker, phase, cause, retriable })
  }

  /** No answer in time, or not even sent for the reason `why`. */
  tooLate({ api, startedAt }: PendingRequest, why?: string): TimeoutError {
    const what = `${api.name} to ${this.broker}${why === undefined ? '' : `, not sent yet (${why}),`}`
    return timedOut(this.#options.clock, startedAt, { what, deadline: 'requestTimeoutMs', sent: why === undefined })
  }
}
