import type { AnyApi, RequestOf } from '@k/protocol'

/** A request that a broker has seen. */
export interface RecordedRequest<A extends AnyApi = AnyApi> {
  /** The API's name, as Kafka has it. */
  readonly api: string
  /** The version that the client chose. */
  readonly version: number
  /** The broker that was asked. */
  readonly broker: number
  /** Which connection it came on, by a number that no other connection of this cluster has. */
  readonly connection: number
  /** The number by which the client knows the answer. */
  readonly correlationId: number
  /** What the client calls itself. */
  readonly clientId: string | null
  /** The decoded request. */
  readonly body: RequestOf<A>
}

/** The latest requests of all brokers, in the order of their arrival: at most 10,000 of them, and 16 MiB. */
export interface RecordedRequests extends Iterable<RecordedRequest> {
  /** How many are kept. */
  readonly length: number
  /** Those of one API, oldest first. */
  list<A extends AnyApi>(api: A): RecordedRequest<A>[]
  /** All of them, oldest first. */
  list(): RecordedRequest[]
  /** All of them, or those of one API, a line for each: for the message of a failing test. See {@link formatRequest}. */
  format(api?: AnyApi): string
  /** Forgets what was seen. */
  clear(): void
  /** Calls `listener` with each request to come, until the returned function is called. */
  onRequest(listener: (request: RecordedRequest) => void): () => void
}
