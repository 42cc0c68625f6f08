import { Metadata, Produce } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { newProducer, rejectionOf, startKafka, valuesOf } from '../fake-set-up.ts'
import { asked, expectWhole, numbers, startThree } from './set-up.ts'

const first = { topic: 'orders', partition: 0 }
const other = (broker: number) => (broker % 3) + 1

describe('F5: a leader that moves', () => {
  it('is not noticed by those who send, and the hint of the old one spares a look-up', async () => {
    const kafka = await startThree()
    const producer = newProducer(kafka, { retryBackoffMs: 10_000, retryBackoffMaxMs: 10_000 })
    await producer.send({ ...first, value: 'a' })
    kafka.moveLeader(first, other(kafka.leaderOf(first)))
    const held = kafka.on(Metadata).hold()
    expect(await producer.send({ ...first, value: 'b' })).toMatchObject({ offset: 1 })
    held.release()
    expect(valuesOf(kafka, 'orders')[0]).toEqual(['a', 'b'])
  })

  it('gets nothing before the old one has answered what is on its way to it', async () => {
    const kafka = await startThree()
    await expectWhole(kafka, () => {
      kafka
        .on(Produce, { broker: kafka.leaderOf(first) })
        .times(3)
        .delay(20, { afterWork: true })
      kafka.moveLeader(first, other(kafka.leaderOf(first)))
    })
  })

  it('takes the whole queue over, and no batch is made twice', async () => {
    const kafka = await startThree()
    const producer = newProducer(kafka, { batchSize: 100 })
    await producer.send({ ...first, value: 'first' })
    const held = kafka.on(Produce, { broker: kafka.leaderOf(first) }).hold()
    const sends = numbers(20).map((value) => producer.send({ ...first, value: value.padEnd(60, '.') }))
    await held.struck()
    kafka.moveLeader(first, other(kafka.leaderOf(first)))
    held.release()
    await Promise.all(sends)
    expect(producer.metrics().recordSendTotal).toBe(21)
    expect(
      valuesOf(kafka, 'orders')[0]!
        .slice(1)
        .map((value) => value.replace(/\.+$/, '')),
    ).toEqual(numbers(20))
  })
})

describe('F6: a leader that has moved without a hint', () => {
  it('is looked up, after a pause, at a bounded rate, and nobody hears of it', async () => {
    const kafka = await startThree()
    const producer = newProducer(kafka, { retryBackoffMs: 20, retryBackoffMaxMs: 100 })
    await producer.send({ ...first, value: 'a' })
    const rule = kafka.on(Produce).fail('NOT_LEADER_OR_FOLLOWER')
    const sending = producer.send({ ...first, value: 'b' })
    await rule.struck(4)
    expect(asked(kafka, Produce)).toBeLessThan(15)
    rule.remove()
    expect(await sending).toMatchObject({ offset: 1 })
  })
})

describe('F7: a partition without a leader', () => {
  it('is waited for, also where the first metadata tells of none', async () => {
    const kafka = await startThree()
    kafka.removeLeader(first)
    const producer = newProducer(kafka)
    const sending = producer.send({ ...first, value: 'a' })
    await kafka.until(() => asked(kafka, Metadata) >= 3)
    expect(asked(kafka, Produce)).toBe(0)
    kafka.moveLeader(first, 2)
    expect(await sending).toMatchObject({ offset: 0 })
  })

  it('is waited for where metadata answers with an error for the partition, or without any partition', async () => {
    const kafka = await startThree()
    kafka
      .on(Metadata)
      .times(2)
      .answer((response) => ({ ...response, topics: response.topics.map((topic) => ({ ...topic, partitions: [] })) }))
    kafka.on(Metadata).times(2).fail('LEADER_NOT_AVAILABLE')
    expect(await newProducer(kafka).send({ ...first, value: 'a' })).toMatchObject({ offset: 0 })
  })
})

describe('F8: a broker whose picture of the cluster is old', () => {
  it('is not believed: a topic that it misses keeps its records, their order, and its producer id', async () => {
    const kafka = await startThree()
    const producer = newProducer(kafka, { metadataMaxAgeMs: 20 })
    await producer.send({ ...first, value: 'a' })
    const rule = kafka.on(Metadata).answer((response) => ({ ...response, topics: [] }))
    await rule.struck(2)
    expect(await producer.send({ ...first, value: 'b' })).toMatchObject({ offset: 1 })
    rule.remove()
    const empty = kafka.on(Metadata).fail('UNKNOWN_TOPIC_OR_PARTITION')
    await empty.struck(2)
    expect(await producer.send({ ...first, value: 'c' })).toMatchObject({ offset: 2 })
    expect(asked(kafka, Produce)).toBe(3)
    expect(valuesOf(kafka, 'orders')[0]).toEqual(['a', 'b', 'c'])
  })

  it('does not take the leader back to an older epoch', async () => {
    const kafka = await startThree()
    const producer = newProducer(kafka, { metadataMaxAgeMs: 20 })
    await producer.send({ ...first, value: 'a' })
    const lag = kafka.brokers.map((broker) => broker.lagMetadata())
    kafka.moveLeader(first, other(kafka.leaderOf(first)))
    const sends = await Promise.all(numbers(30).map((value) => producer.send({ ...first, value })))
    expect(sends.map(({ offset }) => offset)).toEqual(numbers(30).map((_, i) => i + 1))
    for (const one of lag) one.release()
  })
})

describe('F71: a topic that may not be written to', () => {
  it('is an error for each call, and none any more once it is granted', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer(kafka)
    const denied = kafka.on(Produce).fail('TOPIC_AUTHORIZATION_FAILED')
    for (let i = 0; i < 3; i++) {
      const error = await rejectionOf(producer.send({ ...first, value: 'a' }))
      expect(error).toMatchObject({ code: 'TOPIC_AUTHORIZATION_FAILED', maybeWritten: false })
    }
    denied.remove()
    expect(await producer.send({ ...first, value: 'b' })).toMatchObject({ offset: 0 })
  })
})
