import type { AnyApi, BrokerErrorCode, RequestOf } from '@k/protocol'
import type { RecordedRequest } from './request-recorder.ts'

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

/** What a rule does with a request. */
export type Fault =
  | { readonly kind: 'fail'; readonly code: BrokerErrorCode; readonly afterWork: boolean }
  | { readonly kind: 'disconnect'; readonly afterWork: boolean }
  | { readonly kind: 'delay'; readonly ms: number }

/** A fault for the requests that fit. */
export class Rule {
  readonly fault: Fault
  readonly #api: AnyApi
  readonly #filter: RuleFilter<AnyApi>
  readonly #remove: (rule: Rule) => void
  #left: number
  #hits = 0

  constructor(api: AnyApi, filter: RuleFilter<AnyApi>, times: number, fault: Fault, remove: (rule: Rule) => void) {
    this.#api = api
    this.#filter = filter
    this.#left = times
    this.fault = fault
    this.#remove = remove
  }

  /** How many requests it has struck. */
  get hits(): number {
    return this.#hits
  }

  /** Ends the rule. */
  remove(): void {
    this.#remove(this)
  }

  matches(request: RecordedRequest): boolean {
    const { broker, clientId, when } = this.#filter
    if (request.api !== this.#api.name) return false
    if (broker !== undefined && broker !== request.broker) return false
    if (clientId !== undefined && clientId !== request.clientId) return false
    return when?.(request.body) ?? true
  }

  /** Counts a request; the last one ends the rule. */
  hit(): void {
    this.#hits++
    if (--this.#left === 0) this.remove()
  }
}
