import { gzip } from '@k/compression-gzip'
import { Producer } from '@k/producer'
import { type KafkaCluster, skipKafka, startKafka } from '@tooling/kafka'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readRecords } from '../src/read-records.ts'
import { scratchTopic } from '../src/scratch-topic.ts'

for (const version of ['4.3.1', '3.9.2']) {
  describe.skipIf(await skipKafka({ version, tools: true }))(`the Java console tools of Kafka ${version}`, () => {
    let kafka: KafkaCluster

    beforeAll(async () => {
      kafka = await startKafka({ version })
    })
    afterAll(() => kafka?.close())

    it.concurrent.each([
      ['uncompressed', undefined],
      ['gzip', gzip()],
    ])('read what we write: keys, headers, nulls, timestamps, %s', async (_, compression) => {
      const topic = await scratchTopic(kafka.bootstrapServers)
      await using producer = new Producer({ bootstrapServers: kafka.bootstrapServers, ...(compression && { compression }) })
      await producer.send([
        {
          topic,
          key: 'key',
          value: 'value',
          timestamp: 1_700_000_000_123,
          headers: [
            ['first', 'one'],
            ['first', 'two'],
            ['none', null],
          ],
        },
        { topic, key: null, value: 'no key', timestamp: 1_700_000_000_124 },
        { topic, key: 'tombstone', value: null, timestamp: 1_700_000_000_125 },
      ])
      expect(await kafka.consoleConsumer({ topic, count: 3 })).toMatchObject([
        {
          key: 'key',
          value: 'value',
          timestamp: 1_700_000_000_123,
          headers: [
            ['first', 'one'],
            ['first', 'two'],
            ['none', null],
          ],
          offset: 0,
        },
        { key: null, value: 'no key', timestamp: 1_700_000_000_124, headers: [], offset: 1 },
        { key: 'tombstone', value: null, timestamp: 1_700_000_000_125, headers: [], offset: 2 },
      ])
    })

    it.concurrent.each(['none', 'gzip'])('write what we read: keys, headers, nulls, compression %s', async (type) => {
      const topic = await scratchTopic(kafka.bootstrapServers)
      const before = Date.now()
      await kafka.consoleProducer({
        topic,
        properties: { 'compression.type': type },
        records: [
          {
            key: 'key',
            value: 'value',
            headers: [
              ['a', 'one'],
              ['b', 'two'],
            ],
          },
          { key: null, value: 'no key', headers: [] },
          { key: 'tombstone', value: null, headers: [] },
        ],
      })
      const records = await readRecords({ bootstrapServers: kafka.bootstrapServers, topic, count: 3 })
      expect(records.map(({ key, value }) => [key?.toString() ?? null, value?.toString() ?? null])).toEqual([
        ['key', 'value'],
        [null, 'no key'],
        ['tombstone', null],
      ])
      expect([...(records[0]?.headers ?? [])].map(([name, value]) => [name, value?.toString()])).toEqual([
        ['a', 'one'],
        ['b', 'two'],
      ])
      for (const { timestamp, timestampType } of records) {
        expect(timestamp).toBeGreaterThanOrEqual(before)
        expect(timestampType).toBe('CreateTime')
      }
    })
  })
}
