import { randomBytes } from 'node:crypto'
import { gzip } from '@k/compression-gzip'
import { lz4 } from '@k/compression-lz4'
import { snappy } from '@k/compression-snappy'
import { zstd } from '@k/compression-zstd'
import { Producer } from '@k/producer'
import { type Codec, compressionTypes, zstdIsSupported } from '@k/protocol'
import { type KafkaCluster, skipKafka, startKafka } from '@tooling/kafka'
import { CompressionTypes, Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fetchBatches } from '../src/fetch-batches.ts'
import { kafkaPython } from '../src/kafka-python.ts'
import { readRecords } from '../src/read-records.ts'
import { scratchTopic } from '../src/scratch-topic.ts'

// Enough for batches of several blocks of every format: text that compresses well, and some that hardly does.
const values = Array.from({ length: 300 }, (_, i) =>
  JSON.stringify({
    order: i,
    state: 'paid'.repeat(50),
    note: (i % 10 === 9 ? randomBytes(1500) : Buffer.alloc(300, `note ${i}`)).toString('base64'),
  }),
)
const BATCH = 150_000

const writers: readonly (readonly [string, () => Codec])[] = [
  ['gzip', () => gzip()],
  ['snappy by wasm', () => snappy({ engine: 'wasm' })],
  ['snappy by js', () => snappy({ engine: 'js' })],
  ['lz4 by wasm', () => lz4({ engine: 'wasm' })],
  ['lz4 by js', () => lz4({ engine: 'js' })],
  // On an older Node it only reads.
  ...(zstdIsSupported ? [['zstd', () => zstd()] as const] : []),
]
const readers: Readonly<Record<string, readonly (() => Codec)[]>> = {
  gzip: [() => gzip()],
  snappy: [() => snappy({ engine: 'wasm' }), () => snappy({ engine: 'js' })],
  lz4: [() => lz4({ engine: 'wasm' }), () => lz4({ engine: 'js' })],
  zstd: [() => zstd(), () => zstd({ engine: 'js' })],
}

const skipped = await skipKafka({ version: '4.3.1', tools: true })
const python = skipped ? undefined : await kafkaPython()

// Most of it is waiting for programs that start.
describe.skipIf(skipped)('every codec, with Apache Kafka 4.3.1', { concurrent: true }, () => {
  let kafka: KafkaCluster

  beforeAll(async () => {
    kafka = await startKafka({ version: '4.3.1' })
  })
  afterAll(() => kafka?.close())

  async function write(codec: Codec): Promise<string> {
    const { bootstrapServers } = kafka
    const topic = await scratchTopic(bootstrapServers)
    await using producer = new Producer({ bootstrapServers, compression: codec, batchSize: BATCH, lingerMs: 20 })
    await producer.send(values.map((value) => ({ topic, value })))
    return topic
  }

  async function expectRead(topic: string, name: string): Promise<void> {
    const { bootstrapServers } = kafka
    const batches = await fetchBatches(bootstrapServers, topic)
    expect(batches.map(({ compressionType }) => compressionTypes[compressionType])).toContain(name)
    for (const codec of readers[name]!) {
      const records = await readRecords({ bootstrapServers, topic, count: values.length, codecs: [codec()] })
      expect(records.map(({ value }) => value?.toString())).toEqual(values)
    }
  }

  it.each(writers)('%s is kept by the broker, and read by the Java client and by us', async (_, codec) => {
    const topic = await write(codec())
    const records = await kafka.consoleConsumer({ topic, count: values.length })
    expect(records.map(({ value }) => value)).toEqual(values)
    await expectRead(topic, codec().name)
  })

  it.each(Object.keys(readers))('what the Java client compresses with %s is read by us', async (name) => {
    const topic = await scratchTopic(kafka.bootstrapServers)
    const properties = { 'compression.type': name, 'batch.size': `${BATCH}`, 'linger.ms': '500' }
    await kafka.consoleProducer({ topic, properties, records: values.map((value) => ({ key: null, value, headers: [] })) })
    await expectRead(topic, name)
  })

  it.each([
    ['snappy', snappy],
    ['lz4', lz4],
  ])('%s that no codec was handed in for ends in an error that names the package', async (name, codec) => {
    const topic = await write(codec())
    const reading = readRecords({ bootstrapServers: kafka.bootstrapServers, topic, count: 1 })
    await expect(reading).rejects.toThrow(`install @k/compression-${name} and hand in ${name}() among the codecs`)
  })

  it('gzip goes to kafkajs and back', async () => {
    const brokers = kafka.bootstrapServers.split(',')
    const client = new Kafka({ brokers, logLevel: logLevel.NOTHING })
    const consumer = client.consumer({ groupId: 'codecs' })
    const producer = client.producer()
    const topic = await write(gzip())
    const seen: (string | undefined)[] = []
    try {
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      await consumer.run({ eachMessage: async ({ message }) => void seen.push(message.value?.toString()) })
      await expect.poll(() => seen.length, { timeout: 30_000 }).toBe(values.length)
      expect(seen).toEqual(values)
      const other = await scratchTopic(kafka.bootstrapServers)
      await producer.connect()
      await producer.send({ topic: other, compression: CompressionTypes.GZIP, messages: values.map((value) => ({ value })) })
      await expectRead(other, 'gzip')
    } finally {
      await Promise.all([consumer.disconnect(), producer.disconnect()])
    }
  })

  describe.skipIf(python === undefined)('and kafka-python', () => {
    it.each(writers)('that reads %s of ours', async (_, codec) => {
      const topic = await write(codec())
      expect(await python!.consume({ bootstrapServers: kafka.bootstrapServers, topic, count: values.length })).toEqual(values)
    })

    it.each(Object.keys(readers))('whose %s is read by us', async (name) => {
      const { bootstrapServers } = kafka
      const topic = await scratchTopic(bootstrapServers)
      await python!.produce({ bootstrapServers, topic, compression: name, values })
      await expectRead(topic, name)
    })
  })
})
