import { gzip } from '@k/compression-gzip'
import { InitProducerId, Metadata, Produce } from '@k/protocol'
import type { FakeCluster } from '@k/testing'
import { describe, expect, it } from 'vitest'
import { newProducer, rejectionOf, startKafka, valuesOf } from './fake-set-up.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, i) => `v${i}`)

/** Lets I/O have a turn. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Sends `count` records one after the other, a few a tick, while `disturb` is called before some of them; every one must be written once, in order. */
async function sendThrough(
  kafka: FakeCluster,
  disturb: (i: number) => unknown,
  options: Parameters<typeof newProducer>[1] = {},
  count = 200,
) {
  const producer = newProducer(kafka, options)
  const sends: Promise<{ offset: number; partition: number }>[] = []
  for (const [i, value] of numbers(count).entries()) {
    if (i % 10 === 5) await disturb(i)
    sends.push(producer.send({ topic: 'orders', partition: 0, value }))
    if (i % 3 === 0) await turn()
  }
  const results = await Promise.all(sends)
  expect(valuesOf(kafka, 'orders')[0]).toEqual(numbers(count))
  expect(results.map(({ offset }) => offset)).toEqual(numbers(count).map((_, i) => i))
}

describe('nothing is lost, doubled or out of order', () => {
  it('when the connection is lost before the broker did its work', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    await sendThrough(kafka, () => kafka.on(Produce).once().disconnect())
  })

  it('when the connection is lost after the broker did its work', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    await sendThrough(kafka, () => kafka.on(Produce).once().disconnect({ afterWork: true }))
  })

  it('when the broker ends all connections', async () => {
    const kafka = await startKafka({ topics: { orders: 1 }, tcp: true })
    await sendThrough(kafka, () => kafka.broker(1).disconnect())
  })

  it.each(['NOT_ENOUGH_REPLICAS', 'REQUEST_TIMED_OUT', 'KAFKA_STORAGE_ERROR', 'CORRUPT_MESSAGE'] as const)(
    'when the broker answers %s',
    async (code) => {
      const kafka = await startKafka({ topics: { orders: 1 } })
      await sendThrough(kafka, () => kafka.on(Produce).once().fail(code))
    },
  )

  it.each(['REQUEST_TIMED_OUT', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'NOT_LEADER_OR_FOLLOWER'] as const)(
    'when the broker answers %s although it has written the batch',
    async (code) => {
      const kafka = await startKafka({ topics: { orders: 1 } })
      await sendThrough(kafka, () => kafka.on(Produce).once().fail(code, { afterWork: true }))
    },
  )

  it('when several requests in a row fail in different ways', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    await sendThrough(kafka, (i) => {
      kafka.on(Produce).times(2).fail('NOT_ENOUGH_REPLICAS')
      kafka
        .on(Produce)
        .once()
        .disconnect({ afterWork: i % 20 === 5 })
      kafka.on(Produce).once().fail('REQUEST_TIMED_OUT', { afterWork: true })
    })
  })

  it('when the leader moves', async () => {
    const kafka = await startKafka({ brokers: 3, topics: { orders: 1 } })
    await sendThrough(kafka, (i) => kafka.moveLeader({ topic: 'orders', partition: 0 }, (((i / 5) % 3) + 1) | 0 || 1))
  })

  it('when the leader moves and the old one lost its answers', async () => {
    const kafka = await startKafka({ brokers: 3, topics: { orders: 1 } })
    let next = 1
    await sendThrough(kafka, () => {
      kafka.on(Produce).once().disconnect({ afterWork: true })
      next = (next % 3) + 1
      kafka.moveLeader({ topic: 'orders', partition: 0 }, next)
    })
  })

  it('when brokers die and come back', async () => {
    const kafka = await startKafka({ brokers: 3, tcp: true, topics: { orders: { numPartitions: 1, replicationFactor: 3 } } })
    let isDown = 0
    await sendThrough(kafka, async () => {
      if (isDown > 0) await kafka.broker(isDown).revive()
      isDown = kafka.leaderOf({ topic: 'orders', partition: 0 })
      void kafka.broker(isDown).kill()
      kafka.moveLeader({ topic: 'orders', partition: 0 }, (isDown % 3) + 1)
    })
  })

  it('when answers come late', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    kafka.on(Produce).delay(5)
    await sendThrough(kafka, () => kafka.on(Produce).once().disconnect({ afterWork: true }))
  })

  it('when an answer does not come within requestTimeoutMs', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    await sendThrough(kafka, (i) => i % 50 === 5 && kafka.on(Produce).once().delay(300), { requestTimeoutMs: 50 })
  })

  it('with one request in flight', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    await sendThrough(kafka, () => kafka.on(Produce).once().disconnect({ afterWork: true }), { maxInFlightRequestsPerConnection: 1 })
  })

  it('with compression', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    await sendThrough(kafka, () => kafka.on(Produce).once().disconnect({ afterWork: true }), { compression: gzip() })
  })

  it('with batches of one record', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    await sendThrough(kafka, () => kafka.on(Produce).once().disconnect({ afterWork: true }), { batchSize: 0 })
  })

  it('with little memory', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    await sendThrough(kafka, () => kafka.on(Produce).once().fail('NOT_ENOUGH_REPLICAS'), { bufferMemory: 300, batchSize: 100 })
  })
})

describe('without idempotence', () => {
  it('nothing is lost or out of order when the broker refuses, and nothing is doubled', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    await sendThrough(kafka, () => kafka.on(Produce).once().fail('NOT_ENOUGH_REPLICAS'), { enableIdempotence: false })
    expect(kafka.requests.list(InitProducerId)).toEqual([])
  })

  it('nothing is lost or out of order when answers are lost, though some may be doubled', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka, { enableIdempotence: false })
    const sends = numbers(100).map(async (value, i) => {
      if (i % 20 === 5) kafka.on(Produce).once().disconnect({ afterWork: true })
      await producer.send({ topic: 'orders', value })
    })
    for (let i = 0; i < 50; i++) await turn()
    await Promise.all(sends)
    const written = valuesOf(kafka, 'orders')[0] ?? []
    expect([...new Set(written)]).toEqual(numbers(100))
  })
})

describe('a partition', () => {
  it('does not wait for another that has trouble', async () => {
    const kafka = await startKafka({ topics: { orders: 2 } })
    const producer = newProducer(kafka)
    await producer.partitionsFor('orders')
    const rule = kafka
      .on(Produce, { when: ({ topicData }) => topicData.some(({ partitionData }) => partitionData.some(({ index }) => index === 0)) })
      .fail('NOT_ENOUGH_REPLICAS')
    const stuck = producer.send({ topic: 'orders', partition: 0, value: 'a' })
    await kafka.sawRequest(Produce)
    for (let i = 0; i < 10; i++) await producer.send({ topic: 'orders', partition: 1, value: `${i}` })
    rule.remove()
    expect((await stuck).offset).toBe(0)
  })

  it('without a leader is waited for', async () => {
    const kafka = await startKafka({ brokers: 2, topics: { orders: { numPartitions: 1, replicationFactor: 1 } } })
    const producer = newProducer(kafka)
    await producer.send({ topic: 'orders', value: 'a' })
    const leader = kafka.leaderOf({ topic: 'orders', partition: 0 })
    await kafka.broker(leader).kill()
    const sent = producer.send({ topic: 'orders', value: 'b' })
    kafka.requests.clear()
    await kafka.sawRequest(Metadata)
    await kafka.broker(leader).revive()
    expect((await sent).offset).toBe(1)
  })

  it('whose leader moved is found by the hint of the old leader, without a pause', async () => {
    const kafka = await startKafka({ brokers: 2, topics: { orders: { numPartitions: 1, replicationFactor: 2 } } })
    const producer = newProducer(kafka, { retryBackoffMs: 60_000, retryBackoffMaxMs: 60_000 })
    await producer.send({ topic: 'orders', value: 'a' })
    const leader = kafka.leaderOf({ topic: 'orders', partition: 0 })
    kafka.moveLeader({ topic: 'orders', partition: 0 }, 3 - leader)
    expect((await producer.send({ topic: 'orders', value: 'b' })).offset).toBe(1)
  })
})

describe('deliveryTimeoutMs', () => {
  // Time enough for a first attempt on a busy machine.
  const short = { deliveryTimeoutMs: 600, requestTimeoutMs: 400 }

  it('ends with what the broker said last, certainly not written where it always refused', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    // No second attempt: one that is on its way when the time is up leaves the outcome open.
    const producer = newProducer(kafka, { ...short, retryBackoffMs: 10_000, retryBackoffMaxMs: 10_000 })
    kafka.on(Produce).fail('NOT_ENOUGH_REPLICAS')
    const error = await rejectionOf(producer.send({ topic: 'orders', value: 'a' }))
    expect(error).toMatchObject({ code: 'DELIVERY_TIMED_OUT', maybeWritten: false, cause: { code: 'NOT_ENOUGH_REPLICAS' } })
    expect((error as Error).message).toContain('NOT_ENOUGH_REPLICAS')
    expect(kafka.records('orders')).toEqual([])
  })

  it('says that a record may be written where an answer was lost', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka, short)
    await producer.partitionsFor('orders')
    kafka.on(Produce).disconnect({ afterWork: true })
    expect(await rejectionOf(producer.send({ topic: 'orders', value: 'a' }))).toMatchObject({
      code: 'DELIVERY_TIMED_OUT',
      maybeWritten: true,
    })
    expect(kafka.records('orders')).toHaveLength(1)
  })

  it('holds for brokers that cannot be reached, and the producer goes on when they are back', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka, short)
    await producer.send({ topic: 'orders', value: 'a' })
    await kafka.broker(1).kill()
    const started = performance.now()
    const error = await rejectionOf(producer.send({ topic: 'orders', value: 'b' }))
    expect(performance.now() - started).toBeLessThan(short.deliveryTimeoutMs + 250)
    expect(error).toMatchObject({ code: 'DELIVERY_TIMED_OUT' })
    await kafka.broker(1).revive()
    await producer.send({ topic: 'orders', value: 'c' })
    const written = valuesOf(kafka, 'orders')[0]!
    expect(written.filter((value) => value !== 'b')).toEqual(['a', 'c'])
    // A request that was waiting for a connection when the time was up may still have left.
    if (written.includes('b')) expect(error).toMatchObject({ maybeWritten: true })
  })

  it('leaves the sequence whole: later records are written once and in order, whether the late one was written or not', async () => {
    for (const afterWork of [true, false]) {
      const kafka = await startKafka({ topics: { orders: 1 } })
      const producer = newProducer(kafka, short)
      await producer.send({ topic: 'orders', value: 'first' })
      const rule = kafka.on(Produce).disconnect({ afterWork })
      const late = producer.send({ topic: 'orders', value: 'late' })
      expect(await rejectionOf(late)).toMatchObject({ code: 'DELIVERY_TIMED_OUT', maybeWritten: true })
      rule.remove()
      await Promise.all(numbers(20).map((value) => producer.send({ topic: 'orders', value })))
      // An attempt that was on its way when the time was up may still have been written.
      const written = valuesOf(kafka, 'orders')[0]!
      expect(written.filter((value) => value !== 'late')).toEqual(['first', ...numbers(20)])
      expect(written.filter((value) => value === 'late').length).toBeLessThanOrEqual(1)
      if (afterWork || written.includes('late')) expect(written[1]).toBe('late')
    }
  })

  it('of a record on its way holds back the next until its outcome is known', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka, { deliveryTimeoutMs: 600, requestTimeoutMs: 500, lingerMs: 0 })
    await producer.send({ topic: 'orders', value: 'first' })
    // Two attempts, of which the second is still on its way when the time is up.
    kafka.on(Produce).times(2).delay(5_000)
    const late = rejectionOf(producer.send({ topic: 'orders', value: 'late' }))
    expect(await late).toMatchObject({ code: 'DELIVERY_TIMED_OUT', maybeWritten: true })
    const after = producer.send({ topic: 'orders', value: 'after' })
    await after.catch(() => undefined)
    kafka.clearFaults()
    await producer.send({ topic: 'orders', value: 'last' })
    const written = valuesOf(kafka, 'orders')[0] ?? []
    expect(written.filter((value) => value !== 'late' && value !== 'after')).toEqual(['first', 'last'])
    expect(new Set(written).size).toBe(written.length)
  })
})

describe('a topic that is deleted', () => {
  it('fails its records after their time, and takes them again when it is made anew', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka, { deliveryTimeoutMs: 600, requestTimeoutMs: 400 })
    await producer.send({ topic: 'orders', value: 'a' })
    await kafka.deleteTopic('orders')
    expect(await rejectionOf(producer.send({ topic: 'orders', value: 'b' }))).toMatchObject({ code: 'DELIVERY_TIMED_OUT' })
    await kafka.createTopic('orders', { numPartitions: 2 })
    expect((await producer.send({ topic: 'orders', partition: 0, value: 'c' })).offset).toBe(0)
    expect((await producer.send({ topic: 'orders', partition: 1, value: 'd' })).offset).toBe(0)
  })
})
