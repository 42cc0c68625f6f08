import { FakeCluster } from '@k/testing'
import { expect, it } from 'vitest'
import { runExample } from './support/run-example.ts'

const sent = /^(\d+) messages to partition (\d), the first at offset (\d+)$/

it('writes 1,000 messages, batch by batch, and counts them', async () => {
  await using kafka = await FakeCluster.start({ brokers: 3 })
  const lines = await runExample('batches-by-hand', { KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers })
  const records = kafka.records('example-batches')
  const numberOf = (value: Buffer | null) => Number(String(value).replace('message ', ''))
  expect(records.map(({ value }) => numberOf(value)).sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i))

  // Each batch is where its line says, whole, its messages side by side.
  const batches = lines.map((line) => sent.exec(line)).filter((match) => match !== null)
  expect(batches.length).toBeGreaterThan(5)
  const slices = batches.map(([, count, partition, offset]) =>
    records
      .filter((record) => record.partition === Number(partition))
      .slice(Number(offset), Number(offset) + Number(count))
      .map(({ value }) => numberOf(value)),
  )
  for (const slice of slices) expect(slice).toEqual(slice.map((_, i) => slice[0]! + i))
  expect(slices.flat()).toHaveLength(1000)

  const partitions = [...new Set(records.map(({ partition }) => partition))].sort((a, b) => a - b)
  const counted = partitions.map((p) => `partition ${p}: ${records.filter(({ partition }) => partition === p).length}`)
  expect(lines.slice(batches.length)).toEqual([...counted, 'all: 1000'])
}, 60_000)

it('runs on a cluster of its own', async () => {
  expect((await runExample('batches-by-hand')).at(-1)).toBe('all: 1000')
}, 60_000)
