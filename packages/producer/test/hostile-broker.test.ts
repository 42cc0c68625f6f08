import type { Producer, ProducerOptions } from '@k/producer'
import { InitProducerId, Produce, type ProduceResponse } from '@k/protocol'
import { type FakeCluster, VirtualClock } from '@k/testing'
import { describe, expect, it } from 'vitest'
import { newProducer, rejectionOf, startKafka, valuesOf } from './fake-set-up.ts'

type Answer = ProduceResponse['responses'][number]['partitionResponses'][number]

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function hostile(options: Partial<ProducerOptions> = {}, cluster: Parameters<typeof startKafka>[0] = {}) {
  const kafka = await startKafka(cluster)
  const producer = newProducer(kafka, {
    deliveryTimeoutMs: 1_500,
    requestTimeoutMs: 1_000,
    lingerMs: 0,
    ...options,
  } as Partial<ProducerOptions>)
  /** Changes what is answered of each partition, from now on in this way; the work is done nevertheless. */
  const partitions = (change: (answer: Answer) => Partial<Answer>) => {
    kafka.clearFaults()
    return kafka.on(Produce).answer((response) => ({
      ...response,
      responses: response.responses.map((topic) => ({
        ...topic,
        partitionResponses: topic.partitionResponses.map((answer) => ({ ...answer, ...change(answer) })),
      })),
    }))
  }
  return { kafka, producer, partitions }
}

/** Sends values one by one to partition 0 without waiting for each; tells which resolved, at which offsets. */
async function sendMany(producer: Producer, count: number, pause = 0) {
  const resolved: { value: string; offset: number; hasOffset: boolean }[] = []
  const rejected: { value: string; error: { maybeWritten: boolean } }[] = []
  const sending: Promise<unknown>[] = []
  for (let i = 0; i < count; i++) {
    const value = String(i)
    sending.push(
      producer.send({ topic: 'orders', partition: 0, value }).then(
        ({ offset, hasOffset }) => resolved.push({ value, offset, hasOffset }),
        (error) => rejected.push({ value, error }),
      ),
    )
    if (pause > 0 && i % 3 === 0) await wait(pause)
  }
  await Promise.all(sending)
  return { resolved, rejected }
}

/** What resolved is in the log at the offset it says, nothing is there twice, and the order is that of the calls. */
function expectTruth(kafka: FakeCluster, { resolved, rejected }: Awaited<ReturnType<typeof sendMany>>): void {
  const log = kafka.records('orders').filter(({ partition }) => partition === 0)
  const values = log.map(({ value }) => String(value))
  expect(new Set(values).size).toBe(values.length)
  for (const { value, offset, hasOffset } of resolved) {
    expect(values).toContain(value)
    if (hasOffset) expect(String(log[offset]?.value)).toBe(value)
  }
  for (const { value, error } of rejected) if (!error.maybeWritten) expect(values).not.toContain(value)
  expect(values).toEqual([...values].sort((a, b) => Number(a) - Number(b)))
}

describe('a broker whose answers to Produce lie', () => {
  it('is asked again, under the same place in the sequence, for a partition that it left out', async () => {
    const { kafka, producer } = await hostile()
    kafka
      .on(Produce)
      .times(3)
      .answer((response) => ({ ...response, responses: [] }))
    await producer.send({ topic: 'orders', partition: 0, value: 'a' })
    expect(valuesOf(kafka, 'orders')).toEqual({ 0: ['a'] })
    expect(kafka.requests.list(Produce)).toHaveLength(4)
  })

  it('for ever is asked at a bounded rate, until deliveryTimeoutMs, and the record may be written', async () => {
    const { kafka, producer } = await hostile({ deliveryTimeoutMs: 400, requestTimeoutMs: 300 })
    const rule = kafka.on(Produce).answer((response) => ({ ...response, responses: [] }))
    const error = await rejectionOf(producer.send({ topic: 'orders', partition: 0, value: 'a' }))
    expect(error).toMatchObject({ code: 'DELIVERY_TIMED_OUT', maybeWritten: true, topic: 'orders', partition: 0 })
    expect(rule.hits).toBeLessThan(60)
  })

  it('is not believed about partitions that were not asked for, nor a second time', async () => {
    const { kafka, producer } = await hostile()
    kafka.on(Produce).answer((response) => ({
      ...response,
      responses: [
        { name: 'others', topicId: 'AAAAAAAAAAAAAAAAAAAAFg', partitionResponses: response.responses[0]!.partitionResponses },
        ...response.responses.map((topic) => ({
          ...topic,
          partitionResponses: [
            { ...topic.partitionResponses[0]!, index: 7, errorCode: 29 },
            { ...topic.partitionResponses[0]!, index: -1, errorCode: 29 },
            ...topic.partitionResponses,
            { ...topic.partitionResponses[0]!, errorCode: 29 },
          ],
        })),
      ],
    }))
    const sent = await sendMany(producer, 5)
    expect(sent.rejected).toEqual([])
    expectTruth(kafka, sent)
  })

  it('cannot end the process with offsets, times and hints that make no sense', async () => {
    const { kafka, producer, partitions } = await hostile()
    partitions(() => ({
      baseOffset: -9n,
      logAppendTimeMs: -(2n ** 63n),
      logStartOffset: -7n,
      currentLeader: { leaderId: -4, leaderEpoch: -9 },
    }))
    expect(await producer.send({ topic: 'orders', partition: 0, value: 'a' })).toMatchObject({ offset: -1, hasOffset: false })
    partitions(() => ({ baseOffset: 2n ** 62n, currentLeader: { leaderId: 2_147_483_647, leaderEpoch: 9 } }))
    expect(await rejectionOf(producer.send({ topic: 'orders', partition: 0, value: 'b' }))).toMatchObject({
      code: 'OFFSET_TOO_LARGE',
      maybeWritten: true,
    })
    expect(valuesOf(kafka, 'orders')).toEqual({ 0: ['a', 'b'] })
  })

  it('is asked at a bounded rate where brokers name each other as the leader in turn', async () => {
    const { kafka, producer } = await hostile(
      { deliveryTimeoutMs: 500, requestTimeoutMs: 300 },
      { brokers: 2, topics: { orders: { numPartitions: 1, replicationFactor: 2 } } },
    )
    let leaderEpoch = 100
    const rule = kafka.on(Produce).answer((response, _, { broker }) => {
      const leaderId = broker === 1 ? 2 : 1
      return {
        ...response,
        responses: response.responses.map((topic) => ({
          ...topic,
          partitionResponses: topic.partitionResponses.map((one) => ({
            ...one,
            errorCode: 6,
            currentLeader: { leaderId, leaderEpoch: leaderEpoch++ },
          })),
        })),
      }
    })
    await rejectionOf(producer.send({ topic: 'orders', partition: 0, value: 'a' }))
    expect(rule.hits).toBeLessThan(70)
  })
})

describe('a broker that refuses to write', () => {
  for (const code of [
    'UNKNOWN_TOPIC_OR_PARTITION',
    'LEADER_NOT_AVAILABLE',
    'NOT_LEADER_OR_FOLLOWER',
    'REQUEST_TIMED_OUT',
    'REPLICA_NOT_AVAILABLE',
    'NETWORK_EXCEPTION',
    'NOT_ENOUGH_REPLICAS',
    'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
    'KAFKA_STORAGE_ERROR',
    'FENCED_LEADER_EPOCH',
    'UNKNOWN_LEADER_EPOCH',
    'UNKNOWN_TOPIC_ID',
    'INCONSISTENT_TOPIC_ID',
    'CORRUPT_MESSAGE',
  ] as const) {
    for (const afterWork of [false, true]) {
      it(`with ${code}, ${afterWork ? 'after' : 'before'} the work, gets the batch again: once in the log, in order`, async () => {
        const { kafka, producer } = await hostile()
        const rule = kafka.on(Produce).times(3).fail(code, { afterWork })
        const sent = await sendMany(producer, 30, 1)
        expect(rule.hits).toBe(3)
        expect(sent.rejected).toEqual([])
        expectTruth(kafka, sent)
        expect(sent.resolved).toHaveLength(30)
      })
    }
  }

  for (const code of [
    'MESSAGE_TOO_LARGE',
    'INVALID_TOPIC_EXCEPTION',
    'RECORD_LIST_TOO_LARGE',
    'INVALID_REQUIRED_ACKS',
    'TOPIC_AUTHORIZATION_FAILED',
    'CLUSTER_AUTHORIZATION_FAILED',
    'INVALID_TIMESTAMP',
    'POLICY_VIOLATION',
    'INVALID_RECORD',
    'UNSUPPORTED_FOR_MESSAGE_FORMAT',
    'UNSUPPORTED_COMPRESSION_TYPE',
  ] as const) {
    it(`with ${code} rejects that record alone, at once, as certainly not written; the next goes through`, async () => {
      const { kafka, producer } = await hostile()
      await producer.send({ topic: 'orders', partition: 0, value: '0' })
      const rule = kafka.on(Produce).once().fail(code)
      expect(await rejectionOf(producer.send({ topic: 'orders', partition: 0, value: 'x' }))).toMatchObject({ code, maybeWritten: false })
      expect(rule.hits).toBe(1)
      const sent = await sendMany(producer, 10)
      expect(sent.rejected).toEqual([])
      expect(valuesOf(kafka, 'orders')[0]).toEqual(['0', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    })
  }

  it('with an unknown code rejects with the number, as maybe written, and does not ask again', async () => {
    const { kafka, producer, partitions } = await hostile()
    const rule = partitions(() => ({ errorCode: 999 }))
    const error = await rejectionOf(producer.send({ topic: 'orders', partition: 0, value: 'a' }))
    expect(error).toMatchObject({ code: 'UNKNOWN_SERVER_ERROR', maybeWritten: true })
    expect(String(error)).toContain('999')
    expect(rule.hits).toBe(1)
    rule.remove()
    await producer.send({ topic: 'orders', partition: 0, value: 'b' })
    expect(valuesOf(kafka, 'orders')).toEqual({ 0: ['a', 'b'] })
  })

  it('with DUPLICATE_SEQUENCE_NUMBER has the record', async () => {
    const { kafka, producer, partitions } = await hostile()
    partitions(() => ({ errorCode: 46 }))
    expect(await producer.send({ topic: 'orders', partition: 0, value: 'a' })).toMatchObject({ hasOffset: false, offset: -1 })
    expect(valuesOf(kafka, 'orders')).toEqual({ 0: ['a'] })
  })

  for (const code of ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'] as const) {
    for (const afterWork of [false, true]) {
      it(`with ${code} ${afterWork ? 'after' : 'before'} the work, once, makes nothing double, lost or disordered`, async () => {
        const { kafka, producer } = await hostile()
        await producer.send({ topic: 'orders', partition: 1, value: 'first' })
        kafka.on(Produce).once().fail(code, { afterWork })
        const sent = await sendMany(producer, 30, 1)
        // What the broker wrote although it says that it did not, nobody can know.
        if (!afterWork) expectTruth(kafka, sent)
        for (const { value } of sent.resolved) expect(valuesOf(kafka, 'orders')[0]).toContain(value)
        const after = await producer.send({ topic: 'orders', partition: 0, value: 'later' })
        expect(after.hasOffset).toBe(true)
      })
    }
  }
})

describe('a broker that fences a producer without a transactional id for ever', () => {
  for (const code of ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'UNKNOWN_PRODUCER_ID', 'OUT_OF_ORDER_SEQUENCE_NUMBER'] as const) {
    it(`with ${code} is asked at a bounded rate, nothing is said to be written, and it recovers`, async () => {
      const { kafka, producer } = await hostile()
      await producer.send({ topic: 'orders', partition: 0, value: '0' })
      const rule = kafka.on(Produce).fail(code)
      const failed = await rejectionOf(producer.send({ topic: 'orders', partition: 0, value: 'x' }))
      // The broker may still take what is on its way when the time is up.
      const maybeWritten = producer.metrics().requestsInFlight > 0
      expect(failed).toMatchObject({ name: 'ProduceError', maybeWritten })
      // 1,500 ms at 20 ms a pause.
      expect(rule.hits).toBeLessThan(110)
      rule.remove()
      const sent = await sendMany(producer, 10)
      expect(sent.rejected).toEqual([])
      const written = valuesOf(kafka, 'orders')[0]!.filter((value) => value !== 'x' || !maybeWritten)
      expect(written).toEqual(['0', ...Array.from({ length: 10 }, (_, i) => String(i))])
    })
  }
})

describe('asking for a producer id', () => {
  for (const code of [
    'COORDINATOR_LOAD_IN_PROGRESS',
    'COORDINATOR_NOT_AVAILABLE',
    'NOT_COORDINATOR',
    'CONCURRENT_TRANSACTIONS',
    'REQUEST_TIMED_OUT',
  ] as const) {
    it(`goes on after ${code}, at a bounded rate`, async () => {
      const { kafka, producer } = await hostile()
      const rule = kafka.on(InitProducerId).fail(code)
      const sending = producer.send({ topic: 'orders', partition: 0, value: 'a' })
      await kafka.until(() => rule.hits >= 1)
      await wait(150)
      expect(rule.hits).toBeLessThan(25)
      rule.remove()
      await sending
      expect(valuesOf(kafka, 'orders')).toEqual({ 0: ['a'] })
    })
  }

  for (const code of ['CLUSTER_AUTHORIZATION_FAILED', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'INVALID_TRANSACTION_TIMEOUT'] as const) {
    it(`rejects what waits for it after ${code}, as certainly not written, and asks anew with the next record`, async () => {
      const { kafka, producer } = await hostile()
      const rule = kafka.on(InitProducerId).fail(code)
      expect(await rejectionOf(producer.send({ topic: 'orders', partition: 0, value: 'a' }))).toMatchObject({ code, maybeWritten: false })
      rule.remove()
      await producer.send({ topic: 'orders', partition: 0, value: 'b' })
      expect(valuesOf(kafka, 'orders')).toEqual({ 0: ['b'] })
    })
  }

  for (const [what, change] of [
    ['a negative id', { producerId: -1n, producerEpoch: 0 }],
    ['a negative epoch', { producerId: 5n, producerEpoch: -1 }],
  ] as const) {
    it(`does not write under ${what}`, async () => {
      const { kafka, producer } = await hostile()
      kafka
        .on(InitProducerId)
        .times(2)
        .answer((response) => ({ ...response, ...change }))
      await producer.send({ topic: 'orders', partition: 0, value: 'a' })
      expect(kafka.requests.list(InitProducerId)).toHaveLength(3)
      expect(kafka.requests.list(Produce)).toHaveLength(1)
    })
  }
})

describe('five requests in flight', () => {
  for (const afterWork of [false, true]) {
    it(`lose, double and reorder nothing while answers are lost ${afterWork ? 'after' : 'before'} the work`, async () => {
      const { kafka, producer } = await hostile({ deliveryTimeoutMs: 10_000, requestTimeoutMs: 2_000, batchSize: 64 })
      await producer.send({ topic: 'orders', partition: 1, value: 'first' })
      kafka.on(Produce).delay(3)
      let turn = 0
      kafka
        .on(Produce, { when: () => turn++ % 7 === 3 })
        .times(12)
        .disconnect({ afterWork })
      const sent = await sendMany(producer, 300, 1)
      expect(sent.rejected).toEqual([])
      expectTruth(kafka, sent)
      expect(sent.resolved).toHaveLength(300)
    })
  }

  it('lose, double and reorder nothing while their broker is killed and comes back, and leaders move', async () => {
    const { kafka, producer } = await hostile(
      { deliveryTimeoutMs: 10_000, requestTimeoutMs: 2_000, batchSize: 64 },
      { brokers: 3, topics: { orders: { numPartitions: 2, replicationFactor: 3 } } },
    )
    await producer.send({ topic: 'orders', partition: 0, value: '-1' })
    kafka.on(Produce).delay(2)
    const sending = sendMany(producer, 400, 1)
    for (let round = 0; round < 4; round++) {
      await wait(15)
      const leader = kafka.leaderOf({ topic: 'orders', partition: 0 })
      await kafka.broker(leader).kill()
      await wait(15)
      await kafka.broker(leader).revive()
      kafka.moveLeader({ topic: 'orders', partition: 0 }, leader)
    }
    const sent = await sending
    expect(sent.rejected).toEqual([])
    expectTruth(kafka, sent)
    expect(sent.resolved).toHaveLength(400)
  })

  it('end at deliveryTimeoutMs though a broker wants to be left alone for weeks', async () => {
    const { kafka, producer } = await hostile()
    kafka.on(Produce).answer((response) => ({ ...response, throttleTimeMs: 2_147_483_647 }))
    await producer.send({ topic: 'orders', partition: 0, value: 'a' })
    const error = await rejectionOf(producer.send({ topic: 'orders', partition: 0, value: 'b' }))
    expect(error).toMatchObject({ code: 'DELIVERY_TIMED_OUT', maybeWritten: false })
    expect(valuesOf(kafka, 'orders')).toEqual({ 0: ['a'] })
    const started = performance.now()
    await producer.close({ timeoutMs: 100 })
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  it('are sent again an hour after such a broker, at the latest', async () => {
    const clock = new VirtualClock()
    const kafka = await startKafka({ clock })
    const producer = newProducer(kafka, { clock })
    const rule = kafka.on(Produce).answer((response) => ({ ...response, throttleTimeMs: 2_147_483_647 }))
    await clock.run(producer.send({ topic: 'orders', partition: 0, value: 'a' }))
    rule.remove()
    expect(await clock.run(rejectionOf(producer.send({ topic: 'orders', partition: 0, value: 'b' })))).toMatchObject({
      maybeWritten: false,
    })
    await clock.advance(3_600_000)
    await clock.run(producer.send({ topic: 'orders', partition: 0, value: 'c' }))
    expect(valuesOf(kafka, 'orders')).toEqual({ 0: ['a', 'c'] })
  })

  it('wait as long as a broker that throttles wants, and time out no sooner for it', async () => {
    const { kafka, producer } = await hostile()
    kafka
      .on(Produce)
      .once()
      .answer((response) => ({ ...response, throttleTimeMs: 150 }))
    await producer.send({ topic: 'orders', partition: 0, value: 'a' })
    const begun = performance.now()
    await producer.send({ topic: 'orders', partition: 0, value: 'b' })
    expect(performance.now() - begun).toBeGreaterThan(120)
    expect(valuesOf(kafka, 'orders')).toEqual({ 0: ['a', 'b'] })
  })
})
