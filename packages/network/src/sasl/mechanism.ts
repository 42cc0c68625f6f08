import type { MaybePromise } from '../maybe-promise.ts'

/** What a mechanism is told about the connection that it authenticates. */
export interface SaslContext {
  /** The broker's host, as it is dialled. */
  readonly host: string
  /** The broker's port. */
  readonly port: number
  /** Aborts when the connection is given up. */
  readonly signal: AbortSignal
}

/** One conversation: what a mechanism says on one connection. */
export interface SaslExchange {
  /** The first message to the broker. */
  readonly initial: Uint8Array
  /** Answers a message of the broker; undefined where nothing is left to say. Throws where the broker is not who it should be. */
  answer(challenge: Buffer): MaybePromise<Uint8Array | undefined>
}

/**
 * How a client says who it is. `start` is called for each authentication, so that a secret can be asked for anew. An error that it throws
 * must not hold a secret; the attempt has failed then, and the next one asks again, unless it is a {@link KafkaError} that is not retriable.
 */
export interface SaslMechanism {
  /** The registered name: `PLAIN`, `SCRAM-SHA-256`. */
  readonly name: string
  /** Begins a conversation: gives the first message, and answers to what the broker says. */
  start(context: SaslContext): MaybePromise<SaslExchange>
}
