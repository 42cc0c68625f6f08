import { BrokerError, DeliveryError, KafkaError, ProduceError } from '@k/producer'
import { describe, expect, it } from 'vitest'
import { produceError } from '../src/errors.ts'

const where = { topic: 'orders', partition: 2 }

describe('errors of a producer', () => {
  it('say where the record was going, what happened, and whether it may have been written', () => {
    const cause = new BrokerError(10, 'broker 1 refused orders-2')
    const error = produceError(cause, where, true, 3)
    expect(error.message).toBe(`a record for orders-2 failed after 3 attempts: ${cause.message}; it may have been written`)
    expect(error).toMatchObject({ name: 'ProduceError', code: 'MESSAGE_TOO_LARGE', ...where, maybeWritten: true, cause, retriable: false })
    expect(produceError(new BrokerError(7, 'x'), where).retriable).toBe(true)
  })

  it('keep what led to them', () => {
    const cause = new Error('mine')
    const reason = produceError({ code: 'SERIALIZATION_FAILED', message: 'its serializer threw: mine', cause }, { topic: 'orders' })
    expect(reason).toMatchObject({ code: 'SERIALIZATION_FAILED', cause, partition: undefined })
    expect(reason.message).toBe('a record for orders failed: its serializer threw: mine; it was not written')
    expect(produceError(cause, where)).toMatchObject({ code: 'UNKNOWN_SERVER_ERROR', cause })
  })

  it('are known by class and code', () => {
    const error: unknown = produceError({ code: 'BUFFER_FULL', message: 'no room' }, where)
    expect(ProduceError.is(error)).toBe(true)
    expect(ProduceError.is(error, 'BUFFER_FULL')).toBe(true)
    expect(ProduceError.is(error, 'ABORTED')).toBe(false)
    expect(KafkaError.is(error, 'BUFFER_FULL')).toBe(true)
    expect(ProduceError.is(new KafkaError('BUFFER_FULL', 'no room'))).toBe(false)
    expect(DeliveryError.is(error)).toBe(false)
  })

  it('count what nobody listened to', () => {
    const first = produceError({ code: 'BUFFER_FULL', message: 'no room' }, where)
    const error = new DeliveryError(3, first)
    expect(error).toMatchObject({ name: 'DeliveryError', code: 'DELIVERY_FAILED', count: 3, first, cause: first })
    expect(error.message).toContain('not delivered: 3')
    expect(error.message).toContain(first.message)
  })
})
