import { jsonSerializer, ProduceError } from '@k/producer'
import { Produce } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { newProducer, rejectionOf, startKafka, valuesOf } from './fake-set-up.ts'

describe('a batch by hand', () => {
  it('takes records until it is full or closed, and says how many it has and how large it is', async () => {
    const producer = newProducer(await startKafka(), { batchSize: 320 })
    const batch = producer.createBatch()
    const empty = batch.size
    expect([batch.recordCount, batch.closed]).toEqual([0, false])
    const first = batch.append({ key: 'k', value: 'v'.repeat(100), timestamp: 1_000, headers: { h: 'x' } })
    expect(first).toEqual({ index: 0, timestamp: 1_000, size: batch.size - empty })
    expect(batch.append({ value: Buffer.alloc(100) })).toMatchObject({ index: 1, timestamp: expect.any(Number) })
    expect(batch.append({ value: Buffer.alloc(100) })).toBeUndefined()
    expect(batch.append({ value: 'a' })).toMatchObject({ index: 2 })
    expect(batch.recordCount).toBe(3)
    expect(batch.size).toBeLessThanOrEqual(320)
    batch.close()
    expect(batch.closed).toBe(true)
    expect(batch.append({ value: 'a' })).toBeUndefined()
    // The first record always has room.
    expect(producer.createBatch().append({ value: 'v'.repeat(1_000) })).toMatchObject({ index: 0 })
  })

  it('goes to its partition as one, and resolves with the offset of its first record', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    await producer.send({ topic: 'orders', partition: 1, value: 'before' })
    const batch = producer.createBatch()
    batch.append({ key: 'a', value: '1', timestamp: 1_000, headers: [['h', 'x']] })
    batch.append({ key: 'b', value: null, timestamp: 2_000 })
    batch.append({ value: '3', timestamp: new Date(3_000) })
    kafka.requests.clear()
    const metadata = await producer.sendBatch(batch, { topic: 'orders', partition: 1 })
    expect(metadata).toMatchObject({ topic: 'orders', partition: 1, offset: 1, hasOffset: true, timestamp: 3_000 })
    expect(kafka.requests.list(Produce)).toHaveLength(1)
    const written = kafka.records('orders').filter(({ partition }) => partition === 1)
    expect(written.map(({ offset, key, value, timestamp }) => [offset, key?.toString(), value?.toString(), timestamp]).slice(1)).toEqual([
      [1, 'a', '1', 1_000],
      [2, 'b', undefined, 2_000],
      [3, undefined, '3', 3_000],
    ])
  })

  it('keeps its place among records and other batches, also those that wait for metadata', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka, { maxInFlightRequestsPerConnection: 1 })
    const target = { topic: 'orders', partition: 0 }
    const batches = ['b', 'd', 'e'].map((value) => {
      const batch = producer.createBatch()
      batch.append({ value: `${value}1` })
      batch.append({ value: `${value}2` })
      batch.close()
      return batch
    })
    const all = [
      producer.send({ ...target, value: 'a' }),
      producer.sendBatch(batches[0]!, target),
      producer.send({ ...target, value: 'c' }),
      producer.sendBatch(batches[1]!, target),
      producer.sendBatch(batches[2]!, target),
    ]
    expect((await Promise.all(all)).map(({ offset }) => offset)).toEqual([0, 1, 3, 4, 6])
    expect(valuesOf(kafka, 'orders')[0]).toEqual(['a', 'b1', 'b2', 'c', 'd1', 'd2', 'e1', 'e2'])
  })

  it('that was left open may take records of send behind its own; one that was closed takes none', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    await producer.connect()
    await producer.partitionsFor('orders')
    const target = { topic: 'orders', partition: 0 }
    for (const isClosed of [false, true]) {
      const batch = producer.createBatch()
      batch.append({ value: 'by hand' })
      if (isClosed) batch.close()
      kafka.requests.clear()
      await Promise.all([producer.sendBatch(batch, target), producer.send({ ...target, value: 'by itself' })])
      expect(kafka.requests.list(Produce)).toHaveLength(isClosed ? 2 : 1)
      expect(batch.closed).toBe(true)
      expect(batch.append({ value: 'too late' })).toBeUndefined()
    }
    expect(valuesOf(kafka, 'orders')[0]).toEqual(['by hand', 'by itself', 'by hand', 'by itself'])
  })

  it('is never divided: the broker takes all of it or nothing', async () => {
    const kafka = await startKafka({ topics: { orders: { numPartitions: 1, configs: { 'max.message.bytes': 400 } } } })
    const producer = newProducer(kafka)
    const target = { topic: 'orders', partition: 0 }
    const batch = producer.createBatch()
    for (let i = 0; i < 4; i++) batch.append({ value: `by hand ${i} `.padEnd(150, '.') })
    const outcomes = await Promise.allSettled([
      producer.sendBatch(batch, target),
      producer.send({ ...target, value: 'behind it '.padEnd(150, '.') }),
      producer.send({ ...target, value: 'behind that '.padEnd(150, '.') }),
    ])
    expect(outcomes[0]).toMatchObject({ status: 'rejected', reason: { code: 'MESSAGE_TOO_LARGE', maybeWritten: false } })
    expect(outcomes.slice(1)).toMatchObject([
      { status: 'fulfilled', value: { offset: 0 } },
      { status: 'fulfilled', value: { offset: 1 } },
    ])
    expect(kafka.records('orders').map(({ value }) => String(value).slice(0, 6))).toEqual(['behind', 'behind'])
  })

  it('fails as a whole where the broker refuses one of its records, and those behind it do not', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka)
    await producer.connect()
    await producer.partitionsFor('orders')
    const refusal = { errorCode: 87, recordErrors: [{ batchIndex: 1, batchIndexErrorMessage: 'no' }] }
    const refuse = <T extends { readonly partitionResponses: readonly object[] }>(topic: T) => ({
      ...topic,
      partitionResponses: topic.partitionResponses.map((partition) => ({ ...partition, ...refusal })),
    })
    kafka
      .on(Produce)
      .once()
      .answer((response) => ({ ...response, responses: response.responses.map(refuse) }) as typeof response)
    const target = { topic: 'orders', partition: 0 }
    const batch = producer.createBatch()
    for (const value of ['a', 'b', 'c']) batch.append({ value })
    const sending = Promise.allSettled([producer.sendBatch(batch, target), producer.send({ ...target, value: 'd' })])
    expect(await sending).toMatchObject([
      { status: 'rejected', reason: { code: 'INVALID_RECORD', maybeWritten: false } },
      { status: 'fulfilled' },
    ])
  })

  it('is serialized as records are, at once', async () => {
    const kafka = await startKafka()
    const producer = newProducer<string, { id: number }>(kafka, { valueSerializer: jsonSerializer<{ id: number }>() })
    const batch = producer.createBatch()
    batch.append({ key: 'a', value: { id: 1 } })
    await producer.sendBatch(batch, { topic: 'orders', partition: 0 })
    expect(valuesOf(kafka, 'orders')[0]).toEqual(['{"id":1}'])
    const later = newProducer<string, string>(kafka, { valueSerializer: async (value: string) => value })
    expect(() => later.createBatch().append({ value: 'a' })).toThrow('valueSerializer answers must be a string')
  })

  it.each([
    [{ value: undefined }, 'value must be'],
    [{ value: null }, 'needs a key'],
    [{ value: 1 }, 'value must be a string, a Uint8Array or null'],
    [{ value: 'a', timestamp: -1 }, 'timestamp'],
    [{ value: 'a', headers: 1 }, 'headers'],
    [{ value: 'v'.repeat(2_000_000) }, 'maxRequestSize'],
  ])('refuses %j', async (record, sentence) => {
    const batch = newProducer(await startKafka()).createBatch()
    expect(() => batch.append(record as never)).toThrow(sentence)
    expect(() => batch.append(record as never)).toThrow(expect.objectContaining({ name: 'ProduceError' }))
    expect(batch.recordCount).toBe(0)
  })

  it('is refused where it is empty, was sent, is none, or goes nowhere', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    const target = { topic: 'orders', partition: 0 }
    const sent = producer.createBatch()
    sent.append({ value: 'a' })
    await producer.sendBatch(sent, target)
    const full = producer.createBatch()
    full.append({ value: 'a' })
    for (const [batch, to, sentence] of [
      [producer.createBatch(), target, 'empty'],
      [sent, target, 'sent already'],
      [{}, target, 'createBatch()'],
      [full, { topic: 'orders' }, 'partition must be an integer'],
      [full, { topic: '', partition: 0 }, 'topic must be'],
      [full, undefined, 'topic must be'],
    ] as const) {
      const error = await rejectionOf(producer.sendBatch(batch as never, to as never))
      expect(ProduceError.is(error, 'INVALID_ARGUMENT')).toBe(true)
      expect((error as Error).message).toContain(sentence)
    }
    const nowhere = await rejectionOf(producer.sendBatch(full, { topic: 'orders', partition: 99 }))
    expect(nowhere).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION', maybeWritten: false })
    await producer.close()
    expect(await rejectionOf(producer.sendBatch(full, target))).toMatchObject({ code: 'CLOSED' })
  })

  it('that waits can be taken back by a signal, and is certainly never sent', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    const batch = producer.createBatch()
    batch.append({ value: 'a' })
    const controller = new AbortController()
    const sending = producer.sendBatch(batch, { topic: 'later', partition: 0 }, { signal: controller.signal })
    controller.abort(new Error('enough'))
    expect(await rejectionOf(sending)).toMatchObject({ message: 'enough' })
    await kafka.createTopic('later', { numPartitions: 1 })
    await producer.send({ topic: 'later', value: 'b' })
    expect(valuesOf(kafka, 'later')).toEqual({ 0: ['b'] })
  })
})
