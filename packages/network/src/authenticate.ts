import {
  type AnyApi,
  brokerErrorName,
  KafkaError,
  type RequestInputOf,
  type ResponseOf,
  SaslAuthenticate,
  SaslHandshake,
} from '@k/protocol'
import { messageOf } from './deadline.ts'
import { AuthenticationError } from './errors/authentication-error.ts'
import { ConnectionError } from './errors/connection-error.ts'
import type { SaslContext, SaslExchange, SaslMechanism } from './sasl/mechanism.ts'

/** Sends one request of the authentication. */
export type Ask = <A extends AnyApi>(api: A, body: RequestInputOf<A>) => Promise<ResponseOf<A>>

// No mechanism needs more; a broker that goes on challenging would hold us for ever.
const MAX_ROUNDS = 16
const MAX_SHOWN = 500
const ILLEGAL_SASL_STATE = 34

/**
 * Authenticates one connection: SaslHandshake names the mechanism, SaslAuthenticate carries its messages (KIP-152).
 * @returns milliseconds that the session may live (KIP-368); 0 for no limit
 * @throws AuthenticationError; ConnectionError where the mechanism or a function for a secret throws, which may be tried again
 */
export async function authenticate(mechanism: SaslMechanism, broker: string, context: SaslContext, ask: Ask): Promise<number> {
  const { name } = mechanism
  const sentence = (why: string) => `cannot authenticate with ${broker} by ${name}: ${why}`

  /** What a mechanism throws that does not believe the broker becomes an error of the connection. */
  const failed = (cause: unknown) => {
    if (AuthenticationError.is(cause)) return cause
    return new AuthenticationError('AUTHENTICATION_FAILED', sentence(messageOf(cause)), { broker, cause })
  }

  const refused = (errorCode: number, why: string) => {
    const code = brokerErrorName(errorCode) ?? 'AUTHENTICATION_FAILED'
    return new AuthenticationError(code, `${broker} refuses SASL ${name} (${code}): ${why}`, { broker })
  }

  /** Where a secret is kept may be out of reach for a while: the next attempt may get it. A secret that is none stays what it is. */
  const start = async (): Promise<SaslExchange> => {
    try {
      return await mechanism.start(context)
    } catch (cause) {
      if (KafkaError.is(cause) && !cause.retriable) throw failed(cause)
      throw new ConnectionError('AUTHENTICATION_FAILED', sentence(messageOf(cause)), { broker, phase: 'authenticate', cause })
    }
  }

  const { errorCode, mechanisms } = await ask(SaslHandshake, { mechanism: name })
  if (errorCode === ILLEGAL_SASL_STATE) throw refused(errorCode, 'leave out the option sasl, or use the port of a SASL listener')
  if (errorCode !== 0) throw refused(errorCode, `it offers ${brief(mechanisms.slice(0, 20).join(', ')) || 'no other'}`)
  const exchange = await start()
  let message: unknown = exchange?.initial
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (!(message instanceof Uint8Array)) throw failed(new TypeError('the mechanism gave something else than bytes'))
    const answer: ResponseOf<typeof SaslAuthenticate> = await ask(SaslAuthenticate, { authBytes: message })
    if (answer.errorCode !== 0) {
      throw refused(answer.errorCode, answer.errorMessage ? `"${brief(answer.errorMessage)}"` : 'are user name and password right?')
    }
    try {
      message = await exchange.answer(answer.authBytes)
    } catch (cause) {
      throw failed(cause)
    }
    if (message === undefined) return Number(answer.sessionLifetimeMs)
  }
  throw failed(new Error(`the broker asked more than ${MAX_ROUNDS} times`))
}

/** What a broker says may be anything, of any length. */
function brief(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}...`
}
