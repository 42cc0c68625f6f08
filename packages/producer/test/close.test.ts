import { ClosedError, Cluster, ProduceError, Producer } from '@k/producer'
import { InitProducerId, Metadata, Produce } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { newProducer, rejectionOf, startKafka } from './fake-set-up.ts'

describe('close', () => {
  it('delivers what is pending first, lingering batches too', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka, { lingerMs: 60_000 })
    const sent = producer.send({ topic: 'orders', value: 'a' })
    producer.enqueue({ topic: 'orders', value: 'b' })
    await producer.close()
    expect((await sent).hasOffset).toBe(true)
    expect(kafka.records('orders')).toHaveLength(2)
  })

  it('may be called again, and by await using', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    await producer.send({ topic: 'orders', value: 'a' })
    await Promise.all([producer.close(), producer.close()])
    await producer[Symbol.asyncDispose]()
  })

  it('of a producer that was never used does nothing', async () => {
    const kafka = await startKafka()
    await newProducer(kafka).close()
    expect(kafka.requests.length).toBe(0)
  })

  it('refuses every call that comes later', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    await producer.close()
    expect(await rejectionOf(producer.send({ topic: 'orders', value: 'a' }))).toMatchObject({ code: 'CLOSED', maybeWritten: false })
    expect(await rejectionOf(producer.send([{ topic: 'orders', value: 'a' }]))).toMatchObject({ failed: [{ error: { code: 'CLOSED' } }] })
    expect(() => producer.enqueue({ topic: 'orders', value: 'a' })).toThrow('closed')
    for (const call of [producer.flush(), producer.connect(), producer.partitionsFor('orders')]) {
      expect(ClosedError.is(await rejectionOf(call))).toBe(true)
    }
  })

  it('gives up after timeoutMs, and says of each record whether it may be written', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka, { maxInFlightRequestsPerConnection: 1 })
    await producer.connect()
    await producer.partitionsFor('orders')
    kafka.on(Produce).delay(10_000)
    const onItsWay = producer.send({ topic: 'orders', value: 'a' })
    await kafka.sawRequest(Produce)
    const behind = producer.send({ topic: 'orders', value: 'b' })
    const inLine = producer.send({ topic: 'nowhere', value: 'c' })
    const started = performance.now()
    const errors = Promise.all([onItsWay, behind, inLine].map(rejectionOf))
    await producer.close({ timeoutMs: 50 })
    expect(performance.now() - started).toBeLessThan(1_000)
    expect(await errors).toMatchObject([
      { code: 'CLOSED', maybeWritten: true },
      { code: 'CLOSED', maybeWritten: false },
      { code: 'CLOSED', maybeWritten: false },
    ])
  })

  it('refuses a time that is none, and goes on', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    expect(await rejectionOf(producer.close({ timeoutMs: -1 }))).toMatchObject({ code: 'INVALID_ARGUMENT' })
    await producer.send({ topic: 'orders', value: 'a' })
  })

  it.each([
    ['connecting', async () => undefined],
    ['looking a topic up', (kafka: Awaited<ReturnType<typeof startKafka>>) => kafka.sawRequest(Metadata)],
    ['asking for a producer id', (kafka: Awaited<ReturnType<typeof startKafka>>) => kafka.sawRequest(InitProducerId)],
    ['producing', (kafka: Awaited<ReturnType<typeof startKafka>>) => kafka.sawRequest(Produce)],
  ])('during %s settles every promise in time', async (_what, reached) => {
    const kafka = await startKafka({ tcp: true })
    const producer = new Producer({ bootstrapServers: kafka.bootstrapServers, logger: null })
    kafka.on(InitProducerId).delay(30)
    kafka.on(Metadata).delay(30)
    kafka.on(Produce).delay(30)
    const sends = Array.from({ length: 20 }, (_, i) => producer.send({ topic: 'orders', value: `${i}` }))
    const outcomes = Promise.allSettled(sends)
    await reached(kafka)
    await producer.close({ timeoutMs: 0 })
    for (const outcome of await outcomes) {
      if (outcome.status === 'rejected') expect(ProduceError.is(outcome.reason, 'CLOSED')).toBe(true)
    }
    await kafka.until(() => kafka.brokers.every((broker) => broker.connectionCount === 0))
    const written = kafka.records('orders').length
    const unwritten = (await outcomes).filter((outcome) => outcome.status === 'rejected' && outcome.reason.maybeWritten === false).length
    expect(written + unwritten).toBeLessThanOrEqual(20)
  })

  it('ends what waits on a cluster that others go on using', async () => {
    const kafka = await startKafka()
    const { bootstrapServers, transport } = kafka
    await using cluster = new Cluster({ bootstrapServers, transport, logger: null })
    await cluster.connect()
    const producer = new Producer({ cluster, logger: null })
    const held = kafka.on(InitProducerId).hold()
    const calls = [
      producer.partitionsFor('nowhere'),
      producer.connect(),
      producer.flush(),
      producer.send({ topic: 'nowhere', value: 'a' }),
      producer.send([{ topic: 'orders', value: 'b' }]),
    ]
    const settled = Promise.allSettled(calls)
    await held.struck()
    const looks = () => kafka.requests.list(Metadata).length
    const started = performance.now()
    await producer.close({ timeoutMs: 50 })
    const outcomes = await settled
    expect(performance.now() - started).toBeLessThan(1_000)
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled', 'rejected', 'rejected'])
    for (const outcome of [outcomes[0], outcomes[1]]) expect(outcome).toMatchObject({ reason: { code: 'CLOSED' } })
    // Nobody looks for the two topics any more, but for what the cluster was asked before.
    held.release()
    const before = looks()
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(looks() - before).toBeLessThanOrEqual(2)
  })

  it('leaves no timer behind', async () => {
    const kafka = await startKafka()
    const timers = new Set<unknown>()
    const clock = {
      now: () => Date.now(),
      monotonic: () => performance.now(),
      endOfTick: (callback: () => void) => void setImmediate(callback),
      setTimer: (callback: () => void, ms: number) => {
        const timer = setTimeout(() => {
          timers.delete(timer)
          callback()
        }, ms)
        timers.add(timer)
        return {
          cancel: () => {
            timers.delete(timer)
            clearTimeout(timer)
          },
        }
      },
    }
    const producer = newProducer(kafka, { clock, lingerMs: 5 })
    await producer.send({ topic: 'orders', value: 'a' })
    const lost = producer.send({ topic: 'nowhere', value: 'b' })
    const error = rejectionOf(lost)
    await producer.close({ timeoutMs: 10 })
    await error
    expect(timers.size).toBe(0)
  })
})
