import { Cluster, ItemsError, KafkaError, ProduceError, Producer } from '@k/producer'
import { Produce } from '@k/protocol'
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
    ['no value', { topic: 'orders' }, 'value must be a string, a Uint8Array or null'],
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
    expect((error as Error).message).toContain('value must be a string')
    expect((error as Error).message).not.toContain('OPERATION_NOT_ATTEMPTED')
    expect((error as Error).cause).toBe(failed[1]!.error)
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
