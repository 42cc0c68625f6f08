import { Produce } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { newProducer, rejectionOf, startKafka, valuesOf } from '../fake-set-up.ts'
import { asked, numbers } from './set-up.ts'

const first = { topic: 'orders', partition: 0 }

describe('F60: more records than the broker takes', () => {
  it('wait for room, each in its turn, and the memory stays within bufferMemory', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka, { batchSize: 1_000, bufferMemory: 5_000 })
    await producer.send({ ...first, value: 'first' })
    kafka.on(Produce).delay(3)
    let least = Number.POSITIVE_INFINITY
    for (const value of numbers(300)) {
      const room = producer.enqueue({ ...first, value: value.padEnd(200, '.') })
      least = Math.min(least, producer.metrics().bufferAvailableBytes)
      if (room) await room
    }
    await producer.flush()
    expect(least).toBeGreaterThanOrEqual(0)
    expect(least).toBeLessThan(2_000)
    expect(producer.metrics().bufferAvailableBytes).toBe(5_000)
    expect(
      valuesOf(kafka, 'orders')[0]!
        .slice(1)
        .map((value) => value.replace(/\.+$/, '')),
    ).toEqual(numbers(300))
  })

  it('fail as BUFFER_FULL after maxBlockMs, certainly not written, and every promise settles', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka, { batchSize: 1_000, bufferMemory: 2_000, maxBlockMs: 200 })
    await producer.send({ ...first, value: 'first' })
    const held = kafka.on(Produce).hold()
    const sends = numbers(20).map((value) => producer.send({ ...first, value: value.padEnd(900, '.') }))
    const results = Promise.allSettled(sends)
    expect(await rejectionOf(sends.at(-1)!)).toMatchObject({ code: 'BUFFER_FULL', maybeWritten: false })
    held.release()
    const settled = await results
    const written = settled.filter(({ status }) => status === 'fulfilled').length
    expect(kafka.records('orders')).toHaveLength(written + 1)
  })
})

describe('F62: a broker that throttles', () => {
  it('is left alone for so long, and is written to again after it', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka)
    kafka.on(Produce).once().throttle(120)
    await producer.send({ ...first, value: 'a' })
    const started = performance.now()
    await producer.send({ ...first, value: 'b' })
    expect(performance.now() - started).toBeGreaterThan(100)
    await producer.send({ ...first, value: 'c' })
    expect(producer.metrics().produceThrottleTimeTotal).toBe(120)
    expect(valuesOf(kafka, 'orders')[0]).toEqual(['a', 'b', 'c'])
  })
})

describe('F63: records that are too large', () => {
  it('for maxRequestSize are refused at the call', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const error = await rejectionOf(newProducer(kafka).send({ ...first, value: 'v'.repeat(2_000_000) }))
    expect(error).toMatchObject({ code: 'MESSAGE_TOO_LARGE', maybeWritten: false })
    expect((error as Error).message).toContain('maxRequestSize')
    expect(asked(kafka, Produce)).toBe(0)
  })

  it('for the topic fail alone, with their size, and their neighbours are written, in order, with no retry spent', async () => {
    const kafka = await startKafka({ topics: { orders: { numPartitions: 1, configs: { 'max.message.bytes': 20_000 } } } })
    const producer = newProducer(kafka, { batchSize: 1_000_000, retries: 1 })
    const values = numbers(1_000).map((value, i) => (i === 500 ? 'v'.repeat(30_000) : value.padEnd(100, '.')))
    const results = await Promise.allSettled(values.map((value) => producer.send({ ...first, value })))
    const failed = results.flatMap((result, i) => (result.status === 'rejected' ? [[i, result.reason]] : []))
    expect(failed).toMatchObject([[500, { code: 'MESSAGE_TOO_LARGE', maybeWritten: false }]])
    expect(String(failed[0]![1])).toMatch(/refused 30\d\d\d bytes/)
    expect(valuesOf(kafka, 'orders')[0]).toEqual(values.filter((_, i) => i !== 500))
    expect(producer.metrics()).toMatchObject({ recordSendTotal: 999, recordErrorTotal: 1 })
    expect(producer.metrics().batchSplitTotal).toBeGreaterThan(3)
  })

  it('as a whole are no more tried: later batches are as small as the topic wants them', async () => {
    const kafka = await startKafka({ topics: { orders: { numPartitions: 1, configs: { 'max.message.bytes': 2_000 } } } })
    const producer = newProducer(kafka)
    const sendMany = () => producer.send(numbers(200).map((value) => ({ ...first, value: value.padEnd(100, '.') })))
    await sendMany()
    const { batchSplitTotal } = producer.metrics()
    expect(batchSplitTotal).toBeGreaterThan(0)
    await sendMany()
    expect(producer.metrics().batchSplitTotal).toBe(batchSplitTotal)
    expect(kafka.records('orders')).toHaveLength(400)
  })
})

describe('records that a broker names as wrong', () => {
  it('fail alone; the others of their batch are written, in order', async () => {
    const kafka = await startKafka({ topics: { orders: { numPartitions: 1, configs: { 'cleanup.policy': 'compact' } } } })
    const producer = newProducer(kafka)
    const sends = ['a', 'b', 'c', 'd'].map((value, i) => producer.send({ ...first, key: i === 1 ? null : `k${i}`, value }))
    const after = producer.send({ ...first, key: 'k', value: 'e' })
    const results = await Promise.allSettled(sends)
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect(await rejectionOf(sends[1]!)).toMatchObject({ code: 'INVALID_RECORD', maybeWritten: false })
    await after
    expect(await producer.send({ ...first, key: 'k', value: 'f' })).toMatchObject({ offset: 4 })
    expect(valuesOf(kafka, 'orders')[0]).toEqual(['a', 'c', 'd', 'e', 'f'])
  })
})
