import type { AnyApi, BrokerErrorCode, RequestOf, ResponseInputOf } from '@k/protocol'
import type { BrokerState } from '../broker-state.ts'
import type { ClusterState } from '../cluster-state.ts'
import type { SaslSession } from '../sasl-session.ts'

/** What a handler knows besides the request. */
export interface RequestContext {
  readonly cluster: ClusterState
  /** The broker that was asked. */
  readonly broker: BrokerState
  readonly version: number
  readonly clientId: string | null
  readonly clientHost: string
  readonly sasl: SaslSession
  /** Calls `callback` when the connection ends, until the returned function is called. */
  onClose(callback: () => void): () => void
}

/** What a handler answers: a response, or nothing at all, or the end of the connection. */
export type Answer<A extends AnyApi> = ResponseInputOf<A> | 'no answer' | 'disconnect'

/** How one API is served. */
export interface Handler<A extends AnyApi = AnyApi> {
  readonly api: A
  /** The versions that are understood here; a cluster serves those of them that its release has. */
  readonly versions: readonly [number, number]
  handle(request: RequestOf<A>, context: RequestContext): Answer<A> | Promise<Answer<A>>
  /** The response that refuses everything that was asked for with one code. */
  refuse(request: RequestOf<A>, code: BrokerErrorCode, context: RequestContext): Answer<A>
}

/** Declares a handler, its types taken from the API. */
export function handler<A extends AnyApi>(declaration: Handler<A>): Handler<A> {
  return declaration
}
