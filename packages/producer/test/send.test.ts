import { gzip } from '@k/compression-gzip'
import { Cluster, defaultPartitioner, ItemsError, KafkaError, ProduceError, Producer, TimeoutError } from '@k/producer'
import { Metadata, Produce } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { murmur2 } from '../src/murmur2.ts'
import { newProducer, rejectionOf, startKafka, valuesOf } from './fake-set-up.ts'

describe('send of one record', () => {
  it('resolves with where the record is', async () => {
    const kafka = await startKafka({ brokers: 3 })
    const producer = newProducer(kafka)
    const before = Date.now()
    const metadata = await producer.send({ topic: 'orders', key: 'o-1', value: 'paid' })
    const [record] = kafka.records('orders')
    expect(String(record?.key)).toBe('o-1')
    expect(String(record?.value)).toBe('paid')
    expect(metadata).toMatchObject({
      topic: 'orders',
      partition: (murmur2(Buffer.from('o-1')) & 0x7fffffff) % 3,
      offset: 0,
      hasOffset: true,
      timestamp: record?.timestamp,
      timestampType: 'CreateTime',
      logStartOffset: 0,
      serializedKeySize: 3,
      serializedValueSize: 4,
    })
    expect(record?.partition).toBe(metadata.partition)
    expect(metadata.timestamp).toBeGreaterThanOrEqual(before)
  })

  it('needs no connect, over TCP neither', async () => {
    const kafka = await startKafka({ tcp: true, brokers: 2 })
    const producer = new Producer({ bootstrapServers: kafka.bootstrapServers })
    try {
      expect((await producer.send({ topic: 'orders', partition: 2, value: 'x' })).partition).toBe(2)
    } finally {
      await producer.close()
    }
  })

  it('writes text and bytes, headers in their order, no key, and tombstones', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka)
    await producer.send({ topic: 'orders', value: Buffer.from([0, 255]), headers: { a: 'text', b: Buffer.from([1]), c: null } })
    const pairs: [string, string][] = [
      ['twice', '1'],
      ['twice', '2'],
    ]
    await producer.send({ topic: 'orders', key: new Uint8Array([7]), value: 'v', headers: pairs })
    await producer.send({ topic: 'orders', key: 'k', value: null, headers: new Map([['from', 'a map']]) })
    const [first, second, third] = kafka.records('orders')
    expect(first).toMatchObject({ key: null, value: Buffer.from([0, 255]) })
    expect(first?.headers).toEqual([
      ['a', Buffer.from('text')],
      ['b', Buffer.from([1])],
      ['c', null],
    ])
    expect(second?.key).toEqual(Buffer.from([7]))
    expect(second?.headers).toEqual([
      ['twice', Buffer.from('1')],
      ['twice', Buffer.from('2')],
    ])
    expect(third).toMatchObject({ key: Buffer.from('k'), value: null, headers: [['from', Buffer.from('a map')]] })
  })

  it("keeps the time it is given, as a number or a date, and reports the broker's where the topic says so", async () => {
    const kafka = await startKafka({
      topics: { orders: 1, logged: { numPartitions: 1, configs: { 'message.timestamp.type': 'LogAppendTime' } } },
    })
    const producer = newProducer(kafka)
    const date = new Date(1_600_000_000_000)
    await producer.send({ topic: 'orders', value: 'a', timestamp: 1_500_000_000_000 })
    await producer.send({ topic: 'orders', value: 'b', timestamp: date })
    expect(kafka.records('orders').map(({ timestamp }) => timestamp)).toEqual([1_500_000_000_000, 1_600_000_000_000])
    const metadata = await producer.send({ topic: 'logged', value: 'c', timestamp: date })
    expect(metadata.timestampType).toBe('LogAppendTime')
    expect(metadata.timestamp).toBe(kafka.records('logged')[0]?.timestamp)
    expect(metadata.timestamp).toBeGreaterThan(1_600_000_000_000)
  })

  it('never changes the record it is given', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    const record = Object.freeze({ topic: 'orders', key: 'k', value: 'v', headers: Object.freeze({ a: 'b' }) })
    await producer.send(record)
    await producer.send(Object.freeze([record]))
    expect(kafka.records('orders')).toHaveLength(2)
  })

  it.each([
    ['no object', null, 'a record must be an object'],
    ['no topic', { value: 'v' }, 'topic must be a non-empty string'],
    ['no value', { topic: 'orders' }, 'null is a tombstone'],
    ['a tombstone without a key', { topic: 'orders', value: null }, 'needs a key'],
    ['a value that needs a serializer', { topic: 'orders', value: { a: 1 } }, 'give the producer a valueSerializer'],
    ['a key that needs a serializer', { topic: 'orders', key: 7, value: 'v' }, 'give the producer a keySerializer'],
    ['a negative partition', { topic: 'orders', value: 'v', partition: -1 }, 'partition must be an integer'],
    ['half a partition', { topic: 'orders', value: 'v', partition: 0.5 }, 'partition must be an integer'],
    ['no time', { topic: 'orders', value: 'v', timestamp: Number.NaN }, 'timestamp must be'],
    ['a date that is none', { topic: 'orders', value: 'v', timestamp: new Date('no') }, 'timestamp must be'],
    ['headers that are none', { topic: 'orders', value: 'v', headers: 'a' }, 'headers must be'],
    ['a header that is neither text nor bytes', { topic: 'orders', value: 'v', headers: { a: 1 } }, 'header a must be'],
  ])('refuses %s, and says what to do', async (_what, record, sentence) => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    const error = await rejectionOf(producer.send(record as never))
    expect(ProduceError.is(error, 'INVALID_ARGUMENT')).toBe(true)
    expect(error).toMatchObject({ maybeWritten: false })
    expect((error as Error).message).toContain(sentence)
    expect(() => producer.enqueue(record as never)).toThrow(sentence)
    expect(kafka.requests.list(Produce)).toEqual([])
  })
})

describe('records of one tick', () => {
  it('share a batch and a request, and keep the order of the calls', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka)
    await producer.send({ topic: 'orders', value: 'first' })
    kafka.requests.clear()
    const all = await Promise.all(Array.from({ length: 100 }, (_, i) => producer.send({ topic: 'orders', value: `v${i}` })))
    expect(all.map(({ offset }) => offset)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
    expect(valuesOf(kafka, 'orders')[0]?.slice(1)).toEqual(Array.from({ length: 100 }, (_, i) => `v${i}`))
    expect(kafka.requests.list(Produce)).toHaveLength(1)
  })

  it('go to each broker in one request for all its partitions', async () => {
    const kafka = await startKafka({ brokers: 2, topics: { orders: 4, payments: 2 } })
    const producer = newProducer(kafka)
    await Promise.all(['orders', 'payments'].map((topic) => producer.send({ topic, partition: 0, value: 'x' })))
    kafka.requests.clear()
    const sends = [0, 1, 2, 3].map((partition) => producer.send({ topic: 'orders', partition, value: 'v' }))
    sends.push(...[0, 1].map((partition) => producer.send({ topic: 'payments', partition, value: 'v' })))
    await Promise.all(sends)
    expect(kafka.requests.list(Produce)).toHaveLength(2)
  })
})

describe('send of many records', () => {
  it('resolves with one result each, in the order of the call', async () => {
    const kafka = await startKafka({ topics: { orders: 3, payments: 1 } })
    const producer = newProducer(kafka)
    const records = Array.from({ length: 300 }, (_, i) => ({ topic: i % 2 ? 'orders' : 'payments', key: `k${i}`, value: `v${i}` }))
    const results = await producer.send(records)
    expect(results).toHaveLength(300)
    for (const [i, { topic, partition, offset }] of results.entries()) {
      const record = kafka.records(topic).find((other) => other.partition === partition && other.offset === offset)
      expect(String(record?.value)).toBe(`v${i}`)
    }
  })

  it('resolves with nothing for none', async () => {
    const kafka = await startKafka()
    expect(await newProducer(kafka).send([])).toEqual([])
  })

  it('appends none where one is wrong, and says of each why', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    const records = [
      { topic: 'orders', value: 'a' },
      { topic: 'orders', value: 7 as never },
      { topic: 'orders', value: 'c' },
    ]
    const error = await rejectionOf(producer.send(records))
    expect(ItemsError.is(error)).toBe(true)
    const { results, failed } = error as ItemsError
    expect(results.map((result) => result.ok)).toEqual([false, false, false])
    expect(failed.map((result) => result.error.code)).toEqual(['OPERATION_NOT_ATTEMPTED', 'INVALID_ARGUMENT', 'OPERATION_NOT_ATTEMPTED'])
    expect(failed.every((result) => (result.error as ProduceError).maybeWritten === false)).toBe(true)
    await producer.send({ topic: 'orders', value: 'd' })
    expect(kafka.records('orders').map(({ value }) => String(value))).toEqual(['d'])
  })

  it('rejects with every outcome where some failed at the broker', async () => {
    const kafka = await startKafka({ topics: { orders: 2 } })
    const producer = newProducer(kafka)
    await producer.send({ topic: 'orders', partition: 0, value: 'x' })
    kafka
      .on(Produce, { when: (request) => request.topicData[0]?.partitionData.some(({ index }) => index === 1) ?? false })
      .fail('INVALID_RECORD')
    await producer.send({ topic: 'orders', partition: 0, value: 'y' })
    const records = [1, 1].map((partition, i) => ({ topic: 'orders', partition, value: `${i}` }))
    const error = await rejectionOf(producer.send(records))
    expect((error as ItemsError).failed.map(({ item, error }) => [item, error.code])).toEqual([
      [records[0], 'INVALID_RECORD'],
      [records[1], 'INVALID_RECORD'],
    ])
  })
})

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

describe('serializers', () => {
  it('turn keys and values into bytes, and never see null', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const seen: unknown[] = []
    const producer = newProducer<number, { n: number }>(kafka, {
      keySerializer: (key) => Buffer.from([key]),
      valueSerializer: {
        serialize: (value, context) => {
          seen.push([value, context])
          return JSON.stringify(value)
        },
      },
    })
    await producer.send({ topic: 'orders', key: 7, value: { n: 1 }, headers: { a: 'b' } })
    await producer.send([
      { topic: 'orders', key: 8, value: null },
      { topic: 'orders', key: null, value: { n: 2 } },
    ])
    expect(kafka.records('orders').map(({ key, value }) => [key, value && String(value)])).toEqual([
      [Buffer.from([7]), '{"n":1}'],
      [Buffer.from([8]), null],
      [null, '{"n":2}'],
    ])
    expect(seen).toMatchObject([
      [{ n: 1 }, { topic: 'orders', headers: [['a', 'b']] }],
      [{ n: 2 }, { topic: 'orders' }],
    ])
  })

  it('may be asynchronous: they run side by side, and the order is kept', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    let running = 0
    let most = 0
    const producer = newProducer<string, number>(kafka, {
      valueSerializer: async (n) => {
        running += 1
        most = Math.max(most, running)
        await new Promise((resolve) => setTimeout(resolve, n % 3))
        running -= 1
        return `v${n}`
      },
    })
    const numbers = Array.from({ length: 30 }, (_, i) => i)
    const results = await Promise.all(numbers.map((value) => producer.send({ topic: 'orders', value })))
    await producer.send(numbers.map((value) => ({ topic: 'orders', value })))
    const expected = numbers.map((n) => `v${n}`)
    expect(valuesOf(kafka, 'orders')[0]).toEqual([...expected, ...expected])
    expect(results.map(({ offset }) => offset)).toEqual(numbers)
    expect(results[29]?.serializedValueSize).toBe(3)
    expect(most).toBeGreaterThan(1)
  })

  it('keep the order also of what needs no waiting', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer<string, number>(kafka, {
      valueSerializer: (n) => (n % 2 ? `v${n}` : new Promise((resolve) => setTimeout(() => resolve(`v${n}`), 3))),
    })
    await Promise.all(Array.from({ length: 20 }, (_, i) => producer.send({ topic: 'orders', value: i })))
    expect(valuesOf(kafka, 'orders')[0]).toEqual(Array.from({ length: 20 }, (_, i) => `v${i}`))
  })

  it('that fail, at once or later, fail their record and no other', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer<string, number>(kafka, {
      valueSerializer: (n) => {
        if (n === 1) throw new Error('at once')
        return n === 2 ? Promise.reject(new Error('later')) : Promise.resolve(`v${n}`)
      },
    })
    const outcomes = await Promise.allSettled([0, 1, 2, 3].map((value) => producer.send({ topic: 'orders', value })))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as ProduceError] : []))
    for (const reason of reasons) expect(ProduceError.is(reason, 'SERIALIZATION_FAILED') && !reason.maybeWritten).toBe(true)
    expect(reasons.map(({ message }) => /at once|later/.exec(message)?.[0])).toEqual(['at once', 'later'])
    const error = (await rejectionOf(producer.send([0, 2, 3].map((value) => ({ topic: 'orders', value }))))) as ItemsError
    expect(error.failed.map(({ error }) => error.code)).toEqual([
      'OPERATION_NOT_ATTEMPTED',
      'SERIALIZATION_FAILED',
      'OPERATION_NOT_ATTEMPTED',
    ])
    expect(valuesOf(kafka, 'orders')[0]).toEqual(['v0', 'v3'])
  })

  it('that answer with something else than bytes are told so', async () => {
    const kafka = await startKafka()
    const producer = newProducer<string, number>(kafka, { valueSerializer: async () => 7 as never })
    expect(await rejectionOf(producer.send({ topic: 'orders', value: 1 }))).toMatchObject({ code: 'INVALID_ARGUMENT', maybeWritten: false })
  })

  it('are closed with the producer', async () => {
    const kafka = await startKafka()
    const closed: string[] = []
    const serializer = (name: string) => ({ serialize: (text: string) => text, close: () => void closed.push(name) })
    const producer = newProducer<string, string>(kafka, { keySerializer: serializer('key'), valueSerializer: serializer('value') })
    await producer.close()
    expect(closed).toEqual(['key', 'value'])
  })
})

describe('a serializer that cannot be closed', () => {
  it('holds nobody up', async () => {
    const kafka = await startKafka()
    const logged: unknown[] = []
    const log = (message: string) => void logged.push(message)
    const failing = { serialize: (text: string) => text, close: () => Promise.reject(new Error('stuck')) }
    const hanging = { serialize: (text: string) => text, close: () => new Promise<void>(() => undefined) }
    const producer = newProducer<string, string>(kafka, {
      keySerializer: failing,
      valueSerializer: hanging,
      logger: { debug: log, info: log, warn: log, error: log },
    })
    await producer.send({ topic: 'orders', value: 'a' })
    await producer.close({ timeoutMs: 50 })
    expect(logged).toEqual(['a serializer could not be closed', 'a serializer could not be closed'])
  })
})

describe('records that are too large', () => {
  it('are refused at once, without a request', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka, { maxRequestSize: 10_000 })
    const error = await rejectionOf(producer.send({ topic: 'orders', value: Buffer.alloc(10_001) }))
    expect(ProduceError.is(error, 'MESSAGE_TOO_LARGE')).toBe(true)
    expect(error).toMatchObject({ maybeWritten: false })
    expect((error as Error).message).toContain('maxRequestSize (10000)')
    expect(kafka.requests.length).toBe(0)
    expect((await producer.send({ topic: 'orders', value: 'v'.repeat(9_800) })).offset).toBe(0)
  })

  it('fail at the broker without harm to their neighbours of other partitions', async () => {
    const kafka = await startKafka({ topics: { orders: { numPartitions: 2, configs: { 'max.message.bytes': '1000' } } } })
    const producer = newProducer(kafka)
    const small = producer.send({ topic: 'orders', partition: 0, value: 'v' })
    const large = producer.send({ topic: 'orders', partition: 1, value: Buffer.alloc(2_000) })
    expect(await rejectionOf(large)).toMatchObject({ code: 'MESSAGE_TOO_LARGE', partition: 1, maybeWritten: false })
    expect((await small).offset).toBe(0)
    expect((await producer.send({ topic: 'orders', partition: 1, value: 'v' })).offset).toBe(0)
  })
})

describe('a shared cluster', () => {
  it('serves several producers, and outlives them', async () => {
    const kafka = await startKafka()
    const cluster = new Cluster({ bootstrapServers: kafka.bootstrapServers, transport: kafka.transport })
    try {
      const [a, b] = [new Producer({ cluster }), new Producer({ cluster, clientId: 'b' })]
      await Promise.all([a.send({ topic: 'orders', value: 'a' }), b.send({ topic: 'orders', value: 'b' })])
      await a.close()
      await b.send({ topic: 'orders', value: 'c' })
      await b.close()
      await cluster.refresh(['orders'])
      expect(new Set(kafka.requests.list(Produce).map(({ clientId }) => clientId))).toEqual(new Set(['@k/producer', 'b']))
    } finally {
      await cluster.close()
    }
  })
})

describe('connect', () => {
  it('obtains everything that the first send needs', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    await producer.connect()
    expect(kafka.requests.list().map(({ api }) => api)).toContain('InitProducerId')
  })

  it('fails early where no broker answers', async () => {
    const producer = new Producer({
      bootstrapServers: 'nowhere:1',
      logger: null,
      transport: { connect: () => Promise.reject(new Error('no route')) },
    })
    const error = await rejectionOf(producer.connect())
    expect(KafkaError.is(error, 'CONNECTION_FAILED')).toBe(true)
    await producer.close()
  })
})
