import { diagnostics as network } from '@k/network'
import { Produce } from '@k/protocol'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newProducer, rejectionOf, startKafka, valuesOf } from '../fake-set-up.ts'
import { asked, expectWhole, numbers, startThree } from './set-up.ts'

const leader = { topic: 'orders', partition: 0 }

describe('F1: a broker that is killed', () => {
  it('and whose partitions another takes over holds sends up, and nothing is lost, double or out of order', async () => {
    const kafka = await startThree()
    let closed = 0
    onTestFinished(network.connectionClosed.subscribe(({ clientId }) => (closed += clientId === 'f1' ? 1 : 0)))
    await expectWhole(kafka, () => kafka.broker(kafka.leaderOf(leader)).kill(), { clientId: 'f1' })
    expect(closed).toBeGreaterThan(0)
  })

  it('five times in a row, and comes back each time, loses nothing', async () => {
    const kafka = await startThree()
    const producer = newProducer(kafka)
    const sends: Promise<unknown>[] = []
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 20; i++) sends.push(producer.send({ ...leader, value: `${round * 20 + i}` }))
      const broker = kafka.broker(kafka.leaderOf(leader))
      await broker.kill()
      await sends.at(-1)
      await broker.revive()
    }
    await Promise.all(sends)
    expect(valuesOf(kafka, 'orders')[0]).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`))
  })
})

describe('F11, F12: a connection that ends within an answer', () => {
  it.each([0, 3, 4, 6, 20])('after %i bytes is a lost answer: the batch is sent again and is written once', async (bytes) => {
    const kafka = await startThree()
    await expectWhole(kafka, () => kafka.on(Produce).times(2).cutAnswer(bytes))
  })
})

describe('F13: a connection that is half open', () => {
  it('is given up after requestTimeoutMs, and what was on its way is sent again on another', async () => {
    const kafka = await startThree()
    await expectWhole(kafka, () => kafka.on(Produce).once().blackhole(), { requestTimeoutMs: 150 })
  })
})

describe('F14: a connection that only answers are lost on', () => {
  it('never says that a record is certainly not written', async () => {
    const kafka = await startThree()
    const producer = newProducer(kafka, { requestTimeoutMs: 100, deliveryTimeoutMs: 350 })
    await producer.send({ ...leader, value: 'a' })
    const rule = kafka.on(Produce).dropAnswer()
    const error = await rejectionOf(producer.send({ ...leader, value: 'b' }))
    expect(error).toMatchObject({ code: 'DELIVERY_TIMED_OUT', maybeWritten: true })
    rule.remove()
    await producer.send({ ...leader, value: 'c' })
    expect(valuesOf(kafka, 'orders')[0]).toEqual(['a', 'b', 'c'])
  })
})

describe('F15: a broker that is slow', () => {
  it('costs time and nothing else: five requests in flight, the buffer bounded', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka, { batchSize: 200, bufferMemory: 4_000 })
    await producer.send({ ...leader, value: 'first' })
    kafka.on(Produce).delay(10)
    let most = 0
    const sends = numbers(60).map((value) => {
      const sending = producer.send({ ...leader, value: value.padEnd(100, '.') })
      most = Math.max(most, producer.metrics().requestsInFlight)
      return sending.then(() => {
        const { requestsInFlight, bufferAvailableBytes } = producer.metrics()
        most = Math.max(most, requestsInFlight)
        expect(bufferAvailableBytes).toBeGreaterThanOrEqual(0)
      })
    })
    await Promise.all(sends)
    expect(most).toBeLessThanOrEqual(5)
    expect(most).toBeGreaterThan(1)
    expect(
      valuesOf(kafka, 'orders')[0]!
        .slice(1)
        .map((value) => value.replace(/\.+$/, '')),
    ).toEqual(numbers(60))
  })
})

describe('F16: an answer that comes after requestTimeoutMs', () => {
  it('belongs to nobody: the connection is closed, and no other request gets it', async () => {
    const kafka = await startThree()
    await expectWhole(kafka, () => kafka.on(Produce).once().delay(400, { afterWork: true }), { requestTimeoutMs: 150 })
    expect(asked(kafka, Produce)).toBeGreaterThan(1)
  })
})
