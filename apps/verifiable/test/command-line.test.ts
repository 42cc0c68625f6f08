import { expect, it } from 'vitest'
import { parseCommandLine, UsageError } from '../src/command-line.ts'

const definitions = {
  topic: { type: 'text', required: true, help: '' },
  acks: { type: 'integer', choices: ['0', '1', '-1'], help: '' },
  'max-messages': { type: 'integer', help: '' },
  'group-mode': { type: 'flag', help: '' },
} as const

it('takes negative numbers as values, with a space or an equals sign', () => {
  expect(parseCommandLine(definitions, ['--topic', 't', '--acks', '-1', '--max-messages=-1'])).toEqual({
    topic: 't',
    acks: -1,
    'max-messages': -1,
    'group-mode': false,
  })
})

it.each([
  [[], 'argument --topic is required'],
  [['--topic', 't', '--acks', '5'], "argument --acks: invalid choice: '5' (choose from {0,1,-1})"],
  [['--topic', 't', '--max-messages', 'x'], "argument --max-messages: could not convert 'x' to an integer"],
  [['--topic', 't', '--max-messages'], 'argument --max-messages: expected one argument'],
  [['--topic', 't', '--frobnicate', '1'], "unrecognized arguments: '--frobnicate 1'"],
])('refuses %j with a sentence', (argv, sentence) => {
  expect(() => parseCommandLine(definitions, argv)).toThrow(new UsageError(sentence))
})
