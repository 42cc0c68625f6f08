import { gzip } from '@k/compression-gzip'
import { diagnostics } from '@k/producer'
import { Produce } from '@k/protocol'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newProducer, rejectionOf, startKafka } from './fake-set-up.ts'

describe('metrics', () => {
  it('are plain numbers that can be written as JSON, before anything happened too', async () => {
    const metrics = newProducer(await startKafka()).metrics()
    expect(JSON.parse(JSON.stringify(metrics))).toMatchObject({
      recordSendTotal: 0,
      recordSendRate: 0,
      recordErrors: {},
      bufferTotalBytes: 33_554_432,
      bufferAvailableBytes: 33_554_432,
    })
    expect(metrics.batchSizeAvg).toBeUndefined()
  })

  it('count records, batches, bytes and requests, and do not change any more', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka, { compression: gzip() })
    await producer.send({ topic: 'orders', partition: 0, value: 'a' })
    const before = producer.metrics()
    await producer.send(Array.from({ length: 9 }, () => ({ topic: 'orders', partition: 0, value: 'v'.repeat(1_000) })))
    const metrics = producer.metrics()
    expect(before.recordSendTotal).toBe(1)
    expect(metrics).toMatchObject({
      recordSendTotal: 10,
      recordErrorTotal: 0,
      recordRetryTotal: 0,
      batchTotal: 2,
      requestTotal: 2,
      requestsInFlight: 0,
      requestErrorTotal: 0,
      recordsPerRequestAvg: 5,
      waitingRecords: 0,
    })
    expect(metrics.recordSendRate).toBeGreaterThan(0)
    expect(metrics.compressionRateAvg).toBeLessThan(0.2)
    expect(metrics.batchSizeMax).toBeLessThan(1_000)
    expect(metrics.byteTotal).toBe(Math.round(metrics.batchSizeAvg! * 2))
    expect(metrics.requestLatencyMax).toBeGreaterThanOrEqual(metrics.requestLatencyAvg!)
    expect(metrics.recordQueueTimeAvg).toBeGreaterThanOrEqual(0)
    expect(metrics.bufferAvailableBytes).toBe(metrics.bufferTotalBytes)
  })

  it('count what failed, by its code, what was sent again, and what brokers asked for', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka, { maxBlockMs: 300 })
    kafka.on(Produce).times(2).fail('NOT_ENOUGH_REPLICAS')
    await producer.send([1, 2].map((i) => ({ topic: 'orders', partition: 0, value: `${i}` })))
    kafka.on(Produce).once().fail('POLICY_VIOLATION')
    await rejectionOf(producer.send({ topic: 'orders', value: 'a' }))
    await rejectionOf(producer.send({ topic: 'nowhere', value: 'a' }))
    kafka.on(Produce).once().disconnect()
    kafka.on(Produce).once().throttle(20)
    await producer.send({ topic: 'orders', value: 'a' })
    expect(producer.metrics()).toMatchObject({
      recordSendTotal: 3,
      recordRetryTotal: 5,
      recordErrorTotal: 2,
      recordErrors: { POLICY_VIOLATION: 1, UNKNOWN_TOPIC_OR_PARTITION: 1 },
      requestErrorTotal: 1,
      produceThrottleTimeTotal: 20,
    })
  })

  it('tell how much of the buffer is used, and who waits', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka, { batchSize: 1_000, bufferMemory: 2_000 })
    await producer.send({ topic: 'orders', partition: 0, value: 'a' })
    const held = kafka.on(Produce).hold()
    const sending = Array.from({ length: 3 }, () => producer.send({ topic: 'orders', partition: 0, value: 'v'.repeat(900) }))
    await held.struck()
    expect(producer.metrics()).toMatchObject({
      bufferTotalBytes: 2_000,
      bufferAvailableBytes: 0,
      bufferExhaustedTotal: 1,
      waitingRecords: 1,
    })
    held.release()
    await Promise.all(sending)
    expect(producer.metrics()).toMatchObject({ bufferAvailableBytes: 2_000, waitingRecords: 0, requestsInFlight: 0 })
  })
})

describe('diagnostics channels', () => {
  it('tell of every batch: written, given up, sent again, divided; of a full buffer, and of new epochs', async () => {
    const kafka = await startKafka()
    const seen: [string, Record<string, unknown>][] = []
    for (const [name, channel] of Object.entries(diagnostics)) {
      onTestFinished(channel.subscribe((message: object) => seen.push([name, message as Record<string, unknown>])))
    }
    const take = () => seen.splice(0).filter(([, { clientId }]) => clientId === 'me')
    const producer = newProducer(kafka, { clientId: 'me', batchSize: 1_000, bufferMemory: 1_500 })
    const record = { topic: 'orders', partition: 0, value: 'a' }
    await producer.send(record)
    const facts = { clientId: 'me', topic: 'orders', partition: 0, records: 1, bytes: expect.any(Number), elapsedMs: expect.any(Number) }
    expect(take()).toEqual([['batchAcknowledged', { ...facts, attempts: 1 }]])
    kafka.on(Produce).once().fail('NOT_ENOUGH_REPLICAS')
    await producer.send(record)
    expect(take()).toMatchObject([
      ['batchRetried', { ...facts, attempts: 1, brokerId: 1, error: { code: 'NOT_ENOUGH_REPLICAS' } }],
      ['batchAcknowledged', { attempts: 2 }],
    ])
    kafka.on(Produce).once().fail('POLICY_VIOLATION')
    await rejectionOf(producer.send(record))
    expect(take()).toMatchObject([
      ['epochBumped', { producerEpoch: 1 }],
      ['batchFailed', { ...facts, maybeWritten: false, error: { code: 'POLICY_VIOLATION' } }],
    ])
    kafka.on(Produce).once().fail('MESSAGE_TOO_LARGE')
    await producer.send([record, record])
    expect(take().map(([name]) => name)).toEqual(['batchSplit', 'batchAcknowledged', 'batchAcknowledged'])
    await Promise.all([producer.send({ ...record, value: 'v'.repeat(800) }), producer.send({ ...record, value: 'v'.repeat(800) })])
    expect(take()).toContainEqual(['bufferExhausted', { clientId: 'me', bufferTotalBytes: 1_500, bufferAvailableBytes: 500 }])
  })
})
