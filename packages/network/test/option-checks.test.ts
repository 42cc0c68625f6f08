import { ConfigError } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { checkBoolean, checkMethods, checkNames, checkNumber, checkOneOf, checkString } from '../src/option-checks.ts'

describe('checkNumber', () => {
  it('takes numbers within bounds and fills in the default', () => {
    expect(checkNumber('lingerMs', 5, 0)).toBe(5)
    expect(checkNumber('lingerMs', undefined, 7)).toBe(7)
    expect(checkNumber('ratio', 0.5, 1, { fraction: true })).toBe(0.5)
    expect(checkNumber('maxAgeMs', Number.POSITIVE_INFINITY, 1, { infinity: true })).toBe(Number.POSITIVE_INFINITY)
  })

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5', null, 5n, {}])('refuses %s', (value) => {
    expect(() => checkNumber('lingerMs', value, 0)).toThrow(ConfigError)
  })

  it('names the option, what is allowed and what was given', () => {
    expect(() => checkNumber('port', 70_000, 1, { min: 1, max: 65_535 })).toThrow(
      'port must be a whole number from 1 to 65535; given was 70000',
    )
    expect(() => checkNumber('maxAgeMs', -1, 5, { min: 1, infinity: true })).toThrow(
      'maxAgeMs must be a whole number from 1 to Infinity; given was -1',
    )
    for (const value of [1.5, 2 ** 53]) expect(() => checkNumber('maxAgeMs', value, 5, { infinity: true })).toThrow('whole number')
    expect(() => checkNumber('lingerMs', 'soon', 0)).toThrow('lingerMs must be a whole number of at least 0; given was "soon"')
  })
})

describe('the other checks', () => {
  it('take what fits', () => {
    expect(checkBoolean('on', false, true)).toBe(false)
    expect(checkString('clientId', 'me', 'x')).toBe('me')
    expect(checkOneOf('acks', 'all', 'all', ['all', 0, 1])).toBe('all')
    const random = { next: () => 0 }
    expect(checkMethods('random', random, { next: () => 1 }, ['next'])).toBe(random)
  })

  it('refuse what does not, with a sentence', () => {
    expect(() => checkBoolean('on', 'yes', true)).toThrow('on must be true or false; given was "yes"')
    expect(() => checkString('clientId', '', 'x')).toThrow('clientId must be a string that is not empty; given was ""')
    expect(() => checkOneOf('acks', 2, 'all', ['all', 0, 1])).toThrow("acks must be one of 'all', 0, 1; given was 2")
    expect(() => checkMethods('random', {}, { next: () => 1 }, ['next'])).toThrow('random must be an object with next(); given was {}')
    expect(() => checkMethods('random', Object.create(null), { next: () => 1 }, ['next'])).toThrow('null prototype')
    expect(() => checkMethods('random', { key: 'canary' }, { next: () => 1 }, ['next'])).toThrow(/given was \[Object\]$/)
    // Of an error that has no fields Node shows message and stack, on many lines.
    expect(() => checkMethods('random', new TypeError('canary'), { next: () => 1 }, ['next'])).toThrow(/given was \[Error\]$/)
    expect(() => checkMethods('random', 'canary', { next: () => 1 }, ['next'])).toThrow(/given was a string$/)
  })
})

describe('checkNames', () => {
  const allowed = ['bootstrapServers', 'tls', 'clientId', 'requestTimeoutMs', 'lingerMs', 'logger']

  it('lets known names pass, and unknown ones that are undefined', () => {
    expect(() => checkNames({ tls: true, clientId: undefined, nonsense: undefined }, allowed, 'Producer')).not.toThrow()
  })

  it.each([
    ['bootstrapServer', 'bootstrapServers'],
    ['bootstrap.servers', 'bootstrapServers'],
    ['brokers', 'bootstrapServers'],
    ['brokerList', 'bootstrapServers'],
    ['metadata.broker.list', 'bootstrapServers'],
    ['servers', 'bootstrapServers'],
    ['ssl', 'tls'],
    ['log', 'logger'],
    ['lingreMs', 'lingerMs'],
    ['clientID', 'clientId'],
    ['client_id', 'clientId'],
    ['requestTimeout', 'requestTimeoutMs'],
    ['lingerms', 'lingerMs'],
    ['linger', 'lingerMs'],
  ])('knows that %s may mean %s', (name, meant) => {
    expect(() => checkNames({ [name]: 1 }, allowed, 'Producer')).toThrow(`${name} is not an option of Producer; did you mean "${meant}"?`)
  })

  it('guesses nothing where nothing is near', () => {
    expect(() => checkNames({ frobnicate: 1 }, allowed, 'Producer')).toThrow(/^frobnicate is not an option of Producer$/)
  })

  it.each([null, 'localhost:9092', 5, []])('refuses %j in place of options', (options) => {
    expect(() => checkNames(options, allowed, 'Producer')).toThrow(/options must be an object; given was/)
  })

  it('is not fooled by names of Object.prototype', () => {
    expect(() => checkNames({ constructor: 1 }, allowed, 'Producer')).toThrow(ConfigError)
    expect(() => checkNames(JSON.parse('{"__proto__": 1}'), allowed, 'Producer')).toThrow(ConfigError)
  })
})
