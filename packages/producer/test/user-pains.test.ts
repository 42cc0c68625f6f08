import { Producer, type ProducerOptions } from '@k/producer'
import { InitProducerId, Metadata, Produce } from '@k/protocol'
import { VirtualClock } from '@k/testing'
import { describe, expect, it } from 'vitest'
import { newProducer, rejectionOf, startKafka, valuesOf } from './fake-set-up.ts'

const first = { topic: 'orders', partition: 0 }
const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i))

describe('many sends at once with idempotence', () => {
  it('neither lose records nor share offsets while leaders move and answers are lost', async () => {
    const kafka = await startKafka({ brokers: 3, topics: { orders: { numPartitions: 1, replicationFactor: 3 } } })
    const producer = newProducer(kafka, { batchSize: 512 })
    let turn = 0
    kafka
      .on(Produce, { when: () => turn++ % 5 === 2 })
      .times(15)
      .disconnect({ afterWork: true })
    kafka
      .on(Produce, { when: () => turn % 9 === 4 })
      .times(5)
      .disconnect()
    const moving = (async () => {
      for (let i = 0; i < 6; i++) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        kafka.moveLeader(first, (i % 3) + 1)
      }
    })()
    const results = await Promise.all(numbers(1_000).map((value) => producer.send({ ...first, value })))
    await moving
    expect(results.map(({ offset }) => offset)).toEqual(numbers(1_000).map(Number))
    expect(valuesOf(kafka, 'orders')[0]).toEqual(numbers(1_000))
  })
})

describe('sends that are awaited one by one', () => {
  it('wait for the broker and for nothing else, with the defaults', async () => {
    const clock = new VirtualClock()
    const kafka = await startKafka({ clock, latencyMs: 1 })
    const { bootstrapServers, transport } = kafka
    const producer = new Producer({ bootstrapServers, transport, clock, logger: null })
    await clock.run(producer.send({ ...first, value: 'first' }))
    const began = clock.monotonic()
    for (const value of numbers(50)) await clock.run(producer.send({ ...first, value }))
    // There and back.
    expect((clock.monotonic() - began) / 50).toBeLessThanOrEqual(2)
    await clock.run(producer.close())
  })
})

describe('sends that nobody awaits one by one', () => {
  it('share requests as arrays do: a thousand records of a partition are one', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka, { batchSize: 131_072 })
    const value = 'x'.repeat(100)
    await Promise.all(numbers(20_000).map(() => producer.send({ topic: 'orders', value })))
    expect(kafka.records('orders')).toHaveLength(20_000)
    expect(kafka.requests.list(Produce).length).toBeLessThanOrEqual(20)
  })
})

describe('a network that swallows everything', () => {
  const options: Partial<ProducerOptions> = {
    maxBlockMs: 3_000,
    defaultApiTimeoutMs: 3_000,
    deliveryTimeoutMs: 4_000,
    requestTimeoutMs: 1_000,
    socketConnectionSetupTimeoutMs: 500,
    socketConnectionSetupTimeoutMaxMs: 500,
  }
  const record = { topic: 'orders', value: 'a' }
  const calls: Record<string, (producer: Producer) => Promise<unknown> | undefined> = {
    'connect()': (producer) => producer.connect(),
    'partitionsFor()': (producer) => producer.partitionsFor('orders'),
    'send()': (producer) => producer.send(record),
    'send() of many': (producer) => producer.send([record, record]),
    'enqueue()': (producer) => producer.enqueue(record),
    'enqueue() and flush()': (producer) => {
      void producer.enqueue(record)
      return producer.flush()
    },
    'sendBatch()': (producer) => {
      const batch = producer.createBatch()
      batch.append({ value: 'a' })
      return producer.sendBatch(batch, first)
    },
    'close() with a record': (producer) => {
      void producer.enqueue(record)
      return producer.close({ timeoutMs: 3_000 })
    },
  }
  const transactional: typeof calls = {
    'beginTransaction()': (producer) => producer.beginTransaction(),
    'transaction()': (producer) => producer.transaction((tx) => tx.send(record)),
    'connect() with a transactionalId': (producer) => producer.connect(),
  }

  it.each([...Object.entries(calls), ...Object.entries(transactional)])(
    'ends %s at its deadline, with what was waited for',
    async (name, call) => {
      const clock = new VirtualClock()
      const kafka = await startKafka({ clock })
      const transport = { connect: () => new Promise<never>(() => {}) }
      const id = name in transactional ? { transactionalId: 'billing' } : {}
      const producer = newProducer(kafka, { ...options, ...id, transport, clock } as never)
      const error = (await clock.run(rejectionOf(call(producer) as Promise<unknown>))) as Error
      expect(clock.monotonic()).toBeLessThanOrEqual(4_100)
      expect(error.message).toMatch(/timed out|within|Ms \(|was closed/)
      const began = clock.monotonic()
      await clock.run(producer.close({ timeoutMs: 100 }).catch(() => {}))
      expect(clock.monotonic() - began).toBeLessThanOrEqual(200)
    },
  )

  it.each([
    ['metadata', Metadata],
    ['the producer id', InitProducerId],
    ['an answer', Produce],
  ] as const)('ends a send that waits for %s when its time is up, all attempts together', async (_, api) => {
    const clock = new VirtualClock()
    const kafka = await startKafka({ clock })
    const producer = newProducer(kafka, { ...options, clock })
    await clock.run(producer.partitionsFor('orders'))
    const topic = api === Metadata ? 'others' : 'orders'
    if (api === Metadata) await kafka.createTopic('others', { numPartitions: 1 })
    kafka.on(api).blackhole()
    const began = clock.monotonic()
    const error = await clock.run(rejectionOf(producer.send({ topic, value: 'a' })))
    expect(error).toMatchObject({ name: 'ProduceError', maybeWritten: api === Produce })
    expect(clock.monotonic() - began).toBeLessThanOrEqual(4_100)
  })
})

describe('a broker that stands still', () => {
  it('costs no more than bufferMemory, and what was accepted is written when it goes on', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const bufferMemory = 1_000_000
    const producer = newProducer(kafka, { bufferMemory })
    await producer.send({ topic: 'orders', value: 'first' })
    const held = kafka.on(Produce).hold()
    const value = Buffer.alloc(1_000)
    let accepted = 0
    let refused = 0
    const onDelivery = (error: unknown) => (error === undefined ? accepted++ : refused++)
    let room: Promise<void> | undefined
    let enqueued = 0
    let isWaiting = false
    while (!isWaiting) {
      room = producer.enqueue({ topic: 'orders', value }, { onDelivery })
      enqueued++
      // Either a breath for I/O, or no room.
      if (room !== undefined)
        isWaiting = await Promise.race([room.then(() => false), new Promise<true>((r) => setTimeout(() => r(true), 200))])
    }
    expect(producer.metrics().bufferTotalBytes - producer.metrics().bufferAvailableBytes).toBeLessThanOrEqual(bufferMemory)
    expect(enqueued * 1_000).toBeLessThanOrEqual(bufferMemory * 1.1)
    held.release()
    held.remove()
    await room
    await producer.flush()
    expect([accepted, refused]).toEqual([enqueued, 0])
    expect(kafka.records('orders')).toHaveLength(1 + enqueued)
  })
})

describe('records that are more than a request can hold', () => {
  it('are written by one call all the same: ten thousand of a kilobyte', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka)
    const value = Buffer.alloc(1_000)
    const results = await producer.send(numbers(10_000).map(() => ({ topic: 'orders', value })))
    expect(results.map(({ offset }) => offset)).toEqual(numbers(10_000).map(Number))
  })

  it('one that the topic does not take fails alone, with its size, and 999 others of its call are written', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka, { maxRequestSize: 4_000_000 })
    const records = numbers(999).map((value) => ({ topic: 'orders', value: value as string | Buffer }))
    records.splice(500, 0, { topic: 'orders', value: Buffer.alloc(2_000_000) })
    const error = (await rejectionOf(producer.send(records))) as { failed: { item: unknown; error: Error & { code: string } }[] }
    expect(error.failed).toHaveLength(1)
    expect(error.failed[0]!.item).toBe(records[500])
    expect(error.failed[0]!.error).toMatchObject({ code: 'MESSAGE_TOO_LARGE', maybeWritten: false })
    expect(error.failed[0]!.error.message).toMatch(/2000\d\d\d bytes/)
    expect(valuesOf(kafka, 'orders')[0]).toEqual(numbers(999))
  })
})
