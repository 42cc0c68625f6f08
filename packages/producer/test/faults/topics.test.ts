import { Metadata, Produce, type RequestOf } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { newProducer, rejectionOf, startKafka, valuesOf } from '../fake-set-up.ts'
import { asked, numbers } from './set-up.ts'

const first = { topic: 'orders', partition: 0 }

describe('F25: a topic that does not exist', () => {
  it('is waited for up to maxBlockMs, at a bounded rate, and then the error says what to do', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka, { maxBlockMs: 300, retryBackoffMs: 20, retryBackoffMaxMs: 100 })
    const error = await rejectionOf(producer.send({ topic: 'nowhere', value: 'a' }))
    expect(error).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION', topic: 'nowhere', maybeWritten: false })
    expect((error as Error).message).toContain('create it, or check its name')
    expect(asked(kafka, Metadata)).toBeLessThan(20)
  })
})

describe('F26: a topic that is deleted while it is written to', () => {
  it('fails its records at deliveryTimeoutMs, asks at a bounded rate, and harms no other topic', async () => {
    const kafka = await startKafka({ topics: { orders: 1, bills: 1 } })
    const producer = newProducer(kafka, { deliveryTimeoutMs: 400, requestTimeoutMs: 300, retryBackoffMs: 20, retryBackoffMaxMs: 100 })
    await producer.send({ ...first, value: 'a' })
    await kafka.deleteTopic('orders')
    kafka.requests.clear()
    const gone = rejectionOf(producer.send({ ...first, value: 'b' }))
    expect(await producer.send({ topic: 'bills', value: 'c' })).toMatchObject({ offset: 0 })
    expect(await gone).toMatchObject({ code: 'DELIVERY_TIMED_OUT' })
    expect(asked(kafka, Produce)).toBeLessThan(20)
    expect(asked(kafka, Metadata)).toBeLessThan(20)
  })
})

describe('F27: a topic that is deleted and made anew', () => {
  it('gets what is sent from then on, in order and once, under its new id', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka)
    await Promise.all(numbers(10).map((value) => producer.send({ ...first, value })))
    await kafka.deleteTopic('orders')
    await kafka.createTopic('orders', { numPartitions: 1 })
    const again = await Promise.all(numbers(10).map((value) => producer.send({ ...first, value })))
    expect(again.map(({ offset }) => offset)).toEqual(numbers(10).map((_, i) => i))
    expect(valuesOf(kafka, 'orders')[0]).toEqual(numbers(10))
  })

  it('keeps the order where the first batch for it is refused, although no broker knows the producer there', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka, { batchSize: 0 })
    await producer.send({ ...first, value: 'a' })
    await kafka.deleteTopic('orders')
    await kafka.createTopic('orders', { numPartitions: 1 })
    const { topicId } = kafka.snapshot().topics[0]!
    const isNew = ({ topicData }: RequestOf<typeof Produce>) => topicData[0]?.topicId === topicId
    kafka.on(Produce, { when: isNew }).once().fail('REQUEST_TIMED_OUT')
    await Promise.all(numbers(10).map((value) => producer.send({ ...first, value })))
    expect(valuesOf(kafka, 'orders')[0]).toEqual(numbers(10))
  })

  it('with fewer partitions fails what was meant for one that is gone, and takes the rest', async () => {
    const kafka = await startKafka({ topics: { orders: 3 } })
    const producer = newProducer(kafka, { maxBlockMs: 300, deliveryTimeoutMs: 400, requestTimeoutMs: 300 })
    await producer.send({ topic: 'orders', partition: 2, value: 'a' })
    await kafka.deleteTopic('orders')
    await kafka.createTopic('orders', { numPartitions: 1 })
    expect(await rejectionOf(producer.send({ topic: 'orders', partition: 2, value: 'b' }))).toMatchObject({ topic: 'orders', partition: 2 })
    expect(await producer.send({ ...first, value: 'c' })).toMatchObject({ offset: 0 })
  })
})

describe('F28: a topic that gets more partitions', () => {
  it('has them used after the next look at the cluster; keys then go where the new number says', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka, { metadataMaxAgeMs: 30, batchSize: 0 })
    await producer.send({ topic: 'orders', value: 'a' })
    kafka.createPartitions('orders', 4)
    await expect.poll(async () => (await producer.partitionsFor('orders')).length).toBe(4)
    const keyed = await Promise.all(['o-1', 'o-2', 'o-3', 'o-4', 'o-5'].map((key) => producer.send({ topic: 'orders', key, value: 'k' })))
    expect(new Set(keyed.map(({ partition }) => partition)).size).toBeGreaterThan(1)
    const free = await Promise.all(numbers(40).map((value) => producer.send({ topic: 'orders', value })))
    expect(new Set(free.map(({ partition }) => partition)).size).toBe(4)
  })

  it('takes an explicit new one at once', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka)
    await producer.send({ topic: 'orders', value: 'a' })
    kafka.createPartitions('orders', 2)
    expect(await producer.send({ topic: 'orders', partition: 1, value: 'b' })).toMatchObject({ partition: 1, offset: 0 })
  })
})
