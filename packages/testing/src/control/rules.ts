import type { AnyApi } from '@k/protocol'
import { type FaultChoice, faultChoice } from './fault-choice.ts'
import { FaultRule } from './fault-rule.ts'
import type { RecordedRequest } from './recorded-requests.ts'
import type { Fault, RuleFilter } from './rule.ts'

/** The faults of a cluster. Every delay that fits a request applies, and of the others the oldest. */
export class Rules {
  #rules: FaultRule[] = []

  on<A extends AnyApi>(api: A, filter: RuleFilter<A>): FaultChoice {
    const make = (times: number, fault: Fault) => {
      const rule = new FaultRule(api, filter, times, fault, (gone) => {
        this.#rules = this.#rules.filter((each) => each !== gone)
      })
      this.#rules.push(rule)
      return rule
    }
    return faultChoice(make, Number.POSITIVE_INFINITY)
  }

  /** What is to happen to a request, which counts as a hit of each rule that is used. */
  strike(request: RecordedRequest): { delayMs: number; fault: Exclude<Fault, { kind: 'delay' }> | undefined } {
    let delayMs = 0
    let fault: Exclude<Fault, { kind: 'delay' }> | undefined
    for (const rule of this.#rules) {
      const isDelay = rule.fault.kind === 'delay'
      if ((!isDelay && fault !== undefined) || !rule.matches(request)) continue
      rule.hit()
      if (rule.fault.kind === 'delay') delayMs += rule.fault.ms
      else fault = rule.fault
    }
    return { delayMs, fault }
  }

  clear(): void {
    this.#rules = []
  }
}
