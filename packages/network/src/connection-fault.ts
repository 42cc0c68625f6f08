import { KafkaError } from '@k/protocol'
import { AuthenticationError } from './errors/authentication-error.ts'
import { ConnectionError, type ConnectionPhase } from './errors/connection-error.ts'

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

/** Where a connection was when it failed, and what it is. */
export interface FaultContext {
  readonly broker: string
  readonly phase: ConnectionPhase
  readonly tls: boolean
  readonly sasl: boolean
  /** Whether a request was ever answered on this connection. */
  readonly answered: boolean
}

/** Makes of what the operating system, TLS or the transport said an error that says what to do. */
export function connectFault(cause: unknown, context: FaultContext): KafkaError {
  if (KafkaError.is(cause)) return cause
  const { broker, phase, tls } = context
  const error = cause as { code?: unknown; message?: unknown } | null | undefined
  const code = typeof error?.code === 'string' ? error.code : ''
  const text = typeof error?.message === 'string' ? error.message : String(cause)
  if (tls && plainText.test(code)) {
    const message = `cannot connect to ${broker}: the other side does not speak TLS; leave out the option tls, or use the port of a TLS listener`
    return new ConnectionError('NOT_A_BROKER', message, { broker, phase: 'connect', cause })
  }
  if (tls && trust.test(code)) {
    return new AuthenticationError('AUTHENTICATION_FAILED', `TLS with ${broker} failed: ${text} (${code})`, {
      broker,
      phase: 'connect',
      cause,
    })
  }
  if (tls && phase === 'connect' && code === 'ECONNRESET') {
    const message = `cannot connect to ${broker}: it ended the connection during the TLS handshake; is this the port of a TLS listener?`
    return new ConnectionError('CONNECTION_FAILED', message, { broker, phase, cause })
  }
  const reason = cause === undefined ? `the other side closed it${hint(context)}` : (reasons[code] ?? (text === '' ? code : text))
  if (phase === 'connect')
    return new ConnectionError('CONNECTION_FAILED', `cannot connect to ${broker}: ${reason}`, { broker, phase, cause })
  return new ConnectionError('CONNECTION_CLOSED', `lost the connection to ${broker}: ${reason}`, { broker, phase, cause })
}

/** What an end without a word may mean. */
function hint({ phase, tls, sasl, answered }: FaultContext): string {
  if (phase === 'versions') {
    return tls
      ? ' before it said what it speaks; is this the port of a Kafka broker of 0.10 or newer?'
      : ' before it said what it speaks; does this listener want TLS (option tls), or is the broker older than 0.10?'
  }
  if (phase === 'authenticate') return ' during authentication'
  return answered || sasl ? '' : ' at the first request; does this listener want SASL (option sasl)?'
}
