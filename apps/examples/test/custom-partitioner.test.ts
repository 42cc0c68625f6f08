import { FakeCluster } from '@k/testing'
import { expect, it } from 'vitest'
import { runExample } from './support/run-example.ts'

const anywhere = expect.stringMatching(/: partition [0-9]$/)
const lines = ['first: partition 0', 'last: partition 9', anywhere, 'first: partition 0', 'last: partition 9', anywhere]

it('puts records where their keys say', async () => {
  await using kafka = await FakeCluster.start({ brokers: 3 })
  expect(await runExample('custom-partitioner', { KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers })).toEqual(lines)
  const records = kafka.records('example-places').map(({ partition, key }) => ({ partition, key: key && String(key) }))
  const of = (key: string | null) => records.filter((record) => record.key === key).map(({ partition }) => partition)
  expect(of('first')).toEqual([0, 0])
  expect(of('last')).toEqual([9, 9])
  expect([...of('somewhere'), ...of(null)]).toHaveLength(2)
}, 60_000)

it('runs on a cluster of its own', async () => {
  expect(await runExample('custom-partitioner')).toEqual(lines)
}, 60_000)
