import { ConfigError } from '@k/protocol'

/** What was given, as the end of a sentence. Strings are shown, but what may be a secret before an `@` is not. */
export function given(value: unknown): string {
  // A word is looked at from its beginning only, so that a long one takes no longer than it is.
  if (typeof value === 'string') return `"${value.replace(/(?<![^\s,])[^\s,]*@/g, '...@').slice(0, 200)}"`
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'object' && value !== null) return `an object (${value.constructor?.name ?? 'without prototype'})`
  return String(value)
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

/** The value where it fits; `fallback` where none was given. */
function taken<T>(option: string, value: unknown, fallback: T, fits: boolean, what: string, show = given): T {
  if (value === undefined) return fallback
  return fits ? (value as T) : refuseOption(option, what, show(value))
}

/** A number within bounds, or `fallback` where none was given. @throws ConfigError */
export function checkNumber(option: string, value: unknown, fallback: number, bounds: NumberBounds = {}): number {
  const { min = 0, max = Number.MAX_SAFE_INTEGER, fraction = false, infinity = false } = bounds
  const isNumber = fraction ? Number.isFinite(value) : Number.isSafeInteger(value)
  const fits = (isNumber && (value as number) >= min && (value as number) <= max) || (infinity && value === Number.POSITIVE_INFINITY)
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
  return taken(option, value, fallback, fits, `a${fraction ? '' : ' whole'} number ${range}${infinity ? ', or Infinity' : ''}`)
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
  const allowed = words.map((word) => (typeof word === 'string' ? `'${word}'` : word)).join(', ')
  return taken(option, value, fallback, words.includes(value as W), `one of ${allowed}`)
}

/** An object that has these methods. @throws ConfigError */
export function checkMethods<T extends object>(option: string, value: unknown, fallback: T, methods: readonly (keyof T & string)[]): T {
  const fits = typeof value === 'object' && methods.every((method) => typeof Object(value)[method] === 'function')
  return taken(option, value, fallback, fits, `an object with ${methods.map((method) => `${method}()`).join(', ')}`, givenKind)
}

// No option is nearly as long.
const LONGEST_NAME = 100

/** What people who come from other clients write. */
const otherNames = new Map([
  ['brokers', 'bootstrapServers'],
  ['servers', 'bootstrapServers'],
  ['metadatabrokerlist', 'bootstrapServers'],
  ['ssl', 'tls'],
  ['log', 'logger'],
])

/**
 * Refuses options whose name nobody knows: a misspelt option must not be silently ignored.
 * @param owner - whose options these are, for the sentence: `Producer`
 * @throws ConfigError
 */
export function checkNames(options: unknown, allowed: readonly string[], owner: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ConfigError('options', `of ${owner} must be an object; given was ${given(options)}`)
  }
  for (const name of Object.keys(options)) {
    if (allowed.includes(name) || (options as Record<string, unknown>)[name] === undefined) continue
    const near = nearest(name, allowed)
    throw new ConfigError(name, `is not an option of ${owner}${near === undefined ? '' : `; did you mean "${near}"?`}`)
  }
}

function nearest(name: string, allowed: readonly string[]): string | undefined {
  if (name.length > LONGEST_NAME) return undefined
  const meant = plain(otherNames.get(plain(name)) ?? name)
  let best: string | undefined
  let least = Math.max(2, Math.floor(meant.length / 4)) + 1
  for (const candidate of allowed) {
    const distance = editDistance(meant, plain(candidate))
    if (distance >= least) continue
    least = distance
    best = candidate
  }
  return best
}

/** A name without what people write in different ways. */
function plain(name: string): string {
  return name.replace(/[._-]/g, '').replace(/ms$/i, '').toLowerCase()
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
