import { inspect } from 'node:util'
import type { ExpectedDifference } from './script.ts'

/** A place where two transcripts have different values. */
export interface Difference {
  readonly at: string
  readonly real: unknown
  readonly fake: unknown
}

/** Every place where the two differ, as deep as they can be told apart. */
export function differencesOf(real: unknown, fake: unknown, at = ''): Difference[] {
  if (Array.isArray(real) && Array.isArray(fake) && real.length === fake.length) {
    return real.flatMap((each, i) => differencesOf(each, fake[i], `${at}[${i}]`))
  }
  if (isObject(real) && isObject(fake)) {
    const names = [...new Set([...Object.keys(real), ...Object.keys(fake)])]
    return names.flatMap((name) => differencesOf(real[name], fake[name], at === '' ? name : `${at}.${name}`))
  }
  return Object.is(real, fake) || (isEmpty(real) && isEmpty(fake)) ? [] : [{ at, real, fake }]
}

/** A line that says where, and what each of them answered. */
export function described({ at, real, fake }: Difference): string {
  const shown = (value: unknown) => inspect(value, { depth: 8, breakLength: Number.POSITIVE_INFINITY })
  return `${at}: Kafka has ${shown(real)}, the FakeCluster ${shown(fake)}`
}

/** Whether a difference is one that is expected. */
export function isExpected({ at }: Difference, expected: ExpectedDifference): boolean {
  const ways = expected.at.split('*').map((part) => part.replace(/[.[\]()+]/g, '\\$&'))
  return new RegExp(`^${ways.join('\\w+')}($|[.[])`).test(at)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}
