import { Refusal } from '../refusal.ts'

/**
 * A regular expression of a subscription, as a test for whole topic names. Kafka reads them with RE2/J, this is JavaScript's engine: the two agree
 * on what people write for topics. What RE2/J does not have is refused (looking around, references back), its own spellings are understood
 * (`(?i)` in front, `(?P<name>`, `\A`, `\z`, `\Q...\E`).
 * @throws Refusal INVALID_REGULAR_EXPRESSION
 */
export function topicRegex(pattern: string): RegExp {
  const refuse = (why: string) => {
    return new Refusal('INVALID_REGULAR_EXPRESSION', `SubscribedTopicRegex \`${pattern}\` is not a valid regular expression: ${why}.`)
  }
  const withoutRE2 = /\(\?(?:<?[=!]|>)/.exec(pattern)?.[0] ?? /(?<!\\)(?:\\\\)*\\[1-9]/.exec(pattern)?.[0]
  if (withoutRE2 !== undefined) throw refuse(`invalid or unsupported syntax: \`${withoutRE2}\``)
  const flags = /^\(\?([ims]+)\)/.exec(pattern)?.[1] ?? ''
  const body = pattern
    .slice(flags === '' ? 0 : flags.length + 3)
    .replace(/\\Q(.*?)(?:\\E|$)/gs, (_, literal: string) => literal.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
    .replace(/\(\?P</g, '(?<')
    .replace(/\\A/g, '^')
    .replace(/\\z/g, '$')
  try {
    return new RegExp(`^(?:${body})$`, [...new Set(flags)].join(''))
  } catch (error) {
    throw refuse((error as Error).message)
  }
}
