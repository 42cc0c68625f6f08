import { randomUUID } from 'node:crypto'
import { Admin } from '@k/admin'
import { gzip } from '@k/compression-gzip'
import { Consumer, type ConsumerRecord } from '@k/consumer'
import { diagnostics } from '@k/network'
import { type ProduceError, Producer } from '@k/producer'
import { UnsupportedVersionError } from '@k/protocol'
import { type KafkaCluster, skipKafka, startKafka } from '@tooling/kafka'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fetchBatches } from '../src/fetch-batches.ts'
import { readRecords } from '../src/read-records.ts'
import { scratchTopic } from '../src/scratch-topic.ts'

const FORMATS = { '0.9.0': 0, '0.10.2': 1 } as const

// What a client of today speaks with each: the highest version that the broker knows.
const brokers = [
  { version: '0.10.2.2', magic: 1, spoken: { Produce: 2, Fetch: 3, ListOffsets: 1, OffsetCommit: 2, OffsetFetch: 2, JoinGroup: 1 } },
  { version: '0.11.0.3', magic: 2, spoken: { Produce: 3, Fetch: 5, ListOffsets: 2, OffsetCommit: 3, OffsetFetch: 3, JoinGroup: 2 } },
  { version: '1.1.1', magic: 2, spoken: { Produce: 5, Fetch: 7, ListOffsets: 2, OffsetCommit: 3, OffsetFetch: 3, JoinGroup: 2 } },
  { version: '2.8.2', magic: 2, spoken: { Produce: 9, Fetch: 12, ListOffsets: 6, OffsetCommit: 8, OffsetFetch: 7, JoinGroup: 7 } },
]

const rowOf = ({ offset, key, value }: ConsumerRecord) => [offset, key?.toString() ?? null, value?.toString() ?? null]

for (const { version, magic, spoken } of brokers) {
  describe.skipIf(await skipKafka({ version, tools: true }))(`Apache Kafka ${version}`, () => {
    const isBefore011 = magic < 2
    const plain = isBefore011 ? { enableIdempotence: false } : {}
    let kafka: KafkaCluster
    let bootstrapServers: string

    beforeAll(async () => {
      kafka = await startKafka({ version })
      bootstrapServers = kafka.bootstrapServers
    })
    afterAll(() => kafka?.close())

    it('is spoken to in the highest versions that it knows, never in those that keep offsets outside the group', async () => {
      const versions: Record<string, number> = {}
      const unsubscribe = diagnostics.requestEnded.subscribe((request) => {
        versions[request.api] = request.version
      })
      const topic = await scratchTopic(bootstrapServers)
      await using producer = new Producer({ bootstrapServers, ...plain })
      await producer.send({ topic, value: 'v' })
      await readRecords({ bootstrapServers, topic, groupId: `group-${randomUUID()}`, count: 1 })
      unsubscribe()
      expect(versions).toMatchObject(spoken)
    })

    it('creates, lists, describes and deletes topics', async () => {
      await using admin = new Admin({ bootstrapServers })
      const topic = `admin-${randomUUID()}`
      await admin.createTopics([{ topic, numPartitions: 3, replicationFactor: 1, configs: { 'retention.ms': '60000' } }])
      const names = async () => (await admin.listTopics()).map((listed) => listed.topic)
      await expect.poll(names, { timeout: 10_000 }).toContain(topic)
      const [described] = await admin.describeTopics([topic])
      expect(described?.partitions.map(({ partition, leader }) => [partition, leader])).toEqual([
        [0, 1],
        [1, 1],
        [2, 1],
      ])
      await admin.deleteTopics([topic])
      await expect.poll(names, { timeout: 10_000 }).not.toContain(topic)
    })

    it.each([
      ['uncompressed', plain, 0],
      ['gzip', { ...plain, compression: gzip() }, 1],
      ['acks 1', { acks: 1 as const }, 0],
    ])('takes records and gives them back: %s', async (_, options, compressionType) => {
      const topic = await scratchTopic(bootstrapServers)
      await using producer = new Producer({ bootstrapServers, ...options })
      const results = await producer.send([
        { topic, key: 'k', value: 'v', timestamp: 1_700_000_000_123 },
        { topic, key: null, value: '' },
        { topic, key: 'deleted', value: null },
        { topic, key: 'größe', value: '漢字 😀'.repeat(1000) },
      ])
      expect(results.map(({ offset }) => offset)).toEqual([0, 1, 2, 3])
      const read = await readRecords({ bootstrapServers, topic, count: 4 })
      expect(read.map(rowOf)).toEqual([
        [0, 'k', 'v'],
        [1, null, ''],
        [2, 'deleted', null],
        [3, 'größe', '漢字 😀'.repeat(1000)],
      ])
      expect([read[0]?.timestamp, read[0]?.timestampType]).toEqual([1_700_000_000_123, 'CreateTime'])
      const batches = await fetchBatches(bootstrapServers, topic)
      expect(new Set(batches.map((batch) => [batch.magic, batch.compressionType].join()))).toEqual(new Set([`${magic},${compressionType}`]))
    })

    it('answers each version of Fetch in the format of its time, compressed or not', async () => {
      const topic = await scratchTopic(bootstrapServers)
      for (const options of [plain, { ...plain, compression: gzip() }]) {
        await using producer = new Producer({ bootstrapServers, ...options })
        await producer.send([0, 1, 2].map((i) => ({ topic, key: `k${i}`, value: `v${i}` })))
      }
      const formats = [0, 0, 1, 1, 2].map((newest, maxVersion) => [maxVersion, Math.min(newest, magic)] as const)
      for (const [maxVersion, format] of formats.slice(0, spoken.Fetch + 1)) {
        const rows: unknown[] = []
        // What is converted takes more room than it had: a broker may need more than one answer.
        for (let offset = 0; offset < 6; offset = rows.length) {
          for (const batch of await fetchBatches(bootstrapServers, topic, { offset, maxVersion })) {
            batch.ensureValid()
            expect(batch.magic, `Fetch ${maxVersion}`).toBe(format)
            const reader = await batch.records()
            while (reader.next()) rows.push([reader.offset, String(reader.key()), String(reader.value())])
          }
          if (rows.length === offset) break
        }
        expect(rows, `Fetch ${maxVersion}`).toEqual([0, 1, 2, 3, 4, 5].map((offset) => [offset, `k${offset % 3}`, `v${offset % 3}`]))
      }
    })

    const refusal = async () => {
      const topic = await scratchTopic(bootstrapServers)
      await using producer = new Producer({ bootstrapServers })
      const refused = await producer.connect().catch((reason: unknown) => reason)
      expect(UnsupportedVersionError.is(refused)).toBe(true)
      expect((refused as Error).message).toContain('enableIdempotence: false')
      const error = await producer.send({ topic, value: 'v' }).catch((reason: unknown) => reason as ProduceError)
      expect(error).toMatchObject({ code: 'UNSUPPORTED_VERSION', maybeWritten: false })
      expect((error as Error).message).toContain('enableIdempotence: false')
      expect(await fetchBatches(bootstrapServers, topic)).toEqual([])
    }
    if (isBefore011) it('refuses the default, idempotent producer, and says what does without', refusal)

    it(isBefore011 ? 'refuses headers instead of losing them' : 'keeps headers', async () => {
      const topic = await scratchTopic(bootstrapServers)
      await using producer = new Producer({ bootstrapServers, ...plain })
      const sent = producer.send({ topic, value: 'v', headers: { trace: '1' } })
      if (isBefore011) {
        await expect(sent).rejects.toMatchObject({ code: 'UNSUPPORTED_VERSION', maybeWritten: false })
        expect(await fetchBatches(bootstrapServers, topic)).toEqual([])
        return
      }
      await sent
      const [record] = await readRecords({ bootstrapServers, topic, count: 1 })
      expect([...(record?.headers ?? [])].map(([name, value]) => [name, value?.toString()])).toEqual([['trace', '1']])
    })

    it('takes 20,000 records of one tick, each once and in order', async () => {
      const topic = await scratchTopic(bootstrapServers, { partitions: 2 })
      await using producer = new Producer({ bootstrapServers, ...plain })
      const count = 20_000
      await Promise.all(Array.from({ length: count }, (_, i) => producer.send({ topic, partition: i % 2, value: String(i) })))
      const read = await readRecords({ bootstrapServers, topic, count })
      for (const partition of [0, 1]) {
        const values = read.filter((record) => record.partition === partition).map(({ value }) => Number(value))
        expect(values).toEqual(Array.from({ length: count / 2 }, (_, i) => 2 * i + partition))
      }
    })

    it('shares the partitions of a group of two, and goes on where it committed', async () => {
      const topic = await scratchTopic(bootstrapServers, { partitions: 4 })
      const groupId = `group-${randomUUID()}`
      await using producer = new Producer({ bootstrapServers, ...plain })
      const seen: string[] = []
      const members = [0, 1].map(() => new Consumer({ bootstrapServers, groupId, topics: [topic], autoOffsetReset: 'earliest' }))
      const reading = members.map(async (consumer) => {
        for await (const record of consumer) seen.push(String(record.value))
      })
      await expect.poll(() => members.map((consumer) => consumer.assignment().length), { timeout: 20_000 }).toEqual([2, 2])
      await producer.send(Array.from({ length: 40 }, (_, i) => ({ topic, partition: i % 4, value: `first-${i}` })))
      await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(40)
      await Promise.all(members.map((consumer) => consumer.close()))
      await Promise.all(reading)
      expect(new Set(seen).size).toBe(40)
      await producer.send(Array.from({ length: 20 }, (_, i) => ({ topic, partition: i % 4, value: `second-${i}` })))
      const later = await readRecords({ bootstrapServers, topic, groupId, count: 20 })
      expect(later.map(({ value }) => String(value)).sort()).toEqual(Array.from({ length: 20 }, (_, i) => `second-${i}`).sort())
    })

    it('commits, and tells what is committed', async () => {
      const topic = await scratchTopic(bootstrapServers)
      const partition = { topic, partition: 0 }
      await using consumer = new Consumer({ bootstrapServers, groupId: `group-${randomUUID()}`, enableAutoCommit: false })
      consumer.assign([partition])
      expect(await consumer.committed([partition])).toEqual([undefined])
      await consumer.commit([{ ...partition, offset: 7, metadata: 'noted' }])
      expect(await consumer.committed([partition])).toMatchObject([{ ...partition, offset: 7, metadata: 'noted' }])
    })

    describe.each(Object.entries(FORMATS))('a topic that is kept in the format of Kafka %s', (format, formatMagic) => {
      let topic: string

      beforeAll(async () => {
        topic = await scratchTopic(bootstrapServers, { configs: { 'message.format.version': format } })
      })

      const refusalOfIdempotence = async () => {
        await using producer = new Producer({ bootstrapServers })
        const error = await producer.send({ topic, value: 'v' }).catch((reason: unknown) => reason)
        expect(error).toMatchObject({ code: 'UNSUPPORTED_FOR_MESSAGE_FORMAT', maybeWritten: false })
        expect((error as Error).message).toContain('enableIdempotence: false')
      }
      if (!isBefore011) it('refuses the idempotent producer, and says what does without', refusalOfIdempotence)

      it('takes records and gives them back, also compressed sets, ours and those of the Java client, which reads ours', async () => {
        const values = (kind: string) => [0, 1, 2].map((i) => `${kind}-${i}`)
        for (const [kind, options] of Object.entries({ plain: {}, gzip: { compression: gzip() } })) {
          await using producer = new Producer({ bootstrapServers, enableIdempotence: false, ...options })
          await producer.send(values(kind).map((value) => ({ topic, key: 'ours', value })))
        }
        const compressed = ['--compression-codec', 'gzip', '--property', 'parse.key=true']
        const input = values('java')
          .map((value) => `java\t${value}\n`)
          .join('')
        await kafka.tool('kafka.tools.ConsoleProducer', ['--broker-list', bootstrapServers, '--topic', topic, ...compressed], { input })

        const expected = [...values('plain'), ...values('gzip'), ...values('java')]
        const read = await readRecords({ bootstrapServers, topic, count: expected.length })
        expect(read.map(rowOf)).toEqual(expected.map((value, offset) => [offset, value.startsWith('java') ? 'java' : 'ours', value]))
        const types = new Set(read.map(({ timestampType }) => timestampType))
        expect(types).toEqual(new Set([formatMagic === 0 ? 'NoTimestampType' : 'CreateTime']))
        expect(read.every(({ timestamp }) => (formatMagic === 0 ? timestamp === -1 : timestamp > 1_700_000_000_000))).toBe(true)

        const batches = await fetchBatches(bootstrapServers, topic)
        expect(new Set(batches.map((batch) => batch.magic))).toEqual(new Set([formatMagic]))
        expect(batches.map(({ compressionType }) => compressionType)).toEqual([0, 0, 0, 1, 1])

        const consumer = ['--bootstrap-server', bootstrapServers, '--from-beginning', '--max-messages', String(expected.length)]
        const { stdout } = await kafka.tool('kafka.tools.ConsoleConsumer', [...consumer, '--topic', topic, '--timeout-ms', '20000'])
        expect(stdout.trim().split('\n')).toEqual(expected)
      })
    })
  })
}
