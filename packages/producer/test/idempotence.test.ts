import { InitProducerId, Produce, recordBatches } from '@k/protocol'
import type { FakeCluster } from '@k/testing'
import { describe, expect, it } from 'vitest'
import { newProducer, rejectionOf, startKafka, valuesOf } from './fake-set-up.ts'

/** Producer id, epoch, first sequence number and count of each batch that was sent. */
function batchesOf(kafka: FakeCluster): [producerId: bigint, epoch: number, baseSequence: number, count: number][] {
  return kafka.requests
    .list(Produce)
    .flatMap(({ body }) => body.topicData.flatMap(({ partitionData }) => partitionData))
    .flatMap(({ records }) => [...recordBatches(records!)])
    .map(({ producerId, producerEpoch, baseSequence, count }) => [producerId, producerEpoch, baseSequence, count!])
}

describe('idempotence', () => {
  it('is on by default: one producer id, and sequence numbers by partition', async () => {
    const kafka = await startKafka({ topics: { orders: 2 } })
    const producer = newProducer(kafka)
    await Promise.all([0, 0, 0, 1].map((partition) => producer.send({ topic: 'orders', partition, value: 'v' })))
    await Promise.all([0, 1, 1].map((partition) => producer.send({ topic: 'orders', partition, value: 'v' })))
    expect(kafka.requests.list(InitProducerId)).toHaveLength(1)
    const batches = batchesOf(kafka)
    const [[producerId] = []] = batches
    expect(batches).toEqual([
      [producerId, 0, 0, 3],
      [producerId, 0, 0, 1],
      [producerId, 0, 3, 1],
      [producerId, 0, 1, 2],
    ])
  })

  it('is off with acks 1, acks 0, retries 0 and more than five in flight', async () => {
    const kafka = await startKafka()
    for (const options of [{ acks: 1 }, { acks: 0 }, { retries: 0 }, { maxInFlightRequestsPerConnection: 6 }] as const) {
      await newProducer(kafka, options).send({ topic: 'orders', value: 'v' })
    }
    await kafka.until(() => kafka.records('orders').length === 4)
    expect(kafka.requests.list(InitProducerId)).toEqual([])
    expect(batchesOf(kafka).map(([producerId, , baseSequence]) => [producerId, baseSequence])).toEqual(Array(4).fill([-1n, -1]))
  })

  it('sends the same batch again when an answer was lost, and reports where it was written', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka)
    await producer.partitionsFor('orders')
    kafka.on(Produce).once().disconnect({ afterWork: true })
    expect((await producer.send({ topic: 'orders', value: 'a' })).offset).toBe(0)
    const [first, second] = batchesOf(kafka)
    expect(second).toEqual(first)
    expect(kafka.records('orders')).toHaveLength(1)
  })

  it('takes DUPLICATE_SEQUENCE_NUMBER for success, at an offset that nobody knows', async () => {
    const kafka = await startKafka()
    kafka.on(Produce).once().fail('DUPLICATE_SEQUENCE_NUMBER')
    expect(await newProducer(kafka).send({ topic: 'orders', value: 'a' })).toMatchObject({ offset: -1, hasOffset: false })
  })

  it.each(['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID'] as const)(
    'goes on under a new epoch after %s, in order',
    async (code) => {
      const kafka = await startKafka({ topics: { orders: 1 } })
      const producer = newProducer(kafka)
      await producer.send({ topic: 'orders', value: 'first' })
      kafka.on(Produce).once().fail(code)
      const values = Array.from({ length: 50 }, (_, i) => `v${i}`)
      const sends: Promise<unknown>[] = []
      for (const value of values) {
        sends.push(producer.send({ topic: 'orders', value }))
        await new Promise((resolve) => setImmediate(resolve))
      }
      await Promise.all(sends)
      expect(valuesOf(kafka, 'orders')[0]).toEqual(['first', ...values])
      expect(new Set(batchesOf(kafka).map(([, epoch]) => epoch))).toEqual(new Set([0, 1]))
    },
  )

  it('keeps the batches behind one that was refused, in order', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka)
    await producer.send({ topic: 'orders', value: 'first' })
    kafka.on(Produce).once().fail('INVALID_RECORD')
    kafka.on(Produce).delay(3)
    const sends: Promise<unknown>[] = []
    for (let i = 0; i < 5; i++) {
      const sending = producer.send({ topic: 'orders', value: `v${i}` })
      // It may reject before the last one is sent.
      sending.catch(() => {})
      sends.push(sending)
      await new Promise((resolve) => setImmediate(resolve))
      await new Promise((resolve) => setImmediate(resolve))
    }
    const outcomes = await Promise.allSettled(sends)
    const failed = outcomes.filter(({ status }) => status === 'rejected').length
    expect(failed).toBeGreaterThan(0)
    expect(valuesOf(kafka, 'orders')[0]).toEqual(['first', ...Array.from({ length: 5 - failed }, (_, i) => `v${i + failed}`)])
  })

  it('asks again while brokers are not ready to give a producer id', async () => {
    const kafka = await startKafka()
    kafka.on(InitProducerId).times(3).fail('COORDINATOR_LOAD_IN_PROGRESS')
    expect((await newProducer(kafka).send({ topic: 'orders', value: 'a' })).offset).toBe(0)
  })

  it('fails records whose producer id is refused, certainly not written, and asks again for later ones', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    const rule = kafka.on(InitProducerId).fail('CLUSTER_AUTHORIZATION_FAILED')
    expect(await rejectionOf(producer.send({ topic: 'orders', value: 'a' }))).toMatchObject({
      code: 'CLUSTER_AUTHORIZATION_FAILED',
      maybeWritten: false,
    })
    expect(await rejectionOf(producer.connect())).toMatchObject({ code: 'CLUSTER_AUTHORIZATION_FAILED' })
    rule.remove()
    expect((await producer.send({ topic: 'orders', value: 'b' })).offset).toBe(0)
  })
})
