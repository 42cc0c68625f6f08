import { randomUUID } from 'node:crypto'
import { Admin, KafkaError } from '@k/admin'
import { gzip } from '@k/compression-gzip'
import { Consumer } from '@k/consumer'
import { Cluster } from '@k/network'
import { Producer } from '@k/producer'
import { type KafkaCluster, skipKafka, startKafka } from '@tooling/kafka'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readRecords } from '../src/read-records.ts'
import { scratchTopic } from '../src/scratch-topic.ts'

for (const version of ['4.3.1', '3.9.2']) {
  describe.skipIf(await skipKafka({ version }))(`Apache Kafka ${version}`, () => {
    let kafka: KafkaCluster
    let bootstrapServers: string

    beforeAll(async () => {
      kafka = await startKafka({ version })
      bootstrapServers = kafka.bootstrapServers
    })
    afterAll(() => kafka?.close())

    it('answers a cluster that was never connected by hand', async () => {
      await using cluster = new Cluster({ bootstrapServers })
      await cluster.connect()
      expect(cluster.brokers).toHaveLength(1)
      expect(cluster.clusterId).toMatch(/^[\w-]{22}$/)
    })

    it('creates, describes, lists and deletes topics', async () => {
      await using admin = new Admin({ bootstrapServers })
      const topic = `admin-${randomUUID()}`
      const [created] = await admin.createTopics([{ topic, numPartitions: 3, replicationFactor: 1, configs: { 'retention.ms': '60000' } }])
      expect(created).toMatchObject({ topic, numPartitions: 3, replicationFactor: 1 })
      // A broker hears of a new topic a little after the controller has made it.
      await expect.poll(async () => (await admin.listTopics()).map((listed) => listed.topic), { timeout: 10_000 }).toContain(topic)
      const [described] = await admin.describeTopics([topic])
      expect(described?.partitions.map(({ partition, leader }) => [partition, leader])).toEqual([
        [0, 1],
        [1, 1],
        [2, 1],
      ])
      await expect(admin.createTopics([{ topic, numPartitions: 3, replicationFactor: 1 }])).rejects.toSatisfy((error) =>
        KafkaError.is(error, 'ITEMS_FAILED'),
      )
      await admin.deleteTopics([topic])
      await expect.poll(async () => (await admin.listTopics()).map((listed) => listed.topic), { timeout: 10_000 }).not.toContain(topic)
    })

    it('describes the cluster', async () => {
      await using admin = new Admin({ bootstrapServers })
      const { brokers, clusterId } = await admin.describeCluster()
      expect(brokers.map(({ id }) => id)).toEqual([1])
      expect(clusterId).toMatch(/^[\w-]{22}$/)
    })

    it.each([
      ['idempotent', {}],
      ['acks all', { enableIdempotence: false }],
      ['acks 1', { acks: 1 as const }],
      ['gzip', { compression: gzip() }],
    ])('takes records and gives them back: %s', async (_, options) => {
      const topic = await scratchTopic(bootstrapServers)
      await using producer = new Producer({ bootstrapServers, ...options })
      const sent = [
        { topic, key: 'k', value: 'v', timestamp: 1_700_000_000_123, headers: { a: '1', b: Buffer.from([0, 255]) } },
        { topic, key: null, value: '' },
        { topic, key: 'deleted', value: null },
        { topic, key: 'größe', value: '漢字 😀'.repeat(1000) },
      ]
      const results = await producer.send(sent)
      expect(results.map(({ offset }) => offset)).toEqual([0, 1, 2, 3])
      const read = await readRecords({ bootstrapServers, topic, count: sent.length })
      expect(read.map(({ key }) => key?.toString() ?? null)).toEqual(sent.map(({ key }) => key))
      expect(read.map(({ value }) => value?.toString() ?? null)).toEqual(sent.map(({ value }) => value))
      expect(read[0]?.timestamp).toBe(1_700_000_000_123)
      expect(read[0]?.headers.get('a')?.toString()).toBe('1')
      expect(read[0]?.headers.get('b')).toEqual(Buffer.from([0, 255]))
    })

    it('takes records without an answer: acks 0', async () => {
      const topic = await scratchTopic(bootstrapServers)
      await using producer = new Producer({ bootstrapServers, acks: 0 })
      const { offset, hasOffset } = await producer.send({ topic, value: 'unanswered' })
      expect([offset, hasOffset]).toEqual([-1, false])
      const [record] = await readRecords({ bootstrapServers, topic, count: 1 })
      expect(record?.value?.toString()).toBe('unanswered')
    })

    it('keeps 20,000 records of one tick whole and in order', async () => {
      const topic = await scratchTopic(bootstrapServers, { partitions: 3 })
      await using producer = new Producer({ bootstrapServers })
      const count = 20_000
      await Promise.all(Array.from({ length: count }, (_, i) => producer.send({ topic, key: `key-${i % 50}`, value: String(i) })))
      const read = await readRecords({ bootstrapServers, topic, count })
      expect(new Set(read.map(({ value }) => value?.toString())).size).toBe(count)
      const last = new Map<string, number>()
      for (const record of read) {
        const key = String(record.key)
        const value = Number(record.value)
        expect(value).toBeGreaterThan(last.get(key) ?? -1)
        last.set(key, value)
      }
    })

    it('shares the partitions of a group and goes on where it committed', async () => {
      const topic = await scratchTopic(bootstrapServers, { partitions: 4 })
      const groupId = `group-${randomUUID()}`
      await using producer = new Producer({ bootstrapServers })
      const seen: string[] = []
      const members = [0, 1].map(() => new Consumer({ bootstrapServers, groupId, topics: [topic], autoOffsetReset: 'earliest' }))
      const reading = members.map(async (consumer) => {
        for await (const record of consumer) seen.push(String(record.value))
      })
      await expect.poll(() => members.map((consumer) => consumer.assignment().length), { timeout: 20_000 }).toEqual([2, 2])
      await producer.send(Array.from({ length: 100 }, (_, i) => ({ topic, key: `k${i}`, value: `first-${i}` })))
      await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(100)
      await Promise.all(members.map((consumer) => consumer.close()))
      await Promise.all(reading)
      await producer.send(Array.from({ length: 50 }, (_, i) => ({ topic, key: `k${i}`, value: `second-${i}` })))
      const later = await readRecords({ bootstrapServers, topic, groupId, count: 50 })
      expect(later.map(({ value }) => String(value)).sort()).toEqual(Array.from({ length: 50 }, (_, i) => `second-${i}`).sort())
      expect(new Set(seen).size).toBe(100)
    })

    it('assigns, seeks and tells positions without subscribing', async () => {
      const topic = await scratchTopic(bootstrapServers)
      await using producer = new Producer({ bootstrapServers })
      await producer.send(Array.from({ length: 10 }, (_, i) => ({ topic, value: String(i) })))
      await using consumer = new Consumer({ bootstrapServers, groupId: `group-${randomUUID()}`, enableAutoCommit: false })
      const partition = { topic, partition: 0 }
      consumer.assign([partition])
      consumer.seek(partition, 7)
      const values: string[] = []
      for await (const record of consumer) {
        values.push(String(record.value))
        if (values.length === 3) {
          await consumer.commit()
          break
        }
      }
      expect(values).toEqual(['7', '8', '9'])
      expect(await consumer.committed([partition])).toMatchObject([{ offset: 10 }])
    })
  })
}
