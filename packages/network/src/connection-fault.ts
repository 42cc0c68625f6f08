import { DecodeError, KafkaError, type KafkaErrorCode } from '@k/protocol'
import { formatHostPort } from './bootstrap-servers.ts'
import type { ConnectionTarget } from './connection-target.ts'
import { AuthenticationError } from './errors/authentication-error.ts'
import { ConnectionError, type ConnectionPhase } from './errors/connection-error.ts'
import { TimeoutError } from './errors/timeout-error.ts'
import type { ResolvedOptions } from './options.ts'
import type { PendingRequest } from './pending-request.ts'

/** Where the operating system's own words do not say what to do. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; is the broker running?',
  ENOTFOUND: 'the host name is not known',
  ECONNRESET: 'the connection was reset',
  ETIMEDOUT: 'there was no answer; is a firewall between?',
}

// What OpenSSL and Node say when a certificate is not accepted, by us or by the broker, or when no common TLS can be found.
const trust =
  /CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|ERR_TLS_|ERR_OSSL|ALERT_(?!INTERNAL)|UNSUPPORTED_PROTOCOL|NO_CIPHERS|KEY_TOO_SMALL/
const plainText = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL|HTTP_REQUEST/

/** How far a connection has come, and what befalls it there, as an error that says what to do. */
export class ConnectionFaults {
  readonly #target: ConnectionTarget
  readonly #options: ResolvedOptions
  /**
   * Undefined until the cluster has named the broker. Until then the address is the user's, and what is no broker there will be none in a
   * second either.
   */
  brokerId: number | undefined
  phase: ConnectionPhase = 'connect'
  /** Whether a request was ever answered. */
  answered = false

  constructor(target: ConnectionTarget, options: ResolvedOptions) {
    this.#target = target
    this.#options = options
    this.brokerId = target.brokerId
  }

  /** The broker as people write it. */
  get broker(): string {
    const address = formatHostPort(this.#target)
    return this.brokerId === undefined ? address : `broker ${this.brokerId} (${address})`
  }

  /** What the operating system, TLS or the transport said; undefined where the other side just ended. */
  of(cause: unknown): KafkaError {
    if (KafkaError.is(cause)) return cause
    const { broker, phase } = this
    const { tls } = this.#options
    const code = String(Object(cause).code ?? '')
    const text = readable(Object(cause).message ?? String(cause))
    if (tls && plainText.test(code)) {
      const why = 'the other side does not speak TLS: leave out the option tls, or use another port'
      return this.#error('NOT_A_BROKER', `cannot connect to ${broker}: ${why}`, cause, 'connect')
    }
    if (tls && trust.test(code)) {
      const message = `TLS with ${broker} failed: ${text} (${code})`
      return new AuthenticationError('AUTHENTICATION_FAILED', message, { broker, phase: 'connect', cause })
    }
    const why = cause === undefined ? `the other side closed it${this.#hint()}` : (reasons[code] ?? (text || code))
    if (phase !== 'connect') return this.#error('CONNECTION_CLOSED', `lost the connection to ${broker}: ${why}`, cause)
    const hint = tls && code === 'ECONNRESET' ? '; is this the port of a TLS listener?' : ''
    return this.#error('CONNECTION_FAILED', `cannot connect to ${broker}: ${why}${hint}`, cause)
  }

  /** What this side found wrong, and closed the connection for. */
  closed(code: KafkaErrorCode, why: string, cause?: unknown): ConnectionError {
    return this.#error(code, `the connection to ${this.broker} was closed: ${why}`, cause)
  }

  /** What befell the connection, for a request that had been written, or had not: only its own error says which. */
  forRequest(error: KafkaError, sent: boolean): KafkaError {
    if (!('sent' in error) || error.sent === sent) return error
    return this.#error('CONNECTION_CLOSED', error.message, error, sent ? 'request' : 'connect')
  }

  #error(code: KafkaErrorCode, message: string, cause: unknown, phase = this.phase): ConnectionError {
    const { broker, brokerId } = this
    const retriable = code !== 'NOT_A_BROKER' || brokerId !== undefined || phase === 'request'
    return new ConnectionError(code, message, { broker, phase, cause, retriable })
  }

  /** An answer that cannot be decoded, for the request that it answers. */
  unreadable(error: Error): Error {
    if (!DecodeError.is(error)) return error
    const { api, version, position } = error
    const named = new DecodeError(`an answer of ${this.broker} is malformed: ${error.message}`, { cause: error })
    return Object.assign(named, { api, version, position })
  }

  /** No answer in time. */
  tooLate({ api, startedAt }: PendingRequest, now: number, sent: boolean, isThrottled: boolean): TimeoutError {
    const elapsedMs = Math.round(now - startedAt)
    const why = sent ? 'there was no answer' : isThrottled ? 'the broker throttles this client' : `not sent yet (phase ${this.phase})`
    const message = `${api.name} to ${this.broker} timed out after ${elapsedMs} ms (requestTimeoutMs): ${why}`
    return new TimeoutError(message, { deadline: 'requestTimeoutMs', elapsedMs, sent })
  }

  /** What an end without a word may mean. */
  #hint(): string {
    const { tls, sasl } = this.#options
    if (this.phase === 'versions') return tls ? '; is this the port of a Kafka broker?' : '; does this listener want TLS (option tls)?'
    return this.answered || sasl || this.phase !== 'request' ? '' : '; does this listener want SASL (option sasl)?'
  }
}

/** OpenSSL's own words are between colons, after a number and two places in its source. */
function readable(message: unknown): string {
  const text = String(message)
  return (/error:[0-9A-F]+:[^:]*:[^:]*:([^:]+)/.exec(text)?.[1] ?? text).trim()
}
