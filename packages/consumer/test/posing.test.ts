import { downConvert, RecordBatchBuilder } from '@k/protocol'
import { type FakeVersion, fakeVersions } from '@k/testing'
import { describe, expect, it } from 'vitest'
import { follow, numbered, Rig, take } from './support/rig.ts'

/** Writes in the format of the release: before 0.11 there were no batches. */
async function write(rig: Rig, version: FakeVersion, partition: number, count: number, first = 0): Promise<void> {
  const builder = new RecordBatchBuilder()
  for (let i = 0; i < count; i++) builder.append(1_700_000_000_000 + i, null, `${partition}:${first + i}`)
  const bytes = version === '0.10.2' ? downConvert(builder.records(), { magic: 1 }) : builder.close()
  await rig.writer.writeBytes('orders', partition, await bytes)
}

const tp = (partition: number) => ({ topic: 'orders', partition })

describe.each(fakeVersions)('a consumer before Kafka %s', (version) => {
  const start = (partitions: number) => Rig.start({ version, brokers: 3, topics: { orders: partitions } })

  it('reads what it is assigned, goes back and forth, and finds offsets by time', async () => {
    const rig = await start(1)
    await write(rig, version, 0, 10)
    const consumer = rig.loose()
    consumer.assign([tp(0)])
    expect(await take(consumer, 10)).toEqual(numbered(10))
    consumer.seek(tp(0), 4)
    expect(await take(consumer, 2)).toEqual(['0:4', '0:5'])
    const [found] = await consumer.offsetsForTimes([{ ...tp(0), timestamp: 1_700_000_000_007 }])
    expect(found?.offset).toBe(7)
    expect(await consumer.endOffsets([tp(0)])).toMatchObject([{ offset: 10 }])
    expect(rig.kafka.failures).toEqual([])
  })

  it('shares a topic with another member of its group', async () => {
    const rig = await start(2)
    const readers = [rig.consumer(), rig.consumer()]
    const reading = readers.map((consumer) => follow(consumer))
    await rig.kafka.until(() => readers.every((consumer) => consumer.assignment().length === 1))
    await write(rig, version, 0, 5)
    await write(rig, version, 1, 5)
    await rig.kafka.until(() => reading.flatMap(({ values }) => values).length === 10)
    expect(reading.map(({ values }) => values.length)).toEqual([5, 5])
    expect(reading.flatMap(({ errors }) => errors)).toEqual([])
  })

  it('goes on where its group has committed', async () => {
    const rig = await start(1)
    await write(rig, version, 0, 6)
    const first = rig.consumer()
    expect(await take(first, 4)).toEqual(numbered(4))
    await first.commit()
    await first.close()
    expect(rig.kafka.committed('g')).toMatchObject([{ offset: 4 }])
    expect(await take(rig.consumer(), 2)).toEqual(['0:4', '0:5'])
  })

  it('reads committed records alone, or says that the release cannot tell', async () => {
    const rig = await start(1)
    await write(rig, version, 0, 3)
    const consumer = rig.loose({ isolationLevel: 'read_committed' })
    consumer.assign([tp(0)])
    if (version === '0.10.2') await expect(take(consumer, 3)).rejects.toThrow(/read_committed|version/)
    else expect(await take(consumer, 3)).toEqual(numbered(3))
  })
})
