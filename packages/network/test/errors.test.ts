import { BrokerError, ConfigError, KafkaError } from '@k/protocol'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { AuthenticationError, ClosedError, ConnectionError, FencedError, type ItemResult, ItemsError, TimeoutError } from '../src/index.ts'

const connection = new ConnectionError('CONNECTION_CLOSED', 'lost', { broker: 'b:1', phase: 'request' })
const authentication = new AuthenticationError('SASL_AUTHENTICATION_FAILED', 'no', { broker: 'b:1' })
const timeout = new TimeoutError('late', { deadline: 'requestTimeoutMs', elapsedMs: 5 })
const closed = new ClosedError('the producer was closed')
const fenced = new FencedError('PRODUCER_FENCED', 'replaced')
const items = new ItemsError('createTopics', [
  { ok: true, item: 'a', value: 1 },
  { ok: false, item: 'b', error: new BrokerError(36, 'cannot create b') },
  { ok: false, item: 'c', error: new BrokerError(7, 'cannot create c') },
])
const all = { ConnectionError, AuthenticationError, TimeoutError, ClosedError, FencedError, ItemsError }

describe('each class', () => {
  it.each([
    ['ConnectionError', connection, ['ConnectionError']],
    ['AuthenticationError', authentication, ['ConnectionError', 'AuthenticationError']],
    ['TimeoutError', timeout, ['TimeoutError']],
    ['ClosedError', closed, ['ClosedError']],
    ['FencedError', fenced, ['FencedError']],
    ['ItemsError', items, ['ItemsError']],
  ])('%s knows its own and nothing else', (name, error, classes) => {
    expect(error.name).toBe(name)
    expect(error).toBeInstanceOf(Error)
    expect(KafkaError.is(error)).toBe(true)
    for (const [other, errorClass] of Object.entries(all)) expect(errorClass.is(error)).toBe(classes.includes(other))
    for (const stranger of [undefined, null, 'x', {}, new Error('x'), new ConfigError('o', 'x')]) {
      for (const errorClass of Object.values(all)) expect(errorClass.is(stranger)).toBe(false)
    }
  })

  it('is known to another copy of the package by its brand', () => {
    const copy = Object.assign(Object.create({ [Symbol.for('@k/ConnectionError')]: true, [Symbol.for('@k/KafkaError')]: true }), {
      code: 'CONNECTION_CLOSED',
    })
    expect(ConnectionError.is(copy)).toBe(true)
    expect(ConnectionError.is(copy, 'CONNECTION_CLOSED')).toBe(true)
    expect(ConnectionError.is(copy, 'CONNECTION_FAILED')).toBe(false)
  })

  it('narrows by code, and a misspelt code does not compile', () => {
    const error: unknown = connection
    if (KafkaError.is(error, 'CONNECTION_CLOSED')) expectTypeOf(error.code).toEqualTypeOf<'CONNECTION_CLOSED'>()
    // @ts-expect-error there is no such code
    expect(ConnectionError.is(error, 'CONNECTION_CLOSD')).toBe(false)
  })
})

describe('what the catcher must do', () => {
  it('is in retriable', () => {
    expect([connection, authentication, timeout, closed, fenced].map((error) => error.retriable)).toEqual([true, false, true, false, false])
  })

  it('is in sent: whether the broker may have executed the request', () => {
    expect(connection.sent).toBe(true)
    expect(new ConnectionError('CONNECTION_FAILED', 'x', { broker: 'b', phase: 'connect' }).sent).toBe(false)
    expect(timeout.sent).toBe(true)
    expect(new TimeoutError('x', { deadline: 'd', elapsedMs: 1, sent: false }).sent).toBe(false)
  })
})

describe('ItemsError', () => {
  it('keeps every outcome in order, and those that failed', () => {
    expect(items.results.map((result) => result.item)).toEqual(['a', 'b', 'c'])
    expect(items.failed.map((failed) => failed.item)).toEqual(['b', 'c'])
    expect(items.message).toMatch(/^createTopics: 2 of 3 failed: cannot create b: TOPIC_ALREADY_EXISTS/)
    expect(items.cause).toBe(items.failed[0]!.error)
  })

  it('is retriable only when all that failed is', () => {
    expect(items.retriable).toBe(false)
    expect(new ItemsError('x', [{ ok: false, item: 1, error: new BrokerError(7, 'x') }]).retriable).toBe(true)
  })

  it('has typed results', () => {
    expectTypeOf<ItemsError<string, number>['results']>().toEqualTypeOf<readonly ItemResult<string, number>[]>()
  })
})
