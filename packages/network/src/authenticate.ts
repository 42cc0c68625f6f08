import {
  type AnyApi,
  brokerErrorName,
  KafkaError,
  type RequestInputOf,
  type ResponseOf,
  SaslAuthenticate,
  SaslHandshake,
} from '@k/protocol'
import { AuthenticationError } from './errors/authentication-error.ts'
import { ConnectionError } from './errors/connection-error.ts'
import type { SaslContext, SaslExchange, SaslMechanism } from './sasl/mechanism.ts'

/** Sends one request of the authentication. */
export type Ask = <A extends AnyApi>(api: A, body: RequestInputOf<A>) => Promise<ResponseOf<A>>

// No mechanism needs more; a broker that goes on challenging would hold us for ever.
const MAX_ROUNDS = 16
const MAX_SHOWN = 500

/**
 * Authenticates one connection: SaslHandshake names the mechanism, SaslAuthenticate carries its messages (KIP-152).
 * @returns milliseconds that the session may live (KIP-368); 0 for no limit
 * @throws AuthenticationError; ConnectionError where the mechanism or a function for a secret throws, which may be tried again
 */
export async function authenticate(mechanism: SaslMechanism, broker: string, context: SaslContext, ask: Ask): Promise<number> {
  const handshake = await ask(SaslHandshake, { mechanism: mechanism.name })
  if (handshake.errorCode !== 0) throw refusedMechanism(mechanism.name, broker, handshake.errorCode, handshake.mechanisms)
  const exchange = await start(broker, mechanism, context)
  let message: Uint8Array | undefined = exchange.initial
  let lifetimeMs = 0
  for (let round = 0; message !== undefined; round++) {
    if (round === MAX_ROUNDS) {
      throw new AuthenticationError('AUTHENTICATION_FAILED', `${broker} asked more than ${MAX_ROUNDS} times during ${mechanism.name}`, {
        broker,
      })
    }
    const response: ResponseOf<typeof SaslAuthenticate> = await ask(SaslAuthenticate, { authBytes: message })
    if (response.errorCode !== 0) throw refused(mechanism.name, broker, response.errorCode, response.errorMessage)
    const { authBytes } = response
    lifetimeMs = Number(response.sessionLifetimeMs)
    message = await guard(broker, mechanism, async () => {
      const answer = await exchange.answer(authBytes)
      if (answer === undefined || answer instanceof Uint8Array) return answer
      throw new TypeError('answer() gave something else than bytes')
    })
  }
  return lifetimeMs
}

/** Where a secret is kept may be out of reach for a while: the next attempt may get it. A secret that is none stays what it is. */
async function start(broker: string, mechanism: SaslMechanism, context: SaslContext): Promise<SaslExchange> {
  let exchange: SaslExchange | undefined
  try {
    exchange = await mechanism.start(context)
  } catch (cause) {
    if (KafkaError.is(cause) && !cause.retriable) throw failed(broker, mechanism, cause)
    throw new ConnectionError('AUTHENTICATION_FAILED', sentence(broker, mechanism, cause), { broker, phase: 'authenticate', cause })
  }
  if (exchange?.initial instanceof Uint8Array) return exchange
  throw failed(broker, mechanism, new TypeError('start() gave no first message'))
}

/** What a mechanism throws that does not believe the broker becomes an error of the connection. */
async function guard<T>(broker: string, mechanism: SaslMechanism, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (cause) {
    throw failed(broker, mechanism, cause)
  }
}

function failed(broker: string, mechanism: SaslMechanism, cause: unknown): AuthenticationError {
  if (AuthenticationError.is(cause)) return cause
  return new AuthenticationError('AUTHENTICATION_FAILED', sentence(broker, mechanism, cause), { broker, cause })
}

function sentence(broker: string, { name }: SaslMechanism, cause: unknown): string {
  const why = cause instanceof Error ? cause.message : 'something that is no Error was thrown'
  return `cannot authenticate with ${broker} by ${name}: ${why}`
}

function refusedMechanism(name: string, broker: string, errorCode: number, offered: readonly string[]): AuthenticationError {
  const code = brokerErrorName(errorCode) ?? 'AUTHENTICATION_FAILED'
  const why =
    code === 'UNSUPPORTED_SASL_MECHANISM'
      ? `it offers ${offered.length === 0 ? 'no other' : brief(offered.slice(0, 20).join(', '))}`
      : code === 'ILLEGAL_SASL_STATE'
        ? 'this listener does not want SASL: leave out the option sasl, or use the port of a SASL listener'
        : `error code ${errorCode}`
  return new AuthenticationError(code, `${broker} refuses SASL mechanism ${name} (${code}): ${why}`, { broker })
}

function refused(name: string, broker: string, errorCode: number, said: string | null): AuthenticationError {
  const code = brokerErrorName(errorCode) ?? 'AUTHENTICATION_FAILED'
  const why = said === null || said === '' ? 'are user name and password right?' : `it says "${brief(said)}"`
  return new AuthenticationError(code, `${broker} refuses who we are (SASL ${name}, ${code}): ${why}`, { broker })
}

/** What a broker says may be anything, of any length. */
function brief(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}...`
}
