import { type AnyApi, type BrokerErrorCode, brokerErrorCodes, ConfigError } from '@k/protocol'
import type { RecordedRequest } from './request-recorder.ts'
import { type Fault, type FaultOptions, Rule, type RuleFilter } from './rule.ts'

/** Says what is to happen to the requests that were chosen. Each of the last three methods makes one rule. */
export class FaultChoice {
  readonly #make: (times: number, fault: Fault) => Rule
  readonly #times: number

  constructor(make: (times: number, fault: Fault) => Rule, times: number) {
    this.#make = make
    this.#times = times
  }

  /** Only the first request that fits. */
  once(): FaultChoice {
    return this.times(1)
  }

  /** Only the first `count` requests that fit. */
  times(count: number): FaultChoice {
    if (!Number.isInteger(count) || count < 1) throw new ConfigError('times', `must be a whole number of at least 1, not ${count}`)
    return new FaultChoice(this.#make, count)
  }

  /** Every request that fits, which is what happens when nothing else is said. */
  get always(): FaultChoice {
    return new FaultChoice(this.#make, Number.POSITIVE_INFINITY)
  }

  /** Answers with a code of Kafka's error table in every place that the request asks about. The work is not done, unless `afterWork`. */
  fail(code: BrokerErrorCode, { afterWork = false }: FaultOptions = {}): Rule {
    if (!brokerErrorCodes.includes(code)) throw new ConfigError('code', `must be one of Kafka's error codes, not ${code}`)
    return this.#make(this.#times, { kind: 'fail', code, afterWork })
  }

  /** Lets requests wait before they are looked at, and with them all later ones of their connection. Several delays add up. */
  delay(ms: number): Rule {
    if (!(ms >= 0)) throw new ConfigError('delay', `must be milliseconds of at least 0, not ${ms}`)
    return this.#make(this.#times, { kind: 'delay', ms })
  }

  /** Ends the connection instead of an answer. The work is not done, unless `afterWork`. */
  disconnect({ afterWork = false }: FaultOptions = {}): Rule {
    return this.#make(this.#times, { kind: 'disconnect', afterWork })
  }
}

/** The faults of a cluster. Every delay that fits a request applies, and of the others the oldest. */
export class Rules {
  #rules: Rule[] = []

  on<A extends AnyApi>(api: A, filter: RuleFilter<A>): FaultChoice {
    const make = (times: number, fault: Fault) => {
      const rule = new Rule(api, filter, times, fault, (gone) => {
        this.#rules = this.#rules.filter((each) => each !== gone)
      })
      this.#rules.push(rule)
      return rule
    }
    return new FaultChoice(make, Number.POSITIVE_INFINITY)
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
