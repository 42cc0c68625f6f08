import { DeliveryError, type ProduceError, type Producer, type RecordMetadata } from '@k/producer'
import { Metadata, Produce } from '@k/protocol'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newProducer, rejectionOf, startKafka, valuesOf } from './fake-set-up.ts'

describe('enqueue', () => {
  it('answers undefined where there is room, and flush waits for the delivery', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka)
    await producer.partitionsFor('orders')
    for (let i = 0; i < 10; i++) expect(producer.enqueue({ topic: 'orders', value: `v${i}` })).toBe(undefined)
    await producer.flush()
    expect(valuesOf(kafka, 'orders')[0]).toEqual(Array.from({ length: 10 }, (_, i) => `v${i}`))
  })

  it('answers with a promise where the topic is not known yet', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka)
    const room = producer.enqueue({ topic: 'orders', value: 'v' })
    expect(room).toBeInstanceOf(Promise)
    await room
    await producer.flush()
    expect(kafka.records('orders')).toHaveLength(1)
  })

  it('answers with a promise where there is no room, which resolves when there is, and keeps the order', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka, { bufferMemory: 4_000, batchSize: 1_000 })
    await producer.partitionsFor('orders')
    let waits = 0
    for (let i = 0; i < 200; i++) {
      const room = producer.enqueue({ topic: 'orders', value: `${i}`.padEnd(100, '.') })
      if (room === undefined) continue
      waits += 1
      await room
    }
    await producer.flush()
    expect(waits).toBeGreaterThan(5)
    expect(valuesOf(kafka, 'orders')[0]?.map((value) => Number.parseInt(value, 10))).toEqual(Array.from({ length: 200 }, (_, i) => i))
  })

  it('gives I/O a turn after some KiB in one tick', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    await producer.partitionsFor('orders')
    const value = Buffer.alloc(10_000)
    const rooms = Array.from({ length: 100 }, () => producer.enqueue({ topic: 'orders', value }))
    expect(rooms[0]).toBe(undefined)
    expect(rooms[99]).toBeInstanceOf(Promise)
    await Promise.all(rooms)
    expect(producer.enqueue({ topic: 'orders', value })).toBe(undefined)
    await producer.flush()
    expect(kafka.records('orders')).toHaveLength(101)
  })

  it('tells onDelivery how each record ended, once', async () => {
    const kafka = await startKafka({ topics: { orders: 2 } })
    const producer = newProducer(kafka)
    await producer.partitionsFor('orders')
    kafka.on(Produce, { when: ({ topicData }) => topicData[0]?.partitionData[0]?.index === 1 }).fail('INVALID_RECORD')
    const told: [ProduceError | undefined, RecordMetadata | undefined][] = []
    const onDelivery = (error: ProduceError | undefined, metadata: RecordMetadata | undefined) => told.push([error, metadata])
    producer.enqueue({ topic: 'orders', partition: 0, value: 'a' }, { onDelivery })
    await producer.flush()
    producer.enqueue({ topic: 'orders', partition: 1, value: 'b' }, { onDelivery })
    await producer.flush()
    expect(told).toMatchObject([
      [undefined, { topic: 'orders', partition: 0, offset: 0 }],
      [{ code: 'INVALID_RECORD', partition: 1, maybeWritten: false }, undefined],
    ])
  })

  it('tells onDelivery also of what never got into the buffer, and the promise then resolves', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka, { maxBlockMs: 500, maxRequestSize: 1_000 })
    const told: unknown[] = []
    const onDelivery = (error: ProduceError | undefined) => told.push(error?.code)
    await producer.enqueue({ topic: 'nowhere', value: 'a' }, { onDelivery })
    expect(told).toEqual(['UNKNOWN_TOPIC_OR_PARTITION'])
    expect(producer.enqueue({ topic: 'orders', value: Buffer.alloc(2_000) }, { onDelivery })).toBe(undefined)
    expect(told).toHaveLength(1)
    await Promise.resolve()
    expect(told).toEqual(['UNKNOWN_TOPIC_OR_PARTITION', 'MESSAGE_TOO_LARGE'])
    await producer.flush()
  })

  it('rejects its promise where the record could not be put into the buffer and nobody else is told', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka, { maxBlockMs: 500 })
    const error = await rejectionOf(producer.enqueue({ topic: 'nowhere', value: 'a' }) as Promise<void>)
    expect(error).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION', maybeWritten: false })
    await producer.flush()
  })

  it('reports failures that nobody listened to with the next flush, once, or with close', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka)
    await producer.send({ topic: 'orders', value: 'fine' })
    const rule = kafka.on(Produce).fail('INVALID_RECORD')
    for (let i = 0; i < 3; i++) producer.enqueue({ topic: 'orders', value: `v${i}` })
    const error = await rejectionOf(producer.flush())
    expect(DeliveryError.is(error, 'DELIVERY_FAILED')).toBe(true)
    expect(error).toMatchObject({ count: 3, first: { code: 'INVALID_RECORD', maybeWritten: false } })
    await producer.flush()
    producer.enqueue({ topic: 'orders', value: 'w' })
    expect(await rejectionOf(producer.close())).toMatchObject({ count: 1 })
    rule.remove()
  })

  it('survives a callback that throws, rejects or sends, and logs it', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const logged: unknown[] = []
    const log = (message: string, fields?: object) => logged.push([message, fields])
    const producer = newProducer(kafka, { logger: { debug: log, info: log, warn: log, error: log } })
    await producer.partitionsFor('orders')
    const thrown = new Error('mine')
    const again: Promise<unknown>[] = []
    producer.enqueue(
      { topic: 'orders', value: 'a' },
      {
        onDelivery: () => {
          throw thrown
        },
      },
    )
    producer.enqueue({ topic: 'orders', value: 'b' }, { onDelivery: (async () => Promise.reject(thrown)) as never })
    producer.enqueue({ topic: 'orders', value: 'c' }, { onDelivery: () => void again.push(producer.send({ topic: 'orders', value: 'd' })) })
    await producer.flush()
    await Promise.all(again)
    expect(valuesOf(kafka, 'orders')[0]).toEqual(['a', 'b', 'c', 'd'])
    expect(logged).toEqual([
      [expect.stringContaining('callback'), { error: thrown }],
      [expect.stringContaining('callback'), { error: thrown }],
    ])
  })

  it('stops waiting for room when the signal aborts: the record is certainly never sent', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    const controller = new AbortController()
    const room = producer.enqueue({ topic: 'payments', value: 'a' }, { signal: controller.signal })
    controller.abort(new Error('enough'))
    expect(await rejectionOf(room as Promise<void>)).toBe(controller.signal.reason)
    expect(await rejectionOf(producer.enqueue({ topic: 'orders', value: 'b' }, { signal: controller.signal }) as Promise<void>)).toBe(
      controller.signal.reason,
    )
    await kafka.createTopic('payments')
    await producer.send({ topic: 'payments', value: 'c' })
    expect(kafka.records('payments').map(({ value }) => String(value))).toEqual(['c'])
    expect(kafka.records('orders')).toEqual([])
  })
})

describe('records of a topic that is not known', () => {
  it('share one look-up and go out in their order once it exists', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    const sends = Array.from({ length: 50 }, (_, i) => producer.send({ topic: 'payments', partition: 0, value: `v${i}` }))
    await kafka.sawRequest(Metadata, ({ body }) => body.topics?.some(({ name }) => name === 'payments') ?? false)
    await kafka.createTopic('payments')
    await Promise.all(sends)
    expect(valuesOf(kafka, 'payments')[0]).toEqual(Array.from({ length: 50 }, (_, i) => `v${i}`))
    expect(kafka.requests.list(Metadata).length).toBeLessThan(20)
  })

  it('fail after maxBlockMs, certainly not written, and hold up nobody else', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka, { maxBlockMs: 50 })
    const lost = rejectionOf(producer.send({ topic: 'nowhere', value: 'a' }))
    expect((await producer.send({ topic: 'orders', value: 'b' })).offset).toBe(0)
    const error = await lost
    expect(error).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION', topic: 'nowhere', partition: undefined, maybeWritten: false })
    expect((error as Error).message).toContain('maxBlockMs (50 ms)')
  })

  it('fail at once where the topic cannot exist', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    expect(await rejectionOf(producer.send({ topic: 'no/such name', value: 'a' }))).toMatchObject({
      code: 'INVALID_TOPIC_EXCEPTION',
      maybeWritten: false,
    })
  })

  it('are written where the cluster creates topics by itself', async () => {
    const kafka = await startKafka({ autoCreateTopics: true, defaultPartitions: 2 })
    const producer = newProducer(kafka)
    expect((await producer.send({ topic: 'new', partition: 1, value: 'a' })).offset).toBe(0)
  })
})

describe('a promise of enqueue that nobody waits for', () => {
  const lost = { topic: 'nowhere', value: 'a' }

  it.each([
    ['flush()', (producer: Producer) => producer.flush()],
    ['close()', (producer: Producer) => producer.close()],
  ])('does not end the process when its record fails: %s tells', async (_, tell) => {
    const unhandled: unknown[] = []
    const onUnhandled = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', onUnhandled)
    onTestFinished(() => void process.off('unhandledRejection', onUnhandled))
    const kafka = await startKafka()
    const producer = newProducer(kafka, { maxBlockMs: 250 })
    void producer.enqueue(lost)
    void producer.enqueue(lost, { signal: AbortSignal.abort() })
    const error = await rejectionOf(tell(producer))
    expect(error).toBeInstanceOf(DeliveryError)
    expect(error).toMatchObject({ count: 1, first: { code: 'UNKNOWN_TOPIC_OR_PARTITION', maybeWritten: false } })
    await new Promise((resolve) => setImmediate(resolve))
    expect(unhandled).toEqual([])
  })

  it('tells whoever waits, and then nobody else', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka, { maxBlockMs: 250 })
    const waits = [
      async () => await producer.enqueue(lost),
      () => Promise.all([producer.enqueue(lost)]),
      () => producer.enqueue(lost)!.then(() => undefined),
      () => producer.enqueue(lost)!.finally(() => undefined),
    ]
    for (const wait of waits) expect(await rejectionOf(wait())).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' })
    await producer.flush()
    await producer.close()
  })
})

describe('a producer without room', () => {
  it('fails a record after maxBlockMs as BUFFER_FULL, certainly not written', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka, { bufferMemory: 1_000, batchSize: 1_000, maxBlockMs: 50 })
    await producer.partitionsFor('orders')
    const rule = kafka.on(Produce).delay(300)
    const first = producer.send({ topic: 'orders', value: Buffer.alloc(800) })
    const error = await rejectionOf(producer.send({ topic: 'orders', value: Buffer.alloc(801) }))
    expect(error).toMatchObject({ code: 'BUFFER_FULL', maybeWritten: false })
    expect((error as Error).message).toContain('bufferMemory took longer than maxBlockMs (50 ms)')
    await first
    rule.remove()
    await producer.send({ topic: 'orders', value: 'v' })
    expect(kafka.records('orders').map(({ value }) => value?.length)).toEqual([800, 1])
  })
})
