import { describe, expect, it } from 'vitest'
import { topicRegex } from '../../src/consumer-group/topic-regex.ts'

describe('the regular expression of a subscription', () => {
  it.each([
    ['orders', 'orders', true],
    ['orders', 'orders2', false],
    ['a|bc', 'bc', true],
    ['a|bc', 'ac', false],
    ['(?i)ORD.*', 'orders', true],
    ['\\Aorders\\z', 'orders', true],
    ['(?P<kind>a+)-x', 'aa-x', true],
    ['\\Qa.b\\E.*', 'a.bc', true],
    ['\\Qa.b\\E.*', 'axbc', false],
    ['[^_].*', '_internal', false],
  ])('%s on %s is %s', (pattern, topic, expected) => {
    expect(topicRegex(pattern).test(topic)).toBe(expected)
  })

  it.each([
    ['(', 'missing closing )'],
    [')', 'unexpected )'],
    ['[a', 'missing closing ]'],
    ['*', 'missing argument to repetition operator'],
    ['a(?=b)', 'invalid or unsupported Perl syntax'],
    ['(?<!a)b', 'invalid or unsupported Perl syntax'],
    ['(a)\\1', 'invalid escape sequence'],
  ])('%s is refused: %s', (pattern, why) => {
    expect(() => topicRegex(pattern)).toThrow(`SubscribedTopicRegex \`${pattern}\` is not a valid regular expression: ${why}.`)
  })
})
