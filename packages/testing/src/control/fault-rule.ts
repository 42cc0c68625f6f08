import { type AnyApi, type Clock, KafkaError, type Random } from '@k/protocol'
import { awaiting, type WaitOptions } from '../awaiting.ts'
import { shown } from '../option-checks.ts'
import type { Fault } from './fault.ts'
import type { RecordedRequest } from './recorded-requests.ts'
import type { HoldRule, RuleFilter } from './rule.ts'

/** How often a rule strikes of all the times that it could. */
export interface RuleLimits {
  readonly times: number
  readonly conditions: readonly (() => boolean)[]
  /** From 0 to 1. */
  readonly probability: number
}

/** What a rule needs of its surroundings. */
export interface RuleSurroundings {
  readonly random: Random
  /** On which a test waits. */
  readonly waitingClock: () => Clock
  readonly removed: (rule: FaultRule) => void
}

/** A fault for the requests that fit. */
export class FaultRule implements HoldRule {
  readonly fault: Fault
  readonly #api: AnyApi | undefined
  readonly #filter: RuleFilter<AnyApi>
  readonly #limits: RuleLimits
  readonly #surroundings: RuleSurroundings
  readonly #watchers = new Set<() => void>()
  #hits = 0

  constructor(api: AnyApi | undefined, filter: RuleFilter<AnyApi>, limits: RuleLimits, fault: Fault, surroundings: RuleSurroundings) {
    this.#api = api
    this.#filter = filter
    this.#limits = limits
    this.fault = fault
    this.#surroundings = surroundings
  }

  get hits(): number {
    return this.#hits
  }

  get held(): number {
    return this.fault.kind === 'hold' ? this.fault.gate.waiting : 0
  }

  remove(): void {
    this.#surroundings.removed(this)
  }

  release(): void {
    this.remove()
    if (this.fault.kind === 'hold') this.fault.gate.open()
  }

  async struck(count = 1, options?: WaitOptions): Promise<void> {
    if (!(count >= 1)) throw new KafkaError('INVALID_ARGUMENT', `a fault strikes at least 1 time, not ${shown(count)}`)
    const what = () => `the fault for ${this.#api?.name ?? 'any API'} struck ${this.#hits} of ${count} times`
    const watch = (look: () => void) => {
      this.#watchers.add(look)
      return () => this.#watchers.delete(look)
    }
    await awaiting(() => this.#hits >= count, watch, what, options, this.#surroundings.waitingClock())
  }

  matches(request: RecordedRequest): boolean {
    const { broker, clientId, connection, when } = this.#filter
    if (this.#api !== undefined && request.api !== this.#api.name) return false
    if (broker !== undefined && broker !== request.broker) return false
    if (clientId !== undefined && clientId !== request.clientId) return false
    if (connection !== undefined && connection !== request.connection) return false
    if (when !== undefined && !when(request.body)) return false
    const { conditions, probability } = this.#limits
    if (!conditions.every((condition) => condition())) return false
    return probability === 1 || this.#surroundings.random.next() < probability
  }

  /** Counts a request; the last one ends the rule. */
  hit(): void {
    this.#hits++
    if (this.#hits === this.#limits.times) this.remove()
    for (const watcher of [...this.#watchers]) watcher()
  }
}
