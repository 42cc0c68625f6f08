import { type RecordReader, recordBatches } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { RECORDS, sampleBatches, sampleBytes, timestampOf } from '../src/protocol/sample.ts'
import { codecNames, codecOf, taskOf } from '../src/protocol/tasks.ts'

const [records = []] = sampleBatches()
const [bytes = Buffer.alloc(0)] = sampleBytes()

describe.each(codecNames)('%s', (name) => {
  it('encodes all that is compared: a valid batch of the same records', async () => {
    const codec = await codecOf(name)
    const batches = [...recordBatches(Buffer.from(await codec.encoderOf(records)()))]
    expect(batches.map(({ count }) => count)).toEqual([RECORDS])
    batches[0]!.ensureValid()
    const reader = batches[0]!.records() as RecordReader
    for (const [index, { key, value }] of records.entries()) {
      expect(reader.next()).toBe(true)
      expect(reader.key()).toEqual(key)
      expect(reader.value()).toEqual(value)
      expect(reader.timestamp).toBe(timestampOf(index))
    }
  })

  it('decodes all that is compared: the value of every record', async () => {
    const codec = await codecOf(name)
    expect(await codec.decode(bytes)).toBe(RECORDS * 100)
  })
})

it('measures answers of the sizes that it names', async () => {
  const metadata = (await taskOf('metadata', '@k'))() as { topics: { partitions: unknown[] }[] }
  expect(metadata.topics.flatMap(({ partitions }) => partitions)).toHaveLength(1200)
  const fetched = (await taskOf('fetch', '@k'))() as { responses: { partitions: unknown[] }[] }
  expect(fetched.responses.flatMap(({ partitions }) => partitions)).toHaveLength(100)
})

it('compares the same checksum', async () => {
  const [ours, theirs] = [await taskOf('crc', '@k'), await taskOf('crc', 'crc-32')]
  expect(ours()).toBe((theirs() as number) >>> 0)
})
