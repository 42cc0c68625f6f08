import {
  type AnyApi,
  brokerErrorName,
  KafkaError,
  type KafkaErrorCode,
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

type FailureClass = typeof AuthenticationError | typeof ConnectionError

// No mechanism needs more; a broker that goes on challenging would hold us for ever.
const MAX_ROUNDS = 16
// What a broker says may be anything, of any length.
const MAX_SHOWN = 500

/**
 * Authenticates one connection: SaslHandshake names the mechanism, SaslAuthenticate carries its messages (KIP-152).
 * @returns milliseconds that the session may live (KIP-368); 0 for no limit
 * @throws AuthenticationError; ConnectionError where the mechanism or a function for a secret throws, which may be tried again
 */
export async function authenticate(mechanism: SaslMechanism, broker: string, context: SaslContext, ask: Ask): Promise<number> {
  const { name } = mechanism
  const failed = (
    why: string,
    cause?: unknown,
    code: KafkaErrorCode = 'AUTHENTICATION_FAILED',
    Failure: FailureClass = AuthenticationError,
  ) => {
    return new Failure(code, `cannot authenticate with ${broker} by ${name}: ${why}`, { broker, phase: 'authenticate', cause })
  }
  const check = (errorCode: number, why: string | null) => {
    if (errorCode === 0) return
    const code = brokerErrorName(errorCode) ?? 'AUTHENTICATION_FAILED'
    throw failed(`the broker refuses it: ${(why || code).slice(0, MAX_SHOWN)}`, undefined, code)
  }

  const { errorCode, mechanisms } = await ask(SaslHandshake, { mechanism: name })
  // A listener without SASL offers none.
  check(errorCode, mechanisms.length > 0 ? `it offers ${mechanisms.join(', ')}` : 'leave out the option sasl')
  let exchange: SaslExchange
  try {
    exchange = await mechanism.start(context)
  } catch (cause) {
    // Where a secret is kept may be out of reach for a while: the next attempt may get it. A secret that is none stays what it is.
    const Failure = KafkaError.is(cause) && !cause.retriable ? AuthenticationError : ConnectionError
    throw failed(messageOf(cause), cause, undefined, Failure)
  }
  let message: unknown = exchange?.initial
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (!(message instanceof Uint8Array)) throw failed('the mechanism gave no bytes')
    const answer: ResponseOf<typeof SaslAuthenticate> = await ask(SaslAuthenticate, { authBytes: message })
    check(answer.errorCode, answer.errorMessage)
    try {
      message = await exchange.answer(answer.authBytes)
    } catch (cause) {
      // The mechanism does not believe the broker.
      throw failed(messageOf(cause), cause)
    }
    if (message === undefined) return Number(answer.sessionLifetimeMs)
  }
  throw failed(`the broker asked more than ${MAX_ROUNDS} times`)
}
