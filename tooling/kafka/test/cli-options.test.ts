import { describe, expect, it } from 'vitest'
import { parseCliOptions } from '../src/cli-options.ts'

describe('parseCliOptions', () => {
  it('starts one node of the default version when nothing is said', () => {
    expect(parseCliOptions([])).toEqual({ version: '4.3.1', nodes: 1, properties: {} })
  })

  it('reads every option', () => {
    const args = ['--version', '3.9.2', '--nodes', '3', '--way', 'docker', '--property', 'a.b=c=d', '--property', 'e=']
    expect(parseCliOptions(args)).toEqual({ version: '3.9.2', nodes: 3, way: 'docker', properties: { 'a.b': 'c=d', e: '' } })
  })

  it('passes over the dashes that a package runner may leave', () => {
    expect(parseCliOptions(['--', '--nodes', '2'])).toMatchObject({ nodes: 2 })
  })

  it('tells help apart', () => {
    expect(parseCliOptions(['--help'])).toBeUndefined()
    expect(parseCliOptions(['-h'])).toBeUndefined()
  })

  it.each([
    [['--nodes', 'many'], '--nodes must be a number from 1 to 9, not many.'],
    [['--nodes', '0'], '--nodes must be a number from 1 to 9, not 0.'],
    [['--way', 'address'], '--way must be docker or java.'],
    [['--property', 'a'], '--property must be written name=value, not a.'],
    [['--version', '5.0'], 'Kafka 5.0 is not known here; choose one of 4.4.0, 4.3.1,'],
    [['--foo'], "Unknown option '--foo'"],
    [['bar'], "Unexpected argument 'bar'"],
  ])('refuses %j in one sentence', (args, sentence) => {
    expect(() => parseCliOptions(args)).toThrow(sentence)
  })
})
