import type { BrokerErrorCode } from './broker-error-codes.ts'
import type { ClientErrorCode } from './client-error-codes.ts'

/** Every `code` that an error of this family can have: Kafka's own constants, and ours in the same style. */
export type KafkaErrorCode = BrokerErrorCode | ClientErrorCode

/** What every error takes besides its code and sentence. */
export interface KafkaErrorOptions {
  /** What led to this error. Always kept. */
  readonly cause?: unknown
  /** Whether the same call may succeed when made again. Default: false. */
  readonly retriable?: boolean
}

/** Whether `value` carries the brand, and one of the codes where any are given. */
export function isBranded(value: unknown, mark: symbol, codes: readonly string[]): boolean {
  if ((value as Record<symbol, unknown> | null | undefined)?.[mark] !== true) return false
  return codes.length === 0 || codes.includes((value as { code: string }).code)
}

/**
 * The root of every error of these packages. The class says what the catcher must do, `code` says what happened, and the message is a
 * sentence with the facts.
 */
export class KafkaError<C extends KafkaErrorCode = KafkaErrorCode> extends Error {
  /** What happened: a constant of Kafka's error table, or one of ours. Made for `switch`. */
  readonly code: C
  /** Whether the same call may succeed when made again. */
  readonly retriable: boolean

  constructor(code: C, message: string, options: KafkaErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retriable = options.retriable ?? false
  }

  /** Whether `error` is of this family, also when another copy of the package made it, and has one of `codes` where any are given. */
  static is<C extends KafkaErrorCode = KafkaErrorCode>(error: unknown, ...codes: C[]): error is KafkaError<C> {
    return isBranded(error, KAFKA_ERROR, codes)
  }
}

/**
 * Gives an error class its name and its brand, by which `is` knows it. The call may be marked as pure: what it changes is the class alone, and
 * where a bundler keeps the class it keeps the brand that `is` needs.
 */
export function brandClass(errorClass: { prototype: object }, name: string): symbol {
  // Two copies of the package share `Symbol.for`, not classes.
  const mark = Symbol.for(`@k/${name}`)
  Object.defineProperties(errorClass.prototype, {
    [mark]: { value: true },
    name: { value: name, configurable: true, writable: true },
  })
  return mark
}

const KAFKA_ERROR = /* @__PURE__ */ brandClass(KafkaError, 'KafkaError')
