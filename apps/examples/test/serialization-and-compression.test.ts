import { compressionTypes, Produce, recordBatches } from '@k/protocol'
import { FakeCluster } from '@k/testing'
import { expect, it } from 'vitest'
import { runExample } from './support/run-example.ts'

const lines = ['3 values written', 'an object: roof has 21.5 degrees', 'a list of 3: 1, 2, 3', 'an object: cellar has 12 degrees']

it('writes objects and lists as JSON in gzip, and reads them as what they were', async () => {
  await using kafka = await FakeCluster.start({ brokers: 3 })
  expect(await runExample('serialization-and-compression', { KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers })).toEqual(lines)
  expect(kafka.records('example-readings').map(({ value }) => JSON.parse(String(value)))).toEqual([
    { sensor: 'roof', celsius: 21.5 },
    [1, 2, 3],
    { sensor: 'cellar', celsius: 12 },
  ])
  const sent = kafka.requests.list(Produce).flatMap(({ body }) => body.topicData.flatMap(({ partitionData }) => partitionData))
  const batches = sent.flatMap(({ records }) => [...recordBatches(records ?? Buffer.alloc(0))])
  expect(batches.map(({ compressionType }) => compressionTypes[compressionType])).toEqual(['gzip'])
  // Another run finds its topic, and reads what it has written itself.
  expect(await runExample('serialization-and-compression', { KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers })).toEqual(lines)
  expect(kafka.records('example-readings')).toHaveLength(6)
}, 60_000)

it('runs on a cluster of its own', async () => {
  expect(await runExample('serialization-and-compression')).toEqual(lines)
}, 60_000)
