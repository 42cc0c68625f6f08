import { FakeCluster } from '@k/testing'
import { describe, expect, it } from 'vitest'
import type { BenchProducer, MakeProducer } from '../src/produce/bench-producer.ts'
import { make as makeKafkajs } from '../src/produce/kafkajs.ts'
import { make as makeOurs } from '../src/produce/ours.ts'
import { make as makePlatformatic } from '../src/produce/platformatic.ts'
import { samplesOf } from '../src/produce/samples.ts'

const CLIENTS: readonly (readonly [string, MakeProducer])[] = [
  ['@k', makeOurs],
  ['kafkajs', makeKafkajs],
  ['@platformatic/kafka', makePlatformatic],
]
const topic = 'produced'

describe.each(CLIENTS)('%s', (_name, make) => {
  it.each(['bytes', 'text', 'json'] as const)('writes what is compared: %s', async (values) => {
    await using kafka = await FakeCluster.start({ topics: { [topic]: 6 } })
    const samples = samplesOf(values, 20)
    const producer: BenchProducer = await make({ bootstrapServers: kafka.bootstrapServers, topic, isText: values === 'text' })
    const records = samples.map((sample) => producer.recordOf(sample))
    await producer.sendMany(records.slice(0, 10))
    for (const record of records.slice(10)) await producer.sendOne(record)
    await producer.close()
    const written = kafka.records(topic).map(({ key, value }) => `${key} ${value?.toString('hex')}`)
    expect(written.sort()).toEqual(samples.map(({ key, value }) => `${key} ${Buffer.from(value).toString('hex')}`).sort())
  })
})

it('makes values of the sizes that it names', () => {
  for (const { key, value } of [...samplesOf('bytes', 5), ...samplesOf('text', 5)]) expect([key.length, value.length]).toEqual([10, 100])
  for (const { value } of samplesOf('json', 5)) {
    expect(value.length).toBe(1024)
    expect(JSON.parse(value.toString()).lines.length).toBeGreaterThan(5)
  }
})
