import type { AnyApi, Clock, Random } from '@k/protocol'
import { isWait, type Outcome, type Wait } from './fault.ts'
import { type FaultChoice, faultChoice } from './fault-choice.ts'
import { FaultRule } from './fault-rule.ts'
import type { Gate } from './gate.ts'
import type { RecordedRequest } from './recorded-requests.ts'
import type { RuleFilter } from './rule.ts'

/** What is to happen to a request. */
export interface Strike {
  readonly waits: readonly Wait[]
  readonly outcome: Outcome | undefined
}

const NOTHING: Strike = { waits: [], outcome: undefined }

/** The faults of a cluster. Every wait that fits a request applies, and of the others the oldest. */
export class Rules {
  readonly #random: Random
  readonly #waitingClock: () => Clock
  #rules: FaultRule[] = []
  /** Also those whose rule has ended, and which still hold something. */
  #gates: Gate[] = []

  constructor(random: Random, waitingClock: () => Clock) {
    this.#random = random
    this.#waitingClock = waitingClock
  }

  /** @param api - undefined for every API */
  on<A extends AnyApi>(api: A | undefined, filter: RuleFilter<A>): FaultChoice<A> {
    const surroundings = {
      random: this.#random,
      waitingClock: this.#waitingClock,
      removed: (gone: FaultRule) => {
        this.#rules = this.#rules.filter((each) => each !== gone)
      },
    }
    return faultChoice(
      (limits, fault) => {
        const rule = new FaultRule(api, filter, limits, fault, surroundings)
        this.#rules.push(rule)
        if (fault.kind === 'hold') this.#gates.push(fault.gate)
        return rule
      },
      { times: Number.POSITIVE_INFINITY, conditions: [], probability: 1 },
      this.#random,
    )
  }

  /** What is to happen to a request, which counts as a hit of each rule that is used. */
  strike(request: RecordedRequest): Strike {
    if (this.#rules.length === 0) return NOTHING
    const waits: Wait[] = []
    let outcome: Outcome | undefined
    for (const rule of this.#rules) {
      const { fault } = rule
      if ((!isWait(fault) && outcome !== undefined) || !rule.matches(request)) continue
      rule.hit()
      if (isWait(fault)) waits.push(fault)
      else outcome = fault
    }
    return { waits, outcome }
  }

  /** Ends all rules; what is held goes on. */
  clear(): void {
    const gates = this.#gates
    this.#rules = []
    this.#gates = []
    for (const gate of gates) gate.open()
  }
}
