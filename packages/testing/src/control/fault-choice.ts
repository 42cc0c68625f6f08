import { type BrokerErrorCode, brokerErrorCodes, ConfigError } from '@k/protocol'
import type { Fault, FaultOptions, Rule } from './rule.ts'

/** Says what is to happen to the requests that were chosen. Each of the last three methods makes one rule. */
export interface FaultChoice {
  /** Only the first request that fits. */
  once(): FaultChoice
  /**
   * Only the first `count` requests that fit.
   * @throws ConfigError for less than one
   */
  times(count: number): FaultChoice
  /** Every request that fits, which is what happens when nothing else is said. */
  readonly always: FaultChoice
  /**
   * Answers with a code of Kafka's error table in every place that the request asks about. The work is not done, unless `afterWork`.
   * @throws ConfigError for a code that the table does not have
   */
  fail(code: BrokerErrorCode, options?: FaultOptions): Rule
  /**
   * Lets requests wait before they are looked at, and with them all later ones of their connection. Several delays add up.
   * @throws ConfigError for less than 0 ms
   */
  delay(ms: number): Rule
  /** Ends the connection instead of an answer. The work is not done, unless `afterWork`. */
  disconnect(options?: FaultOptions): Rule
}

/** A choice whose rules are made by `make`. */
export function faultChoice(make: (times: number, fault: Fault) => Rule, times: number): FaultChoice {
  return {
    once: () => faultChoice(make, 1),
    times(count) {
      if (Number.isInteger(count) && count >= 1) return faultChoice(make, count)
      throw new ConfigError('times', `must be a whole number of at least 1, not ${count}`)
    },
    get always() {
      return faultChoice(make, Number.POSITIVE_INFINITY)
    },
    fail(code, { afterWork = false } = {}) {
      if (brokerErrorCodes.includes(code)) return make(times, { kind: 'fail', code, afterWork })
      throw new ConfigError('code', `must be one of Kafka's error codes, not ${code}`)
    },
    delay(ms) {
      if (ms >= 0) return make(times, { kind: 'delay', ms })
      throw new ConfigError('delay', `must be milliseconds of at least 0, not ${ms}`)
    },
    disconnect: ({ afterWork = false } = {}) => make(times, { kind: 'disconnect', afterWork }),
  }
}
