import { inspect, types } from 'node:util'
import { ConfigError } from '@k/protocol'

/** What was given, as the end of a sentence. Strings are shown, but what may be a secret before an `@` or inside of an object is not. */
export function given(value: unknown): string {
  // A word is looked at from its beginning only, so that a long one takes no longer than it is.
  if (typeof value === 'string') return `"${value.replace(/(?<![^\s,])[^\s,]*@/g, '...@').slice(0, 200)}"`
  return types.isNativeError(value) ? '[Error]' : inspect(value, { depth: -1, customInspect: false })
}

/** Bounds of a number. */
export interface NumberBounds {
  /** Default: 0. */
  readonly min?: number
  /** Default: 2^53 - 1. */
  readonly max?: number
  /** Whether fractions are allowed. Default: false. */
  readonly fraction?: boolean
  /** Whether Infinity is allowed. Default: false. */
  readonly infinity?: boolean
}

/** Strings that may be secrets are not shown. */
export function givenKind(value: unknown): string {
  return typeof value === 'string' ? 'a string' : given(value)
}

/**
 * Refuses an option, with a sentence of what it must be.
 * @param shown - what was given in its place, as {@link given} tells it
 * @throws ConfigError
 */
export function refuseOption(option: string, what: string, shown: string): never {
  throw new ConfigError(option, `must be ${what}; given was ${shown}`)
}

/** The value where it fits; `fallback` where none was given. @throws ConfigError */
export function taken<T>(option: string, value: unknown, fallback: T, fits: boolean, what: string, show = given): T {
  if (value === undefined) return fallback
  return fits ? (value as T) : refuseOption(option, what, show(value))
}

/** A number within bounds, or `fallback` where none was given. @throws ConfigError */
export function checkNumber(option: string, value: unknown, fallback: number, bounds: NumberBounds = {}): number {
  const { min = 0, max, fraction, infinity } = bounds
  const most = infinity ? Number.POSITIVE_INFINITY : max
  const isNumber = typeof value === 'number' && (fraction || value === most || Number.isSafeInteger(value))
  const fits = isNumber && value >= min && value <= (most ?? Number.MAX_SAFE_INTEGER)
  const range = most === undefined ? `of at least ${min}` : `from ${min} to ${most}`
  return taken(option, value, fallback, fits, `a${fraction ? '' : ' whole'} number ${range}`)
}

/** Checks an option that is true or false. @throws ConfigError */
export function checkBoolean(option: string, value: unknown, fallback: boolean): boolean {
  return taken(option, value, fallback, typeof value === 'boolean', 'true or false')
}

/** A string that is not empty. @throws ConfigError */
export function checkString<F extends string | undefined>(option: string, value: unknown, fallback: F): string | F {
  return taken<string | F>(option, value, fallback, typeof value === 'string' && value !== '', 'a string that is not empty')
}

/** One of a few words. @throws ConfigError */
export function checkOneOf<W extends string | number>(option: string, value: unknown, fallback: W, words: readonly W[]): W {
  const allowed = words.map((word) => inspect(word)).join(', ')
  return taken(option, value, fallback, words.includes(value as W), `one of ${allowed}`)
}

/** An object that has these methods. @throws ConfigError */
export function checkMethods<T extends object>(option: string, value: unknown, fallback: T, methods: readonly (keyof T & string)[]): T {
  const fits = methods.every((method) => typeof Object(value)[method] === 'function')
  return taken(option, value, fallback, fits, `an object with ${methods.join('(), ')}()`, givenKind)
}

/**
 * Refuses options whose name nobody knows: a misspelt option must not be silently ignored.
 * @param owner - whose options these are, for the sentence: `Producer`
 * @throws ConfigError
 */
export function checkNames(options: unknown, allowed: readonly string[], owner: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) refuseOption('options', 'an object', given(options))
  for (const [name, value] of Object.entries(options)) {
    if (allowed.includes(name) || value === undefined) continue
    const near = nearest(name, allowed)
    throw new ConfigError(name, `is not an option of ${owner}${near === undefined ? '' : `; did you mean "${near}"?`}`)
  }
}

function nearest(name: string, allowed: readonly string[]): string | undefined {
  // No option is nearly as long; and two words are what people write who come from other clients.
  const meant = plain(name.slice(0, 100))
    .replace(/^(metadata)?broker.*/, 'bootstrapservers')
    .replace('ssl', 'tls')
  let best: string | undefined
  // Names that have less in common do not mean the same.
  let most = 0.6
  for (const candidate of allowed) {
    const common = likeness(meant, plain(candidate))
    if (common < most) continue
    most = common
    best = candidate
  }
  return best
}

/** A name without what people write in different ways. */
function plain(name: string): string {
  return name.replace(/[._-]/g, '').toLowerCase()
}

/** How much two names have in common, from 0 to 1: pairs of letters of the one that are in the other. */
function likeness(one: string, other: string): number {
  const shared = [...one].filter((_, i) => other.includes(one.slice(i, i + 2)))
  return (2 * shared.length) / (one.length + other.length)
}
