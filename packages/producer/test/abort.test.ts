import { type ItemsError, ProduceError } from '@k/producer'
import { Metadata, Produce } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { newProducer, rejectionOf, startKafka, valuesOf } from './fake-set-up.ts'

describe('a signal', () => {
  it('that has aborted already: nothing is sent', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    const signal = AbortSignal.abort(new Error('never mind'))
    expect(await rejectionOf(producer.send({ topic: 'orders', value: 'a' }, { signal }))).toBe(signal.reason)
    expect(await rejectionOf(producer.send([{ topic: 'orders', value: 'a' }], { signal }))).toBe(signal.reason)
    await producer.flush()
    expect(kafka.requests.length).toBe(0)
  })

  it('before the append: the send rejects with its reason, and the record is certainly never sent', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    const controller = new AbortController()
    const first = producer.send({ topic: 'payments', value: 'first' })
    const second = producer.send({ topic: 'payments', value: 'second' }, { signal: controller.signal })
    const third = producer.send({ topic: 'payments', value: 'third' })
    await kafka.sawRequest(Metadata)
    controller.abort(new Error('enough'))
    expect(await rejectionOf(second)).toBe(controller.signal.reason)
    await kafka.createTopic('payments')
    await Promise.all([first, third])
    expect(valuesOf(kafka, 'payments')[0]).toEqual(['first', 'third'])
  })

  it('after the append: only the waiting ends, and the error says that it may be written', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    await producer.partitionsFor('orders')
    const controller = new AbortController()
    const sent = producer.send({ topic: 'orders', partition: 1, value: 'a' }, { signal: controller.signal })
    controller.abort(new Error('enough'))
    const error = await rejectionOf(sent)
    expect(ProduceError.is(error, 'ABORTED')).toBe(true)
    expect(error).toMatchObject({ topic: 'orders', partition: 1, maybeWritten: true, cause: controller.signal.reason })
    await producer.flush()
    expect(kafka.records('orders')).toHaveLength(1)
  })

  it('during a send of many that all wait: none is sent', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    const controller = new AbortController()
    const sent = producer.send(
      [
        { topic: 'payments', value: 'a' },
        { topic: 'payments', value: 'b' },
      ],
      { signal: controller.signal },
    )
    controller.abort(new Error('enough'))
    expect(await rejectionOf(sent)).toBe(controller.signal.reason)
    await kafka.createTopic('payments')
    await producer.send({ topic: 'payments', value: 'c' })
    expect(valuesOf(kafka, 'payments')[0]).toEqual(['c'])
  })

  it('during a send of many of which some are in the buffer: each says whether it may be written', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    await producer.partitionsFor('orders')
    const controller = new AbortController()
    const records = ['orders', 'payments', 'orders'].map((topic) => ({ topic, value: topic }))
    const sent = producer.send(records, { signal: controller.signal })
    controller.abort()
    const error = (await rejectionOf(sent)) as ItemsError
    expect(error.failed.map(({ error }) => [error.code, (error as ProduceError).maybeWritten])).toEqual([
      ['ABORTED', true],
      ['ABORTED', false],
      ['ABORTED', true],
    ])
    await producer.flush()
    expect(kafka.records('orders')).toHaveLength(2)
  })

  it('after the end: nothing happens, and no listener is left', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    const controller = new AbortController()
    let listeners = 0
    const { signal } = controller
    const { addEventListener, removeEventListener } = signal
    signal.addEventListener = (...args: unknown[]) => {
      listeners += 1
      return Reflect.apply(addEventListener, signal, args)
    }
    signal.removeEventListener = (...args: unknown[]) => {
      listeners -= 1
      return Reflect.apply(removeEventListener, signal, args)
    }
    await producer.send({ topic: 'orders', value: 'a' }, { signal })
    await producer.send([{ topic: 'orders', value: 'a' }], { signal })
    await producer.enqueue({ topic: 'orders', value: 'a' }, { signal })
    await producer.flush({ signal })
    expect(listeners).toBe(0)
    controller.abort()
    await producer.send({ topic: 'orders', value: 'b' })
    expect(kafka.records('orders')).toHaveLength(4)
  })

  it('ends the waiting of flush, connect and partitionsFor, and harms nobody else', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    const { signal } = { signal: AbortSignal.timeout(20) }
    kafka.on(Metadata).once().delay(100)
    const sent = producer.send({ topic: 'orders', value: 'a' })
    const waits = [producer.flush({ signal }), producer.connect({ signal }), producer.partitionsFor('payments', { signal })]
    for (const wait of waits) expect(await rejectionOf(wait)).toBe(signal.reason)
    expect((await sent).offset).toBe(0)
  })
})

describe('Produce', () => {
  it('is not sent for records that were taken back', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    const controller = new AbortController()
    const sent = producer.send({ topic: 'orders', value: 'a' }, { signal: controller.signal })
    controller.abort()
    await rejectionOf(sent)
    await producer.close()
    expect(kafka.requests.list(Produce)).toEqual([])
  })
})
