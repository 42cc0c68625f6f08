import type { AnyApi } from '@k/protocol'
import type { RecordedRequest } from './recorded-requests.ts'
import type { Fault, Rule, RuleFilter } from './rule.ts'

/** A fault for the requests that fit. */
export class FaultRule implements Rule {
  readonly fault: Fault
  readonly #api: AnyApi
  readonly #filter: RuleFilter<AnyApi>
  readonly #remove: (rule: FaultRule) => void
  #left: number
  #hits = 0

  constructor(api: AnyApi, filter: RuleFilter<AnyApi>, times: number, fault: Fault, remove: (rule: FaultRule) => void) {
    this.#api = api
    this.#filter = filter
    this.#left = times
    this.fault = fault
    this.#remove = remove
  }

  get hits(): number {
    return this.#hits
  }

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
