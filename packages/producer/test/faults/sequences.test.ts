import { InitProducerId, Produce, UnsupportedVersionError } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { newProducer, rejectionOf, startKafka, valuesOf } from '../fake-set-up.ts'
import { expectWhole, numbers, startThree } from './set-up.ts'

const first = { topic: 'orders', partition: 0 }

describe('F44: a broker that lost the sequence of a producer', () => {
  it.each(['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID'] as const)('and answers %s gets the rest in order, once', async (code) => {
    const kafka = await startThree()
    await expectWhole(kafka, () => kafka.on(Produce).times(2).fail(code))
  })

  it('because its log was truncated or retention took it goes on', async () => {
    const kafka = await startThree()
    await expectWhole(kafka, () => kafka.forgetProducers(first))
  })
})

describe('F45: DUPLICATE_SEQUENCE_NUMBER', () => {
  it('is success at an offset that nobody knows, and is not sent again', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka)
    await producer.send({ ...first, value: 'a' })
    kafka.on(Produce).once().fail('DUPLICATE_SEQUENCE_NUMBER', { afterWork: true })
    expect(await producer.send({ ...first, value: 'b' })).toMatchObject({ offset: -1, hasOffset: false, partition: 0 })
    expect(await producer.send({ ...first, value: 'c' })).toMatchObject({ offset: 2 })
    expect(valuesOf(kafka, 'orders')[0]).toEqual(['a', 'b', 'c'])
  })
})

describe('F47: a batch that is late while it is on its way', () => {
  it('may be written; what comes later waits for its outcome, then goes on once and in order, under no place that was used', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka, { deliveryTimeoutMs: 400, requestTimeoutMs: 300 })
    await producer.send({ ...first, value: 'first' })
    const held = kafka.on(Produce).hold()
    const late = rejectionOf(producer.send({ ...first, value: 'late' }))
    await held.struck()
    expect(await late).toMatchObject({ code: 'DELIVERY_TIMED_OUT', maybeWritten: true })
    held.release()
    await Promise.all(numbers(20).map((value) => producer.send({ ...first, value })))
    const written = valuesOf(kafka, 'orders')[0]!
    expect(written.filter((value) => value !== 'late')).toEqual(['first', ...numbers(20)])
    expect(new Set(written).size).toBe(written.length)
  })
})

describe('a broker that knows no producer ids', () => {
  it('is refused with the way out, and nothing is weakened silently', async () => {
    const kafka = await startKafka({ topics: { orders: 1 }, version: '0.10.2' })
    const error = await rejectionOf(newProducer(kafka).send({ ...first, value: 'a' }))
    expect(error).toMatchObject({ code: 'UNSUPPORTED_VERSION', maybeWritten: false })
    expect(UnsupportedVersionError.is((error as Error).cause)).toBe(true)
    expect((error as Error).message).toContain('enableIdempotence: false')
    expect(kafka.records('orders')).toEqual([])
  })
})

describe('InitProducerId', () => {
  it('is asked for again while the coordinator loads, moves or is busy', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    for (const code of [
      'COORDINATOR_LOAD_IN_PROGRESS',
      'COORDINATOR_NOT_AVAILABLE',
      'NOT_COORDINATOR',
      'CONCURRENT_TRANSACTIONS',
    ] as const) {
      kafka.on(InitProducerId).once().fail(code)
    }
    expect(await newProducer(kafka).send({ ...first, value: 'a' })).toMatchObject({ offset: 0 })
  })
})
