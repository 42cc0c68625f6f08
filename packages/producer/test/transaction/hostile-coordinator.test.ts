import { Cluster } from '@k/network'
import { Producer, type ProducerOptions } from '@k/producer'
import {
  AddOffsetsToTxn,
  AddPartitionsToTxn,
  ApiVersions,
  EndTxn,
  FindCoordinator,
  InitProducerId,
  Produce,
  TxnOffsetCommit,
} from '@k/protocol'
import type { FakeCluster, HoldRule } from '@k/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newProducer, rejectionOf, startKafka } from '../fake-set-up.ts'
import { committedValues, group, kinds, offsets, transactional, transactionalId } from './transaction-set-up.ts'

const record = (value: string, partition = 0) => ({ topic: 'orders', partition, value })

async function hostile(version: number, options: Partial<ProducerOptions> = {}) {
  const kafka = await startKafka({ brokers: 1, features: { 'transaction.version': version } })
  const producer = newProducer(kafka, { transactionalId, maxBlockMs: 2_000, requestTimeoutMs: 1_000, ...options } as never)
  return { kafka, producer }
}

/** Values that resolved and were committed are there once, and the producer still works. */
async function expectAlive(kafka: FakeCluster, producer: Producer, before: readonly string[]): Promise<void> {
  await producer.transaction(async (tx) => {
    await tx.send(record('alive'))
    await tx.send(record('and well'))
  })
  expect(await committedValues(kafka)).toEqual([...before, 'alive', 'and well'].sort())
}

describe.each(kinds)('with %s, a coordinator', (_, version) => {
  const lies = {
    'no id and no epoch': () => ({ producerId: -1n, producerEpoch: -1 }),
    'a negative epoch': (had: { producerId: bigint }) => ({ producerId: had.producerId, producerEpoch: -7 }),
    'the epoch that ended': (had: { producerId: bigint; producerEpoch: number }) => had,
    'an epoch before that': (had: { producerId: bigint; producerEpoch: number }) => ({
      producerId: had.producerId,
      producerEpoch: Math.max(0, had.producerEpoch - 1),
    }),
  }

  it.each(Object.entries(lies))('that ends a transaction and answers with %s loses nothing of the next', async (_, lie) => {
    const { kafka, producer } = await hostile(version)
    let told = 0
    kafka.on(EndTxn).answer((response, { producerId, producerEpoch }) => {
      told++
      return told === 2 ? { ...response, ...lie({ producerId, producerEpoch }) } : response
    })
    await producer.transaction((tx) => tx.send(record('a')))
    await producer.transaction((tx) => tx.send(record('b')))
    await expectAlive(kafka, producer, ['a', 'b'])
  })

  it.each(Object.entries(lies))('that gives %s once where a new epoch is needed is asked again, and nothing is lost', async (_, lie) => {
    const { kafka, producer } = await hostile(version)
    await producer.transaction((tx) => tx.send(record('a')))
    // An end that nobody confirmed asks for a new epoch.
    const doubt = kafka.on(EndTxn).fail('UNKNOWN_SERVER_ERROR', { afterWork: true })
    expect(await rejectionOf(producer.transaction((tx) => tx.send(record('b'))))).toMatchObject({ outcome: 'unknown' })
    doubt.remove()
    kafka
      .on(InitProducerId)
      .once()
      .answer((response, { producerId, producerEpoch }) => ({ ...response, ...lie({ producerId, producerEpoch }) }))
    await expectAlive(kafka, producer, ['a', 'b'])
  })

  it('that leaves partitions out of its answer about offsets has not committed them', async () => {
    const { kafka, producer } = await hostile(version)
    kafka
      .on(TxnOffsetCommit)
      .once()
      .answer((response) => ({ ...response, topics: [] }))
    await producer.transaction(async (tx) => {
      await tx.send(record('a'))
      await tx.sendOffsets(offsets, group)
    })
    expect(kafka.requests.list(TxnOffsetCommit)).toHaveLength(2)
    const rule = kafka.on(TxnOffsetCommit).answer((response) => ({ ...response, topics: [] }))
    const error = await rejectionOf(
      producer.transaction(async (tx) => {
        await tx.send(record('b'))
        await tx.sendOffsets(offsets, group)
      }),
    )
    expect(String(error)).toContain('orders-0')
    expect(await committedValues(kafka)).toEqual(['a'])
    rule.remove()
    await expectAlive(kafka, producer, ['a'])
  })

  it('that answers twice, and with partitions nobody asked about, is believed in what was asked', async () => {
    const { kafka, producer } = await hostile(version)
    kafka.on(TxnOffsetCommit).answer((response) => ({
      ...response,
      topics: [...response.topics, ...response.topics, { name: 'nowhere', partitions: [{ partitionIndex: 9, errorCode: 3 }] }],
    }))
    kafka.on(AddPartitionsToTxn).answer((response) => ({
      ...response,
      resultsByTopicV3AndBelow: [
        ...response.resultsByTopicV3AndBelow,
        ...response.resultsByTopicV3AndBelow,
        { name: 'nowhere', resultsByPartition: [{ partitionIndex: 9, partitionErrorCode: 3 }] },
      ],
    }))
    await producer.transaction(async (tx) => {
      await tx.send(record('a'))
      await tx.sendOffsets(offsets, group)
    })
    await expectAlive(kafka, producer, ['a'])
  })

  it('that is in another place at every look is asked at a bounded rate, and every call ends', async () => {
    const { kafka, producer } = await transactional(version, { brokers: 3, maxBlockMs: 1_000 })
    await producer.transaction((tx) => tx.send(record('a')))
    const rule = kafka.on(EndTxn).fail('NOT_COORDINATOR')
    const looks = kafka.requests.list(FindCoordinator).length
    const tx = await producer.beginTransaction()
    await tx.send(record('b'))
    expect(await rejectionOf(tx.commit())).toMatchObject({ code: 'TRANSACTION_OUTCOME_UNKNOWN', outcome: 'unknown' })
    // 1,000 ms at 20 ms a pause.
    expect(rule.hits).toBeLessThan(110)
    expect(kafka.requests.list(FindCoordinator).length - looks).toBeLessThan(110)
    rule.remove()
    // One more commit may have been under way.
    await producer.transaction((next) => next.send(record('c')))
    const values = await committedValues(kafka)
    expect([
      ['a', 'c'],
      ['a', 'b', 'c'],
    ]).toContainEqual(values)
    await expectAlive(kafka, producer, values)
  })

  it.each([
    ['InitProducerId', InitProducerId],
    ['EndTxn', EndTxn],
    ['TxnOffsetCommit', TxnOffsetCommit],
    ['FindCoordinator', FindCoordinator],
  ] as const)('whose answer to %s is cut or turned is asked again on a new connection', async (_, api) => {
    const { kafka, producer } = await transactional(version)
    for (const damage of ['cutAnswer', 'wrongCorrelationId', 'answerTwice'] as const) {
      if (damage === 'cutAnswer') kafka.on(api).once().cutAnswer(9)
      else kafka.on(api).once()[damage]()
      await producer.transaction(async (tx) => {
        await tx.send(record(damage))
        await tx.sendOffsets(offsets, group)
      })
    }
    expect(await committedValues(kafka)).toEqual(['answerTwice', 'cutAnswer', 'wrongCorrelationId'])
  })

  it('that throttles is left alone for so long', async () => {
    const { kafka, producer } = await hostile(version)
    await producer.transaction((tx) => tx.send(record('a')))
    for (const api of [EndTxn, ...(version === 1 ? [AddPartitionsToTxn] : [TxnOffsetCommit])]) {
      const rule = kafka
        .on(api)
        .once()
        .answer((response) => ({ ...response, throttleTimeMs: 300 }) as never)
      const at = Date.now()
      const before = kafka.requests.list().length
      await producer.transaction(async (tx) => {
        await tx.send(record('b'))
        await tx.sendOffsets(offsets, group)
      })
      await producer.transaction((tx) => tx.send(record('c')))
      expect(rule.hits).toBe(1)
      expect(Date.now() - at).toBeGreaterThanOrEqual(290)
      expect(kafka.requests.list().length).toBeGreaterThan(before)
    }
  })

  it('that says a negative time to be left alone is asked as ever', async () => {
    const { kafka, producer } = await hostile(version)
    for (const api of [InitProducerId, EndTxn, AddPartitionsToTxn, AddOffsetsToTxn, TxnOffsetCommit, FindCoordinator] as const)
      kafka.on(api as typeof EndTxn).answer((response) => ({ ...response, throttleTimeMs: -2_147_483_648 }))
    await producer.transaction(async (tx) => {
      await tx.send(record('a'))
      await tx.sendOffsets(offsets, group)
    })
    await expectAlive(kafka, producer, ['a'])
  })
})

describe('a coordinator of before KIP-890', () => {
  it('that leaves partitions out of its answer has not taken them into the transaction', async () => {
    const { kafka, producer } = await hostile(1)
    kafka
      .on(AddPartitionsToTxn)
      .times(2)
      .answer((response) => ({ ...response, resultsByTopicV3AndBelow: [] }))
    await producer.transaction((tx) => tx.send(record('a')))
    expect(kafka.requests.list(AddPartitionsToTxn)).toHaveLength(3)
    await expectAlive(kafka, producer, ['a'])
  })
})

describe('features', () => {
  it('that tell of transactions by which the brokers do not live reject with what is missing', async () => {
    const { kafka, producer } = await hostile(1)
    kafka.on(ApiVersions).answer((response) => ({
      ...response,
      finalizedFeatures: [{ name: 'transaction.version', maxVersionLevel: 99, minVersionLevel: 99 }],
      apiKeys: response.apiKeys.map((one) =>
        one.apiKey === EndTxn.key ? { ...one, maxVersion: 4 } : one.apiKey === Produce.key ? { ...one, maxVersion: 11 } : one,
      ),
    }))
    const error = await rejectionOf(producer.transaction((tx) => tx.send(record('a'))))
    expect(error).toMatchObject({ code: expect.stringMatching(/UNSUPPORTED_VERSION|TRANSACTION_ABORTED/) })
    expect(await committedValues(kafka)).toEqual([])
  })

  it.each([
    ['nothing', []],
    ['a negative level', [{ name: 'transaction.version', maxVersionLevel: -5, minVersionLevel: -9 }]],
    ['another feature twice', [1, 2].map((level) => ({ name: 'metadata.version', maxVersionLevel: level, minVersionLevel: 0 }))],
  ])('that tell of %s mean transactions of before KIP-890', async (_, finalizedFeatures) => {
    const { kafka, producer } = await hostile(1)
    kafka.on(ApiVersions).answer((response) => ({ ...response, finalizedFeatures }))
    await expectAlive(kafka, producer, [])
    expect(kafka.requests.list(AddPartitionsToTxn).length).toBeGreaterThan(0)
  })
})

describe.each(kinds)('with %s, F45 and F47 inside of a transaction:', (_, version) => {
  it('DUPLICATE_SEQUENCE_NUMBER is success, at an offset that nobody knows, and the transaction is committed', async () => {
    const { kafka, producer } = await transactional(version)
    await producer.transaction(async (tx) => {
      await tx.send(record('a'))
      kafka.on(Produce).once().fail('DUPLICATE_SEQUENCE_NUMBER', { afterWork: true })
      expect(await tx.send(record('b'))).toMatchObject({ offset: -1, hasOffset: false })
      await tx.send(record('c'))
    })
    expect(await committedValues(kafka)).toEqual(['a', 'b', 'c'])
    expect(kafka.records('orders').map(({ value }) => String(value))).toEqual(['a', 'b', 'c'])
  })

  it.each([
    ['answered', (held: HoldRule) => held.release()],
    ['lost', (_: HoldRule, kafka: FakeCluster) => kafka.broker(1).disconnect()],
    ['never answered', () => {}],
  ])('a batch that is late on its way, and then %s, may be written, and the transaction is aborted as a whole', async (_, then) => {
    const { kafka, producer } = await transactional(version, { deliveryTimeoutMs: 300, requestTimeoutMs: 200 })
    const tx = await producer.beginTransaction()
    await tx.send(record('first'))
    const held = kafka.on(Produce).hold()
    const late = rejectionOf(tx.send(record('late')))
    await held.struck()
    expect(await late).toMatchObject({ code: 'DELIVERY_TIMED_OUT', maybeWritten: true })
    held.remove()
    then(held, kafka)
    expect(await rejectionOf(tx.commit())).toMatchObject({ code: 'TRANSACTION_ABORTED', outcome: 'aborted' })
    expect(await committedValues(kafka)).toEqual([])
    await expectAlive(kafka, producer, [])
    // A place in the sequence that may be used is left behind.
    const epochs = kafka.requests.list(EndTxn).map(({ body }) => body.producerEpoch)
    expect(epochs.at(-1)).toBeGreaterThan(epochs[0]!)
  })
})

describe('close() with a coordinator that does not answer', () => {
  const silent = [
    ['the first InitProducerId', InitProducerId, (producer: Producer) => producer.beginTransaction()],
    ['the end', EndTxn, (producer: Producer) => producer.transaction((tx) => tx.send(record('a')))],
    ['offsets', TxnOffsetCommit, (producer: Producer) => producer.transaction((tx) => tx.sendOffsets(offsets, group))],
    ['FindCoordinator', FindCoordinator, (producer: Producer) => producer.beginTransaction()],
  ] as const
  for (const shared of [false, true]) {
    it.each(silent)(`ends in time, as do all calls: %s, ${shared ? 'a shared cluster' : 'a cluster of its own'}`, async (_, api, call) => {
      const kafka = await startKafka()
      const common = { bootstrapServers: kafka.bootstrapServers, transport: kafka.transport }
      const cluster = new Cluster({ ...common, logger: null })
      onTestFinished(() => cluster.close())
      const producer = shared
        ? new Producer({ cluster, transactionalId, logger: null })
        : new Producer({ ...common, transactionalId, logger: null })
      const rule = kafka.on(api).blackhole()
      let settled = false
      const calling = rejectionOf(call(producer)).finally(() => {
        settled = true
      })
      await rule.struck()
      const began = Date.now()
      await producer.close({ timeoutMs: 200 })
      expect(Date.now() - began).toBeLessThan(1_000)
      await expect.poll(() => settled, { timeout: 1_000 }).toBe(true)
      const error = (await calling) as { code: string; outcome?: string }
      // A commit that was on its way may have been done.
      if (api === EndTxn) expect(error).toMatchObject({ code: 'TRANSACTION_OUTCOME_UNKNOWN', outcome: 'unknown' })
      else expect(error.code).toMatch(/CLOSED|TRANSACTION_ABORTED/)
    })
  }

  it('a begin that was waiting rejects, and opens nothing', async () => {
    const { kafka, producer } = await transactional(2)
    const held = kafka.on(InitProducerId).hold()
    const beginning = rejectionOf(producer.beginTransaction())
    await held.struck()
    const closing = producer.close()
    held.release()
    await closing
    expect(await beginning).toMatchObject({ code: 'CLOSED' })
  })
})
