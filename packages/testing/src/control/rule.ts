import type { AnyApi, BrokerErrorCode, RequestOf } from '@k/protocol'

/** Which requests of an API a rule is for. Default: all. */
export interface RuleFilter<A extends AnyApi> {
  /** Only those that this broker gets. */
  readonly broker?: number
  /** Only those of this client. */
  readonly clientId?: string
  /** Only those for which this is true of the decoded request. */
  readonly when?: (request: RequestOf<A>) => boolean
}

/** When a fault strikes. */
export interface FaultOptions {
  /** After the broker has done the work, so that only the answer is lost or another. Default: false */
  readonly afterWork?: boolean
}

/** A fault that was set, for as long as it lasts. */
export interface Rule {
  /** How many requests it has struck. */
  readonly hits: number
  /** Ends the rule. A second call does nothing. */
  remove(): void
}

/** What a rule does with a request. */
export type Fault =
  | { readonly kind: 'fail'; readonly code: BrokerErrorCode; readonly afterWork: boolean }
  | { readonly kind: 'disconnect'; readonly afterWork: boolean }
  | { readonly kind: 'delay'; readonly ms: number }
