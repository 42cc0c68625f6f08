import {
  type AnyApi,
  type BrokerErrorCode,
  brokerErrorCodes,
  brokerErrorRow,
  ConfigError,
  type Random,
  type RequestOf,
  type ResponseInputOf,
  type ResponseOf,
} from '@k/protocol'
import { checkNames, checkType, shown } from '../option-checks.ts'
import type { AnswerChange, ChangedBytes, Fault } from './fault.ts'
import type { RuleLimits } from './fault-rule.ts'
import { Gate } from './gate.ts'
import type { RecordedRequest } from './recorded-requests.ts'
import type { FaultOptions, HoldRule, Rule } from './rule.ts'

/**
 * Says what is to happen to the requests that were chosen. The first five narrow down which of them, and can be strung together; each of the
 * others makes one rule.
 */
export interface FaultChoice<A extends AnyApi = AnyApi> {
  /** Only the first request that fits. */
  once(): FaultChoice<A>
  /**
   * Only the first `count` requests that fit.
   * @throws ConfigError for less than one
   */
  times(count: number): FaultChoice<A>
  /** Every request that fits, which is what happens when nothing else is said. */
  readonly always: FaultChoice<A>
  /** Only while `condition` returns true; it is asked for each request. */
  while(condition: () => boolean): FaultChoice<A>
  /**
   * Only so many of the requests that fit, 0.1 for one of ten, as the cluster's `random` has it.
   * @throws ConfigError for what is not from 0 to 1
   */
  chance(probability: number): FaultChoice<A>
  /**
   * Answers with a code of Kafka's error table in every place that the request asks about, or with any number, also one that no table has. The
   * work is not done, unless `afterWork`.
   * @throws ConfigError for a code that the table does not have
   */
  fail(code: BrokerErrorCode | number, options?: FaultOptions): Rule
  /**
   * Lets requests wait before they are looked at, and with them all later ones of their connection; `afterWork` their answers. Several add up.
   * @throws ConfigError for less than 0 ms
   */
  delay(ms: number, options?: FaultOptions): Rule
  /** Lets requests wait, as `delay` does, until `release` is called. */
  hold(options?: FaultOptions): HoldRule
  /** Ends the connection instead of an answer. The work is not done, unless `afterWork`. */
  disconnect(options?: FaultOptions): Rule
  /** Does the work and never answers. The connection goes on. */
  dropAnswer(): Rule
  /** From this request on nothing on its connection is read or answered, and the connection stays open. The work is not done, unless `afterWork`. */
  blackhole(options?: FaultOptions): Rule
  /**
   * Says in the answer that the client sends too much (`throttleTimeMs`), and looks at nothing more from this connection for so long; before
   * Kafka 2.0 the answer itself comes that late (KIP-219).
   * @throws ConfigError for less than 0 ms
   */
  throttle(ms: number): Rule
  /** Sends the answer twice. */
  answerTwice(): Rule
  /**
   * Sends the first `bytes` of the answer, of which the first 4 are its size, and ends the connection.
   * @throws ConfigError for less than 0
   */
  cutAnswer(bytes: number): Rule
  /**
   * Flips one bit of the answer, counted from the first bit of its size; without a number any bit behind size and correlation id.
   * @throws ConfigError for less than 0
   */
  flipBit(bit?: number): Rule
  /** Sends the answer as if it belonged to another request. */
  wrongCorrelationId(): Rule
  /** Sends what `change` makes of the answer after the work; nothing where it returns undefined. The third argument tells who asked whom. */
  answer(change: (response: ResponseOf<A>, request: RequestOf<A>, recorded: RecordedRequest<A>) => ResponseInputOf<A> | undefined): Rule
  /** Sends what `change` makes of the answer's bytes, which begin with 4 bytes of size; nothing where there are none. */
  answerBytes(change: (frame: Buffer) => Uint8Array): Rule
}

/** Where the correlation id lies in an answer, and what comes behind it. */
const CORRELATION_ID = 4
const BODY = 8

/** A choice whose rules are made by `make`. */
export function faultChoice<A extends AnyApi>(
  make: (limits: RuleLimits, fault: Fault) => HoldRule,
  limits: RuleLimits,
  random: Random,
): FaultChoice<A> {
  const narrowed = (change: Partial<RuleLimits>) => faultChoice<A>(make, { ...limits, ...change }, random)
  const rule = (fault: Fault) => make(limits, fault)
  const bytes = (change: (frame: Buffer) => ChangedBytes) => rule({ kind: 'bytes', change, afterWork: true })
  const whole = (change: (frame: Buffer) => Uint8Array) => bytes((frame) => ({ bytes: change(frame), ends: false }))
  return {
    once: () => narrowed({ times: 1 }),
    times(count) {
      if (Number.isInteger(count) && count >= 1) return narrowed({ times: count })
      throw new ConfigError('times', `must be a whole number of at least 1, not ${count}`)
    },
    get always() {
      return narrowed({ times: Number.POSITIVE_INFINITY })
    },
    while(condition) {
      checkIsFunction('while', condition)
      return narrowed({ conditions: [...limits.conditions, condition] })
    },
    chance(probability) {
      if (probability >= 0 && probability <= 1) return narrowed({ probability: limits.probability * probability })
      throw new ConfigError('chance', `must be from 0 to 1, not ${probability}`)
    },
    fail: (code, options) => rule({ kind: 'fail', errorCode: numberOf(code), afterWork: isAfterWork(options) }),
    delay: (ms, options) => rule({ kind: 'delay', ms: atLeast0('delay', 'milliseconds', ms), afterWork: isAfterWork(options) }),
    hold: (options) => rule({ kind: 'hold', gate: new Gate(), afterWork: isAfterWork(options) }),
    disconnect: (options) => rule({ kind: 'disconnect', afterWork: isAfterWork(options) }),
    dropAnswer: () => rule({ kind: 'answer', change: () => undefined, afterWork: true }),
    blackhole: (options) => rule({ kind: 'blackhole', afterWork: isAfterWork(options) }),
    throttle: (ms) => rule({ kind: 'throttle', ms: atLeast0('throttle', 'milliseconds', ms), afterWork: true }),
    answerTwice: () => whole((frame) => Buffer.concat([frame, frame])),
    cutAnswer(length) {
      atLeast0('cutAnswer', 'a number of bytes', length)
      return bytes((frame) => ({ bytes: frame.subarray(0, length), ends: true }))
    },
    flipBit(bit) {
      if (bit !== undefined) atLeast0('flipBit', 'the number of a bit', bit)
      return whole((frame) => flip(frame, bit ?? BODY * 8 + Math.floor(random.next() * (frame.length - BODY) * 8)))
    },
    wrongCorrelationId: () =>
      whole((frame) => {
        frame.writeInt32BE(frame.readInt32BE(CORRELATION_ID) ^ 0x40000000, CORRELATION_ID)
        return frame
      }),
    answer(change) {
      checkIsFunction('answer', change)
      return rule({ kind: 'answer', change: change as unknown as AnswerChange, afterWork: true })
    },
    answerBytes(change) {
      checkIsFunction('answerBytes', change)
      return whole(change)
    },
  }
}

function numberOf(code: BrokerErrorCode | number): number {
  if (typeof code === 'number') {
    if (Number.isInteger(code) && code >= -32768 && code <= 32767) return code
    throw new ConfigError('code', `must be a number of 16 bits, not ${code}`)
  }
  if (brokerErrorCodes.includes(code)) return brokerErrorRow(code).errorCode
  throw new ConfigError('code', `must be one of Kafka's error codes, such as NOT_LEADER_OR_FOLLOWER, or a number, not ${shown(code)}`)
}

function isAfterWork(options: FaultOptions = {}): boolean {
  checkNames('the fault', options, ['afterWork'])
  checkType('afterWork', options.afterWork, 'boolean')
  return options.afterWork ?? false
}

function checkIsFunction(what: string, given: unknown): void {
  if (given === undefined) throw new ConfigError(what, 'takes a function')
  checkType(what, given, 'function')
}

function atLeast0(option: string, what: string, value: number): number {
  if (value >= 0 && Number.isFinite(value)) return value
  throw new ConfigError(option, `must be ${what} of at least 0, not ${value}`)
}

/** A bit beyond the end is the last one. */
function flip(frame: Buffer, bit: number): Buffer {
  const at = Math.min(bit >> 3, frame.length - 1)
  frame[at] = (frame[at] as number) ^ (0x80 >> (bit & 7))
  return frame
}
