import { Metadata, Produce } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { newProducer, rejectionOf, startKafka, valuesOf } from '../fake-set-up.ts'

const first = { topic: 'orders', partition: 0 }

describe('F67: a producer that is closed during anything', () => {
  it.each([
    ['a send', 'Produce'],
    ['a look-up', 'Metadata'],
  ] as const)('ends within timeoutMs, and so does %s', async (_what, api) => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    if (api === 'Produce') await producer.send({ ...first, value: 'a' })
    const held = kafka.on(api === 'Produce' ? Produce : Metadata).hold()
    const sending = rejectionOf(producer.send({ ...first, value: 'b' }))
    const looking = api === 'Metadata' ? rejectionOf(producer.partitionsFor('orders')) : undefined
    await held.struck()
    const started = performance.now()
    await producer.close({ timeoutMs: 50 })
    expect(performance.now() - started).toBeLessThan(1_000)
    expect(await sending).toMatchObject({ code: 'CLOSED', maybeWritten: api === 'Produce' })
    await looking
    held.release()
  })
})

describe('F68: an abort', () => {
  it('of one who waits for metadata does not spoil it for others', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    const held = kafka.on(Metadata).hold()
    const controller = new AbortController()
    const aborted = rejectionOf(producer.send({ ...first, value: 'a' }, { signal: controller.signal }))
    const kept = producer.send({ ...first, value: 'b' })
    await held.struck()
    controller.abort(new Error('enough'))
    expect(await aborted).toMatchObject({ message: 'enough' })
    held.release()
    expect(await kept).toMatchObject({ offset: 0 })
    expect(valuesOf(kafka, 'orders')[0]).toEqual(['b'])
  })

  it('of a record on its way tells that it may be written, and the producer goes on', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    await producer.send({ ...first, value: 'a' })
    const held = kafka.on(Produce).hold()
    const controller = new AbortController()
    const aborted = rejectionOf(producer.send({ ...first, value: 'b' }, { signal: controller.signal }))
    await held.struck()
    controller.abort()
    expect(await aborted).toMatchObject({ code: 'ABORTED', maybeWritten: true })
    held.release()
    expect(await producer.send({ ...first, value: 'c' })).toMatchObject({ offset: 2 })
  })
})

describe('F69: what users hand in', () => {
  it.each([
    ['a symbol', Symbol('s')],
    ['what is no text', Object.create(null)],
  ])('may throw %s, at once or later: the record fails, and nothing else', async (_, thrown) => {
    const kafka = await startKafka()
    const atOnce = () => {
      throw thrown
    }
    const later = () => Promise.reject(thrown)
    const send = (options: object) =>
      rejectionOf(newProducer(kafka, { maxBlockMs: 5_000, ...options }).send({ topic: 'orders', value: 'a' }))
    for (const fail of [atOnce, later]) {
      expect(await send({ valueSerializer: fail })).toMatchObject({ code: 'SERIALIZATION_FAILED', cause: thrown })
      const compression = { id: 1, name: 'mine', compress: fail, decompress: fail }
      expect(await send({ compression })).toMatchObject({ code: 'COMPRESSION_FAILED', cause: thrown })
    }
    expect(await send({ partitioner: atOnce })).toMatchObject({ code: 'PARTITIONER_FAILED', cause: thrown })
    expect(kafka.records('orders')).toEqual([])
  })

  it('may throw or come back into the client: callbacks, partitioners, serializers, loggers', async () => {
    const kafka = await startKafka()
    const angry = () => {
      throw new Error('angry')
    }
    const inner: Promise<unknown>[] = []
    const producer = newProducer(kafka, {
      logger: { debug: angry, info: angry, warn: angry, error: angry },
      valueSerializer: (value: string | Uint8Array) => {
        if (value === 'bad') angry()
        if (value === 'again') inner.push(producer.send({ ...first, value: 'from a serializer' }))
        return value
      },
      partitioner: (key) => {
        if (key !== null) angry()
        inner.push(producer.send({ ...first, value: 'from a partitioner' }))
        return 0
      },
    })
    await producer.partitionsFor('orders')
    producer.enqueue({ ...first, value: 'a' }, { onDelivery: angry })
    producer.enqueue(
      { ...first, value: 'b' },
      {
        onDelivery: () => {
          inner.push(producer.flush(), producer.send({ ...first, value: 'from a callback' }))
          angry()
        },
      },
    )
    await producer.flush()
    expect(await rejectionOf(producer.send({ ...first, value: 'bad' }))).toMatchObject({ code: 'SERIALIZATION_FAILED' })
    expect(await rejectionOf(producer.send({ topic: 'orders', key: 'k', value: 'c' }))).toMatchObject({ code: 'PARTITIONER_FAILED' })
    await producer.send({ topic: 'orders', value: 'd' })
    await producer.send({ ...first, value: 'again' })
    await Promise.all(inner)
    const written = valuesOf(kafka, 'orders')[0]!
    expect([...written].sort()).toEqual(['a', 'again', 'b', 'd', 'from a callback', 'from a partitioner', 'from a serializer'])
  })
})
