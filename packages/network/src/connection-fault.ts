import { DecodeError, KafkaError } from '@k/protocol'
import { AuthenticationError } from './errors/authentication-error.ts'
import { ConnectionError, type ConnectionPhase } from './errors/connection-error.ts'
import { TimeoutError } from './errors/timeout-error.ts'
import type { PendingRequest } from './pending-request.ts'

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused); is the broker running, and is this its port?',
  ENOTFOUND: 'the host name is not known (ENOTFOUND)',
  EAI_AGAIN: 'the name server did not answer (EAI_AGAIN)',
  ECONNRESET: 'the connection was reset by the other side',
  EPIPE: 'the other side has closed the connection',
  ETIMEDOUT: 'the other side did not answer (ETIMEDOUT); is a firewall between?',
  EHOSTUNREACH: 'there is no way to the host (EHOSTUNREACH)',
  ENETUNREACH: 'there is no way to the network (ENETUNREACH)',
  EMFILE: 'this process has too many open files and sockets (EMFILE)',
}

// What OpenSSL and Node say when a certificate is not accepted, by us or by the broker, or when no common TLS can be found.
const trust =
  /CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|ERR_TLS_|ERR_OSSL|ALERT_(?!INTERNAL)|UNSUPPORTED_PROTOCOL|NO_CIPHERS|KEY_TOO_SMALL/
const plainText = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL|HTTP_REQUEST/

/** What a request was waiting for when its time was up. */
const states = {
  sent: 'there was no answer',
  throttled: 'the broker throttles this client',
  connect: 'still connecting',
  versions: 'still asking for versions',
  authenticate: 'still authenticating',
  request: 'still waiting to be sent',
}

/** Where a connection was when it failed. */
interface Moment {
  readonly phase: ConnectionPhase
  /** Whether a request was ever answered on it. */
  readonly answered: boolean
}

/** Makes of what befalls one connection an error that says what to do. */
export class ConnectionFaults {
  /** The broker as people write it. */
  broker: string
  /** Whether the cluster has named it. Until then the address is the user's, and what is no broker there will be none in a second either. */
  isNamed = false
  readonly #tls: boolean
  readonly #sasl: boolean

  constructor(broker: string, wants: { readonly tls: boolean; readonly sasl: boolean }) {
    this.broker = broker
    this.#tls = wants.tls
    this.#sasl = wants.sasl
  }

  /** What the operating system, TLS or the transport said; undefined where the other side just ended. */
  of(cause: unknown, { phase, answered }: Moment): KafkaError {
    if (KafkaError.is(cause)) return cause
    const { broker } = this
    const { code, text } = read(cause)
    if (this.#tls && plainText.test(code)) {
      const message = `cannot connect to ${broker}: the other side does not speak TLS; leave out the option tls, or use the port of a TLS listener`
      return new ConnectionError('NOT_A_BROKER', message, { broker, phase: 'connect', cause, retriable: this.isNamed })
    }
    if (this.#tls && trust.test(code)) {
      const message = `TLS with ${broker} failed: ${text} (${code})`
      return new AuthenticationError('AUTHENTICATION_FAILED', message, { broker, phase: 'connect', cause })
    }
    const reason = cause === undefined ? `the other side closed it${this.#hint({ phase, answered })}` : (reasons[code] ?? (text || code))
    if (phase === 'connect') {
      const tls = this.#tls && code === 'ECONNRESET' ? '; is this the port of a TLS listener?' : ''
      return new ConnectionError('CONNECTION_FAILED', `cannot connect to ${broker}: ${reason}${tls}`, { broker, phase, cause })
    }
    return new ConnectionError('CONNECTION_CLOSED', `lost the connection to ${broker}: ${reason}`, { broker, phase, cause })
  }

  /** What this side found wrong, and closed the connection for. */
  closed(
    code: 'CONNECTION_CLOSED' | 'INVALID_FRAME' | 'NOT_A_BROKER' | 'MALFORMED_MESSAGE',
    why: string,
    phase: ConnectionPhase,
    cause?: unknown,
  ) {
    const { broker, isNamed } = this
    const retriable = code !== 'NOT_A_BROKER' || isNamed || phase === 'request'
    return new ConnectionError(code, `the connection to ${broker} was closed: ${why}`, { broker, phase, cause, retriable })
  }

  /** What befell a connection, for a request that had been written, or had not: only its own error says which. */
  forRequest(error: KafkaError, sent: boolean): KafkaError {
    if ((!ConnectionError.is(error) && !TimeoutError.is(error)) || error.sent === sent) return error
    const phase = sent ? 'request' : 'connect'
    return new ConnectionError('CONNECTION_CLOSED', error.message, { broker: this.broker, phase, cause: error })
  }

  /** An answer that cannot be decoded, for the request that it answers. */
  unreadable(error: Error): Error {
    if (!DecodeError.is(error)) return error
    const { api, version, position } = error
    const named = new DecodeError(`an answer of ${this.broker} is malformed: ${error.message}`, { cause: error })
    return Object.assign(named, { api, version, position })
  }

  /** No answer in time. */
  tooLate(request: PendingRequest, now: number, state: keyof typeof states): TimeoutError {
    const elapsedMs = Math.round(now - request.startedAt)
    const message = `${request.api.name} to ${this.broker} timed out after ${elapsedMs} ms (requestTimeoutMs): ${states[state]}`
    return new TimeoutError(message, { deadline: 'requestTimeoutMs', elapsedMs, sent: state === 'sent' })
  }

  /** What an end without a word may mean. */
  #hint({ phase, answered }: Moment): string {
    if (phase === 'versions') {
      return this.#tls
        ? ' before it said what it speaks; is this the port of a Kafka broker of 0.10 or newer?'
        : ' before it said what it speaks; does this listener want TLS (option tls), or is the broker older than 0.10?'
    }
    if (phase === 'authenticate') return ' during authentication'
    return answered || this.#sasl ? '' : ' at the first request; does this listener want SASL (option sasl)?'
  }
}

function read(cause: unknown): { code: string; text: string } {
  const { code, message } = (typeof cause === 'object' && cause !== null ? cause : {}) as { code?: unknown; message?: unknown }
  return { code: typeof code === 'string' ? code : '', text: typeof message === 'string' ? readable(message) : String(cause) }
}

/** OpenSSL's own words are between colons, after a number and two places in its source. */
function readable(message: string): string {
  return /error:[0-9A-F]+:[^:]*:[^:]*:([^:]+)/.exec(message)?.[1]?.trim() ?? message.trim()
}
