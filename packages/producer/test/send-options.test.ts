import { createHash } from 'node:crypto'
import { gzip } from '@k/compression-gzip'
import { defaultPartitioner, type ItemsError, ProduceError, TimeoutError } from '@k/producer'
import { type Codec, Metadata, Produce } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { newProducer, rejectionOf, startKafka, valuesOf } from './fake-set-up.ts'

describe('partitions', () => {
  it('an explicit one wins over key and partitioner', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka, { partitioner: () => 1 })
    expect((await producer.send({ topic: 'orders', key: 'o-1', value: 'v', partition: 2 })).partition).toBe(2)
  })

  it('one that does not exist is refused after one look at the cluster, never wrapped', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    await producer.send({ topic: 'orders', value: 'v' })
    kafka.requests.clear()
    const error = await rejectionOf(producer.send({ topic: 'orders', value: 'v', partition: 3 }))
    expect(ProduceError.is(error, 'UNKNOWN_TOPIC_OR_PARTITION')).toBe(true)
    expect(error).toMatchObject({ partition: 3, maybeWritten: false })
    expect((error as Error).message).toContain('orders has 3')
    expect(kafka.requests.list(Metadata)).toHaveLength(1)
  })

  it('records without a key stay together until the partition had batchSize bytes', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka, { batchSize: 1_000, partitioner: defaultPartitioner() })
    const few = await Promise.all(Array.from({ length: 5 }, () => producer.send({ topic: 'orders', value: 'v' })))
    expect(new Set(few.map(({ partition }) => partition)).size).toBe(1)
    const many = await Promise.all(Array.from({ length: 100 }, () => producer.send({ topic: 'orders', value: 'v'.repeat(100) })))
    expect(new Set(many.map(({ partition }) => partition)).size).toBeGreaterThan(1)
  })

  it("a function of one's own chooses by the bytes of the key", async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka, {
      partitioner: (key, { topic, partitions }) => (key === null ? topic.length : key[0]!) % partitions.length,
    })
    expect((await producer.send({ topic: 'orders', key: '\u0002', value: 'v' })).partition).toBe(2)
    expect((await producer.send({ topic: 'orders', value: 'v' })).partition).toBe(0)
  })

  it('a function that returns nothing fails the record', async () => {
    const producer = newProducer(await startKafka(), { partitioner: (() => undefined) as never })
    const error = await rejectionOf(producer.send({ topic: 'orders', value: 'v' }))
    expect(error).toMatchObject({ code: 'PARTITIONER_FAILED', topic: 'orders', maybeWritten: false })
    expect(String(error)).toContain('no partition undefined')
  })

  it('one that throws for a topic fails its records, and those of no other topic', async () => {
    const kafka = await startKafka({ topics: { orders: 1, payments: 1 } })
    const producer = newProducer(kafka, {
      maxBlockMs: 5_000,
      valueSerializer: async (value: string | Uint8Array) => value,
      partitioner: {
        forTopic: (topic) => {
          if (topic === 'payments') throw new Error('no')
          return { partition: () => 0 }
        },
      },
    })
    const error = (await rejectionOf(producer.send(['orders', 'payments'].map((topic) => ({ topic, value: 'v' }))))) as ItemsError
    expect(error.results).toMatchObject([{ ok: true }, { ok: false, error: { code: 'PARTITIONER_FAILED', maybeWritten: false } }])
    await producer.send({ topic: 'payments', partition: 0, value: 'w' })
    expect([valuesOf(kafka, 'orders'), valuesOf(kafka, 'payments')]).toEqual([{ 0: ['v'] }, { 0: ['w'] }])
  })

  it('one that throws when it is told of a record that is on its way fails nothing', async () => {
    const kafka = await startKafka()
    const appended = () => {
      throw new Error('no')
    }
    const errors: unknown[][] = []
    const [info, error] = [() => undefined, (...seen: unknown[]) => void errors.push(seen)]
    const producer = newProducer(kafka, {
      partitioner: { forTopic: () => ({ partition: () => 0, appended }) },
      logger: { debug: info, info, warn: info, error },
    })
    await producer.send(['a', 'b'].map((value) => ({ topic: 'orders', value })))
    expect(valuesOf(kafka, 'orders')[0]).toEqual(['a', 'b'])
    expect(errors.map(([text]) => text)).toEqual(['a partitioner threw', 'a partitioner threw'])
  })

  it('a function that throws, or chooses what does not exist, fails the record alone', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka, {
      partitioner: (key) => {
        if (key === null) throw new Error('no key')
        return key.length
      },
    })
    const ok = producer.send({ topic: 'orders', key: 'a', value: 'v' })
    expect(await rejectionOf(producer.send({ topic: 'orders', value: 'v' }))).toMatchObject({
      code: 'PARTITIONER_FAILED',
      maybeWritten: false,
    })
    expect(await rejectionOf(producer.send({ topic: 'orders', key: 'abcd', value: 'v' }))).toMatchObject({ code: 'PARTITIONER_FAILED' })
    expect((await ok).partition).toBe(1)
    const error = (await rejectionOf(
      producer.send([
        { topic: 'orders', value: 'v' },
        { topic: 'orders', key: 'a', value: 'w' },
      ]),
    )) as ItemsError
    expect(error.results.map(({ ok }) => ok)).toEqual([false, true])
  })

  it('partitionsFor tells them, and waits for a topic to exist', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka, { maxBlockMs: 5_000 })
    expect((await producer.partitionsFor('orders')).map(({ partition, leader }) => [partition, leader])).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ])
    const later = producer.partitionsFor('payments')
    await kafka.sawRequest(Metadata, ({ body }) => body.topics?.some(({ name }) => name === 'payments') ?? false)
    await kafka.createTopic('payments', { numPartitions: 2 })
    expect(await later).toHaveLength(2)
  })

  it('partitionsFor gives up after maxBlockMs, and says why', async () => {
    const kafka = await startKafka()
    const error = await rejectionOf(newProducer(kafka, { maxBlockMs: 30 }).partitionsFor('nowhere'))
    expect(TimeoutError.is(error)).toBe(true)
    expect((error as Error).message).toContain('UNKNOWN_TOPIC_OR_PARTITION')
  })
})

describe('acks', () => {
  it('all by default, 1 and 0 where asked, and with 0 nobody knows the offset', async () => {
    const kafka = await startKafka()
    expect((await newProducer(kafka).send({ topic: 'orders', value: 'v' })).offset).toBe(0)
    expect((await newProducer(kafka, { acks: 1 }).send({ topic: 'orders', value: 'v' })).hasOffset).toBe(true)
    const metadata = await newProducer(kafka, { acks: 0 }).send({ topic: 'orders', value: 'v' })
    expect(metadata).toMatchObject({ offset: -1, hasOffset: false })
    await kafka.until(() => kafka.records('orders').length === 3)
    expect(kafka.requests.list(Produce).map(({ body }) => body.acks)).toEqual([-1, 1, 0])
  })
})

describe('compression', () => {
  it('compresses whole batches, and brokers read them', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka, { compression: gzip() })
    const value = 'the same again and again '.repeat(40)
    await producer.send(Array.from({ length: 50 }, () => ({ topic: 'orders', value })))
    expect(kafka.records('orders')).toHaveLength(50)
    expect(String(kafka.records('orders')[49]?.value)).toBe(value)
    const bytes = kafka.requests
      .list(Produce)
      .flatMap(({ body }) => body.topicData.flatMap(({ partitionData }) => partitionData.map(({ records }) => records)))
    expect(bytes.reduce((sum, records) => sum + (records?.length ?? 0), 0)).toBeLessThan(5_000)
  })

  it('fills batches by the size that they will have after it, learned from those before, within the memory', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka, { compression: gzip(), batchSize: 2_000, bufferMemory: 100_000 })
    const records = Array.from({ length: 500 }, (_, i) => ({ topic: 'orders', value: `${i}`.padEnd(200, 'order ') }))
    const batches: number[] = []
    for (let round = 0; round < 6; round++) {
      const { batchTotal } = producer.metrics()
      await producer.send(records)
      batches.push(producer.metrics().batchTotal - batchTotal)
    }
    // 100 KB are more than 50 batches at first, and few when it is known how little is left of them.
    expect(batches[0]).toBeGreaterThan(40)
    expect(batches.at(-1)).toBeLessThan(15)
    expect(producer.metrics()).toMatchObject({ bufferAvailableBytes: 100_000, batchSplitTotal: 0 })
    expect(producer.metrics().batchSizeMax).toBeLessThanOrEqual(2_100)
    expect(kafka.records('orders')).toHaveLength(3_000)
  })

  it('of a kind that the broker is too old for is replaced by the next of the list, or refused with the way out', async () => {
    const zstd: Codec = { id: 4, name: 'zstd', compress: (bytes) => bytes, decompress: (bytes) => bytes }
    const kafka = await startKafka({ version: '2.0', topics: { orders: 1 } })
    const both = newProducer(kafka, { compression: [zstd, gzip()] })
    await Promise.all(['a', 'b'].map((value) => both.send({ topic: 'orders', value })))
    expect(kafka.records('orders').map(({ value }) => String(value))).toEqual(['a', 'b'])
    const error = await rejectionOf(newProducer(kafka, { compression: zstd }).send({ topic: 'orders', value: 'c' }))
    expect(error).toMatchObject({ code: 'UNSUPPORTED_VERSION', maybeWritten: false })
    expect((error as Error).message).toContain('zstd needs Kafka 2.1')
  })

  it('divides batches that become larger than was hoped for', async () => {
    const kafka = await startKafka({ topics: { orders: { numPartitions: 1, configs: { 'max.message.bytes': 3_000 } } } })
    const producer = newProducer(kafka, { compression: gzip(), batchSize: 2_500 })
    for (let i = 0; i < 20; i++) await producer.send({ topic: 'orders', value: ''.padEnd(2_000, 'a') })
    const hard = Array.from({ length: 60 }, (_, i) => createHash('sha512').update(`${i}`).digest())
    await producer.send(hard.map((value) => ({ topic: 'orders', value })))
    expect(producer.metrics().batchSplitTotal).toBeGreaterThan(0)
    expect(
      kafka
        .records('orders')
        .slice(20)
        .map(({ value }) => value),
    ).toEqual(hard)
  })

  it('keeps the order of batches that take different times to compress', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka, { compression: gzip(), batchSize: 60_000 })
    const values: string[] = []
    const sends: Promise<unknown>[] = []
    for (let i = 0; i < 20; i++) {
      const value = `${i} `.repeat(i % 2 ? 1 : 20_000)
      values.push(value)
      sends.push(producer.send({ topic: 'orders', value }))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.all(sends)
    expect(valuesOf(kafka, 'orders')[0]).toEqual(values)
  })
})
