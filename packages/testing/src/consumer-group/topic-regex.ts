import { Refusal } from '../refusal.ts'

/** What this engine says, and what RE2/J does. */
const problems = [
  ['Unterminated group', 'missing closing )'],
  ['Unmatched', 'unexpected )'],
  ['Unterminated character class', 'missing closing ]'],
  ['Nothing to repeat', 'missing argument to repetition operator'],
  ['out of order in character class', 'invalid character class range'],
  ['at end of pattern', 'trailing backslash at end of expression'],
] as const

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
  if (/\(\?(?:<?[=!]|>)/.test(pattern)) throw refuse('invalid or unsupported Perl syntax')
  if (/(?<!\\)(?:\\\\)*\\[1-9]/.test(pattern)) throw refuse('invalid escape sequence')
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
    throw refuse(problems.find(([here]) => (error as Error).message.includes(here))?.[1] ?? 'invalid syntax')
  }
}
