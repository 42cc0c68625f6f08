import { describe, expect, it } from 'vitest'
import { parseArguments } from '../src/arguments.ts'

describe('the arguments of the demo', () => {
  it('default to the installed text at a pace of its own', () => {
    expect(parseArguments([])).toEqual({ file: undefined, rate: undefined })
  })

  it('take a file and a rate', () => {
    expect(parseArguments(['book.txt', '--rate', '500'])).toEqual({ file: 'book.txt', rate: 500 })
    expect(parseArguments(['--rate', 'max'])).toEqual({ file: undefined, rate: Number.POSITIVE_INFINITY })
  })

  it.each([['--rate', 'fast'], ['--rate', '-3'], ['--rate', '0'], ['a', 'b'], ['--speed']])('refuse %s %s with one sentence', (...argv) => {
    expect(() => parseArguments(argv)).toThrow(Error)
  })
})
