import { Consumer } from '@k/consumer'
import { Cluster, TimeoutError } from '@k/network'
import { FencedError, Producer, TransactionError } from '@k/producer'
import { DescribeTransactions, EndTxn } from '@k/protocol'
import { type KafkaCluster, skipKafka, startKafka } from '@tooling/kafka'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scratchTopic } from '../src/scratch-topic.ts'

/** Loses what concerns the end of transactions: the answers, or the questions too. */
class DeafCluster extends Cluster {
  hears: 'everything' | 'nothing' | 'never asked' = 'everything'

  override async request(...[api, body, options]: Parameters<Cluster['request']>) {
    if (api !== EndTxn || this.hears === 'everything') return super.request(api, body, options) as never
    if (this.hears === 'nothing') await super.request(api, body, options)
    throw new TimeoutError('nobody was heard', { deadline: 'requestTimeoutMs', elapsedMs: 1 })
  }
}

const readCommitted = { 'isolation.level': 'read_committed' }
const sorted = (values: Iterable<string>) => [...values].sort()

// Brokers of 4.3 take partitions into transactions by themselves (KIP-890), those of 3.9 are asked to.
for (const version of ['4.3.1', '3.9.2']) {
  describe.skipIf(await skipKafka({ version, stopBrokers: true, tools: true }))(`transactions on Apache Kafka ${version}`, () => {
    let kafka: KafkaCluster
    let bootstrapServers: string

    beforeAll(async () => {
      kafka = await startKafka({
        version,
        nodes: 3,
        properties: { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': '200', 'offsets.topic.num.partitions': '6' },
      })
      bootstrapServers = kafka.bootstrapServers
    })
    afterAll(() => kafka?.close())

    const newTopic = (partitions = 3) => scratchTopic(bootstrapServers, { partitions, replicationFactor: 3 })
    const newProducer = (transactionalId: string, o: { transactionTimeoutMs?: number } = {}) =>
      new Producer({ bootstrapServers, transactionalId, logger: null, ...o })

    /** What our own consumer reads as committed, up to the end of each partition as it is now. */
    async function committedValues(topic: string): Promise<string[]> {
      await using consumer = new Consumer({ bootstrapServers, isolationLevel: 'read_committed', autoOffsetReset: 'earliest', logger: null })
      const partitions = [0, 1, 2].map((partition) => ({ topic, partition }))
      const ends = await consumer.endOffsets(partitions)
      consumer.assign(partitions)
      const values: string[] = []
      const isAtEnd = async () => {
        for (const [i, partition] of partitions.entries()) if ((await consumer.position(partition)) < ends[i]!.offset) return false
        return true
      }
      while (!(await isAtEnd())) {
        const reading = consumer.batches({ signal: AbortSignal.timeout(500) })
        try {
          for await (const batch of reading) for (const record of batch) values.push(String(record.value))
        } catch (error) {
          if ((error as Error).name !== 'TimeoutError') throw error
        }
      }
      return values
    }

    it.concurrent('show a reader of committed records each of them once, and none that was aborted', async () => {
      const topic = await newTopic()
      await using producer = newProducer(topic)
      const committed: string[] = []
      for (let i = 0; i < 21; i++) {
        const values = Array.from({ length: 10 }, (_, j) => `${i % 2 === 0 ? 'committed' : 'aborted'} ${i}-${j}`)
        const work = producer.transaction(async (tx) => {
          await tx.send(values.map((value, j) => ({ topic, partition: j % 3, value })))
          if (i % 2 === 1) throw new Error(`no ${i}`)
        })
        if (i % 2 === 0) {
          await work
          committed.push(...values)
        } else await expect(work).rejects.toThrow(`no ${i}`)
      }
      const read = await kafka.consoleConsumer({ topic, count: committed.length, properties: readCommitted })
      expect(sorted(read.map(({ value }) => value!))).toEqual(sorted(committed))
      expect(sorted(await committedValues(topic))).toEqual(sorted(committed))
    })

    it.concurrent('carry offsets along: consume, transform, produce, with aborts between, is exactly once', {
      timeout: 60_000,
    }, async () => {
      const [input, output] = [await newTopic(), await newTopic()]
      const values = Array.from({ length: 300 }, (_, i) => `${i}`)
      await using filler = new Producer({ bootstrapServers, logger: null })
      await filler.send(values.map((value, i) => ({ topic: input, partition: i % 3, value })))

      await using producer = newProducer(output)
      await using consumer = new Consumer({
        bootstrapServers,
        groupId: output,
        topics: [input],
        isolationLevel: 'read_committed',
        enableAutoCommit: false,
        autoOffsetReset: 'earliest',
        maxPollRecords: 20,
        logger: null,
      })
      let done = 0
      let round = 0
      for await (const batch of consumer.batches()) {
        round += 1
        try {
          await producer.transaction(async (tx) => {
            for (const { partition, value } of batch) tx.send({ topic: output, partition, value: `${value}!` })
            for (const record of batch.records) consumer.processed(record)
            await tx.sendOffsets(consumer.processedOffsets(), consumer.groupMetadata())
            if (round % 3 === 0) throw new Error('try again')
          })
          done += batch.records.length
        } catch (error) {
          expect((error as Error).message).toBe('try again')
          await consumer.seekToCommitted()
        }
        if (done === values.length) break
      }
      const read = await kafka.consoleConsumer({ topic: output, count: values.length, properties: readCommitted })
      expect(sorted(read.map(({ value }) => value!))).toEqual(sorted(values.map((value) => `${value}!`)))
      const committed = await consumer.committed([0, 1, 2].map((partition) => ({ topic: input, partition })))
      expect(committed.map((one) => one?.offset)).toEqual([100, 100, 100])
      expect(sorted(await committedValues(output))).toEqual(sorted(values.map((value) => `${value}!`)))
    })

    it.concurrent('end for a producer whose id another one takes: it is fenced for good, and nothing of it counts', async () => {
      const topic = await newTopic()
      await using old = newProducer(topic)
      await old.transaction((tx) => tx.send({ topic, value: 'old' }))
      const open = await old.beginTransaction()
      await open.send({ topic, value: 'fenced' })

      await using young = newProducer(topic)
      await young.transaction((tx) => tx.send({ topic, value: 'young' }))
      const error = await open.commit().catch((reason) => reason)
      expect(FencedError.is(error)).toBe(true)
      expect(error.message).toMatch(/another producer has begun with \S+, or the broker ended a transaction that took longer than/)
      await expect(old.beginTransaction()).rejects.toBe(error)
      await young.transaction((tx) => tx.send({ topic, value: 'young too' }))
      expect(sorted(await committedValues(topic))).toEqual(['old', 'young', 'young too'])
    })

    it('come back after the broker has ended one that took too long', { timeout: 60_000 }, async () => {
      const topic = await newTopic()
      await using producer = newProducer(topic, { transactionTimeoutMs: 1_000 })
      await using cluster = new Cluster({ bootstrapServers })
      for (const sendsAgain of [true, false]) {
        const tx = await producer.beginTransaction()
        await tx.send({ topic, value: 'too late' })
        const to = { coordinatorOf: { transactionalId: topic } }
        await expect
          .poll(
            async () =>
              (await cluster.request(DescribeTransactions, { transactionalIds: [topic] }, { to })).transactionStates[0]?.transactionState,
            {
              timeout: 20_000,
            },
          )
          .toBe('CompleteAbort')
        if (sendsAgain) tx.send({ topic, value: 'too late as well' })
        const error = await tx.commit().catch((reason) => reason)
        expect(TransactionError.is(error, 'TRANSACTION_ABORTED')).toBe(true)
        expect(error.outcome).toBe('aborted')
        await producer.transaction((next) => next.send({ topic, value: `in time ${sendsAgain}` }))
      }
      expect(sorted(await committedValues(topic))).toEqual(['in time false', 'in time true'])
    })

    it.each([true, false])(
      'are reported as unknown where nobody confirms a commit, whether it was done (%s), and the next one works',
      async (isDone) => {
        const topic = await newTopic()
        await using cluster = new DeafCluster({ bootstrapServers, logger: null })
        await using producer = new Producer({ cluster, transactionalId: topic, maxBlockMs: 1_000, logger: null })
        await producer.transaction((tx) => tx.send({ topic, value: 'before' }))
        const tx = await producer.beginTransaction()
        await tx.send({ topic, value: 'unknown' })
        cluster.hears = isDone ? 'nothing' : 'never asked'
        expect(await tx.commit().catch((reason) => reason)).toMatchObject({ name: 'TransactionError', outcome: 'unknown' })
        cluster.hears = 'everything'
        await expect
          .poll(
            () =>
              producer
                .transaction((next) => next.send({ topic, value: 'after' }))
                .then(
                  () => 'done',
                  (reason) => reason,
                ),
            { timeout: 10_000 },
          )
          .toBe('done')
        expect(sorted(await committedValues(topic))).toEqual(isDone ? ['after', 'before', 'unknown'] : ['after', 'before'])
      },
    )

    it('go on when their coordinator is killed in the middle', { timeout: 90_000 }, async () => {
      const topic = await newTopic()
      await using producer = newProducer(topic)
      await using cluster = new Cluster({ bootstrapServers, logger: null })
      const committed: string[] = []
      let revived: Promise<void> | undefined
      for (let round = 0; round < 2; round++) {
        for (let i = 0; i < 10; i++) {
          const value = `${round}-${i}`
          const tx = await producer.beginTransaction()
          await Promise.all([0, 1, 2].map((partition) => tx.send({ topic, partition, value: `${value}-${partition}` })))
          if (i === 5) {
            const { id } = await cluster.coordinator({ transactionalId: topic })
            cluster.forgetCoordinator({ transactionalId: topic })
            const victim = kafka.node(id)
            await victim.kill()
            revived = new Promise((resolve) => setTimeout(resolve, 3_000)).then(() => victim.start())
          }
          await tx.commit()
          committed.push(...[0, 1, 2].map((partition) => `${value}-${partition}`))
        }
        await revived
      }
      const read = await kafka.consoleConsumer({ topic, count: committed.length, properties: readCommitted })
      expect(sorted(read.map(({ value }) => value!))).toEqual(sorted(committed))
    })
  })
}
