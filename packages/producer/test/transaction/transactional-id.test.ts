import { DescribeTransactions, InitProducerId } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { Producer } from '../../src/producer.ts'
import { newProducer, rejectionOf, startKafka } from '../fake-set-up.ts'
import { committedValues, transactional, transactionalId } from './transaction-set-up.ts'

describe('a producer with a transactionalId', () => {
  it('fences nobody where its signal aborted before', async () => {
    const { kafka, producer } = await transactional(2)
    const signal = AbortSignal.abort(new Error('too late'))
    expect(await rejectionOf(producer.beginTransaction({ signal }))).toBe(signal.reason)
    // Waits for what is under way.
    await producer.close()
    expect(kafka.requests.list(InitProducerId)).toEqual([])
  })

  it('sends inside of transactions only', async () => {
    const { producer } = await transactional(2)
    const record = { topic: 'orders', value: 'a' }
    expect(await rejectionOf(producer.send(record))).toMatchObject({ name: 'ProduceError', code: 'NO_TRANSACTION', maybeWritten: false })
    expect(await rejectionOf(producer.send([record]))).toMatchObject({ name: 'ItemsError' })
    expect(() => producer.enqueue(record)).toThrow(expect.objectContaining({ code: 'NO_TRANSACTION' }))
    const batch = producer.createBatch()
    batch.append({ value: 'a' })
    expect(await rejectionOf(producer.sendBatch(batch, { topic: 'orders', partition: 0 }))).toMatchObject({ code: 'NO_TRANSACTION' })
    const tx = await producer.beginTransaction()
    expect(await rejectionOf(producer.send(record))).toMatchObject({ code: 'NO_TRANSACTION' })
    await tx.commit()
  })

  it('is one that has idempotence, and only it has transactions', async () => {
    const kafka = await startKafka()
    for (const o of [{ acks: 1 }, { retries: 0 }, { enableIdempotence: false }, { maxInFlightRequestsPerConnection: 6 }]) {
      expect(() => newProducer(kafka, { transactionalId, ...o } as never)).toThrow(
        expect.objectContaining({ name: 'ConfigError', option: 'transactionalId' }),
      )
    }
    expect(() => newProducer(kafka, { transactionTimeoutMs: 1 } as never)).toThrow(/needs a transactionalId/)
    const producer = newProducer(kafka)
    expect(await rejectionOf(producer.beginTransaction())).toMatchObject({ code: 'NO_TRANSACTION' })
    expect(await rejectionOf(producer.transaction(async () => {}))).toMatchObject({ code: 'NO_TRANSACTION' })
  })

  it('tells the coordinator its id and timeout, 60 seconds by default', async () => {
    const { kafka, producer } = await transactional(2)
    await producer.connect()
    const other = newProducer(kafka, { transactionalId: 'other', transactionTimeoutMs: 5_000 } as never)
    await other.connect()
    expect(kafka.requests.list(InitProducerId).map(({ body }) => [body.transactionalId, body.transactionTimeoutMs])).toEqual([
      [transactionalId, 60_000],
      ['other', 5_000],
    ])
  })

  it('ends what the one before left open, and fences it', async () => {
    const { kafka, producer: old } = await transactional(2)
    const open = await old.beginTransaction()
    await open.send({ topic: 'orders', value: 'old' })
    const young = newProducer(kafka, { transactionalId } as never)
    await young.transaction((tx) => tx.send({ topic: 'orders', value: 'young' }))
    const error = (await rejectionOf(open.commit())) as Error
    expect(error).toMatchObject({ name: 'FencedError', retriable: false })
    expect(error.message).toMatch(/another producer has begun with billing, or the broker ended a transaction that took longer/)
    for (const call of [() => old.beginTransaction(), () => old.transaction(async () => {}), () => old.connect()]) {
      expect(await rejectionOf(call())).toBe(error)
    }
    expect(await committedValues(kafka)).toEqual(['young'])
  })

  it('lets the first records wait for the transaction before, and for nothing where nobody may tell how it stands', async () => {
    const { kafka, producer } = await transactional(2)
    const write = (value: string) => producer.transaction((tx) => tx.send({ topic: 'orders', value }))
    await write('a')
    await write('b')
    const order = kafka.requests.list().map(({ api }) => api)
    const told = order.indexOf('DescribeTransactions')
    expect(told).toBeGreaterThan(order.indexOf('EndTxn'))
    expect(told).toBeLessThan(order.lastIndexOf('Produce'))
    kafka.on(DescribeTransactions).fail('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
    await write('c')
    expect(await committedValues(kafka)).toEqual(['a', 'b', 'c'])
  })

  it('cannot be made with impossible pairs, by its types', () => {
    // @ts-expect-error acks 1 has no transactions
    expect(() => new Producer({ bootstrapServers: 'x:1', transactionalId, acks: 1 })).toThrow()
    // @ts-expect-error without idempotence there are no transactions
    expect(() => new Producer({ bootstrapServers: 'x:1', transactionalId, enableIdempotence: false })).toThrow()
  })
})
