import { OffsetCommit } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import type { ConsumerRecord } from '../../src/index.ts'
import { filled, Log, numbered, Rig, take } from '../support/rig.ts'

const offsetOf = (rig: Rig) => rig.kafka.committed('g')[0]?.offset
const textOf = (record: ConsumerRecord) => record.value?.toString()

describe('what counts as processed', () => {
  it('is a record when the next is asked for: break leaves the one in hand to the next loop', async () => {
    const rig = await filled()
    const consumer = rig.consumer()
    for await (const record of consumer) if (record.offset === 3) break
    expect(await consumer.position({ topic: 'orders', partition: 0 })).toBe(3)
    expect(consumer.processedOffsets()).toMatchObject([{ offset: 3 }])
    const again: (string | undefined)[] = []
    for await (const record of consumer) {
      again.push(textOf(record))
      if (again.length === 2) break
    }
    expect(again).toEqual(['0:3', '0:4'])
  })

  it('leaves the record in hand to the next owner when the loop throws, and closing commits what was before it', async () => {
    const rig = await filled()
    const consumer = rig.consumer()
    const failing = async () => {
      for await (const record of consumer) if (record.offset === 4) throw new Error('no')
    }
    await expect(failing()).rejects.toThrow('no')
    await consumer.close()
    expect(offsetOf(rig)).toBe(4)
    expect(await take(rig.consumer(), 1)).toEqual(['0:4'])
  })

  it('commits in the background when a loop is left, without close', async () => {
    const rig = await filled()
    const consumer = rig.consumer()
    for await (const record of consumer) if (record.offset === 5) break
    await rig.kafka.until(() => offsetOf(rig) === 5)
  })

  it('includes the record in hand that processed() names before break', async () => {
    const rig = await filled()
    const consumer = rig.consumer()
    for await (const record of consumer) {
      if (record.offset !== 3) continue
      consumer.processed(record)
      break
    }
    await consumer.close()
    expect(offsetOf(rig)).toBe(4)
  })

  it('includes the record in hand when commit() is called before break', async () => {
    const rig = await filled()
    const consumer = rig.consumer()
    for await (const record of consumer) {
      if (record.offset !== 3) continue
      await consumer.commit()
      expect(offsetOf(rig)).toBe(4)
      break
    }
    expect(await take(consumer, 1)).toEqual(['0:4'])
  })

  it('includes the record in hand when its offset + 1 is committed by hand', async () => {
    const rig = await filled()
    const consumer = rig.consumer()
    for await (const record of consumer) {
      await consumer.commit([{ topic: 'orders', partition: 0, offset: record.offset + 1 }])
      break
    }
    expect(await take(consumer, 1)).toEqual(['0:1'])
  })

  it('is committed every autoCommitIntervalMs, and never the record in hand', async () => {
    const rig = await filled()
    const consumer = rig.consumer({ autoCommitIntervalMs: 10 })
    for await (const record of consumer) {
      if (record.offset === 6) {
        await rig.kafka.until(() => offsetOf(rig) === 6)
        const before = rig.kafka.requests.list(OffsetCommit).length
        await new Promise((resolve) => setTimeout(resolve, 50))
        expect(rig.kafka.requests.list(OffsetCommit).length).toBe(before)
        break
      }
    }
  })

  it('is not committed at all with enableAutoCommit false', async () => {
    const rig = await filled()
    const consumer = rig.consumer({ enableAutoCommit: false, autoCommitIntervalMs: 5 })
    await take(consumer, 5)
    await consumer.close()
    expect(rig.kafka.committed('g')).toEqual([])
    expect(await take(rig.consumer({ enableAutoCommit: false }), 2)).toEqual(numbered(2))
  })

  it('is only what processed() names with enableAutoOffsetStore false, up to the first that is missing', async () => {
    const rig = await filled()
    const consumer = rig.consumer({ enableAutoOffsetStore: false })
    const records: ConsumerRecord[] = []
    for await (const record of consumer) {
      records.push(record)
      if (records.length === 8) break
    }
    expect(consumer.processedOffsets()).toMatchObject([{ offset: 0 }])
    for (const index of [0, 2, 3, 6]) consumer.processed(records[index]!)
    expect(consumer.processedOffsets()).toMatchObject([{ offset: 1 }])
    consumer.processed(records[1]!)
    expect(consumer.processedOffsets()).toMatchObject([{ offset: 4 }])
    await consumer.commit()
    expect(offsetOf(rig)).toBe(4)
    await consumer.close()
    expect(offsetOf(rig)).toBe(4)
  })

  it('is never committed by a consumer that crashed: what it read since the last commit comes again', async () => {
    const rig = await filled()
    const crashed = rig.consumer({ autoCommitIntervalMs: 100_000, groupInstanceId: 'one' })
    const reading = crashed.records()
    for (let offset = 0; offset < 7; offset++) {
      expect(await reading.next()).toMatchObject({ value: { offset } })
      if (offset === 3) await crashed.commit([{ topic: 'orders', partition: 0, offset: 2 }])
    }
    expect(offsetOf(rig)).toBe(2)
    expect(await take(rig.consumer({ groupInstanceId: 'one' }), 2)).toEqual(numbered(2, '0:', 2))
  })

  it('counts records of a batch together when the next batch is asked for', async () => {
    const rig = await filled(300)
    const consumer = rig.consumer({ maxPollRecords: 100 })
    let batches = 0
    for await (const batch of consumer.batches()) {
      expect(batch).toMatchObject({
        topic: 'orders',
        partition: 0,
        firstOffset: batches * 100,
        lastOffset: batches * 100 + 99,
        highWatermark: 300,
      })
      expect(batch.records).toHaveLength(100)
      expect([...batch].map((record) => record.offset)).toEqual(batch.records.map((record) => record.offset))
      if (++batches === 2) break
    }
    expect(consumer.processedOffsets()).toMatchObject([{ offset: 100 }])
    await consumer.close()
    expect(offsetOf(rig)).toBe(100)
  })

  it('counts records of a batch that was left as far as processed() named them', async () => {
    const rig = await filled(300)
    const consumer = rig.consumer()
    for await (const batch of consumer.batches()) {
      for (const record of batch) if (record.offset < 40 || record.offset === 60) consumer.processed(record)
      break
    }
    expect(consumer.processedOffsets()).toMatchObject([{ offset: 40 }])
    expect(await take(consumer, 2)).toEqual(['0:40', '0:41'])
  })
})

describe('commit', () => {
  it('commits all that was handed out, the record in hand included', async () => {
    const rig = await filled()
    const consumer = rig.consumer({ enableAutoCommit: false })
    for await (const record of consumer) {
      if (record.offset < 4) continue
      await consumer.commit()
      break
    }
    expect(offsetOf(rig)).toBe(5)
  })

  it('takes offsets with metadata, and committed() tells them in the order asked', async () => {
    const rig = await Rig.start({ topics: { orders: 3 } })
    const consumer = rig.consumer({ enableAutoCommit: false })
    const reading = consumer.records().next()
    await rig.kafka.until(() => consumer.assignment().length === 3)
    await consumer.commit([
      { topic: 'orders', partition: 2, offset: 7, metadata: 'here' },
      { topic: 'orders', partition: 0, offset: 5, leaderEpoch: 0 },
    ])
    expect(await consumer.committed([0, 1, 2, 0].map((partition) => ({ topic: 'orders', partition })))).toEqual([
      { topic: 'orders', partition: 0, offset: 5, metadata: '', leaderEpoch: 0 },
      undefined,
      { topic: 'orders', partition: 2, offset: 7, metadata: 'here', leaderEpoch: undefined },
      { topic: 'orders', partition: 0, offset: 5, metadata: '', leaderEpoch: 0 },
    ])
    await consumer.close()
    expect(await reading).toEqual({ done: true, value: undefined })
  })

  it('never goes back when commits overlap, however slow the first is', async () => {
    const rig = await filled()
    const consumer = rig.consumer({ autoCommitIntervalMs: 1 })
    const commits: Promise<void>[] = []
    const seen: bigint[] = []
    rig.kafka.requests.onRequest((request) => {
      if (request.api === 'OffsetCommit')
        seen.push((request.body as { topics: { partitions: { committedOffset: bigint }[] }[] }).topics[0]!.partitions[0]!.committedOffset)
    })
    rig.kafka.on(OffsetCommit).times(2).delay(60)
    for await (const record of consumer) {
      if (record.offset === 2 || record.offset === 5) commits.push(consumer.commit())
      if (record.offset === 8) break
    }
    await Promise.all(commits)
    await consumer.close()
    expect([...seen].sort((a, b) => Number(a - b))).toEqual(seen)
    expect(offsetOf(rig)).toBe(8)
  })

  it('goes to the new coordinator when the group has moved, as the same member', async () => {
    const rig = await Rig.start({ brokers: 3, topics: { orders: 1 } })
    await rig.writer.writeMany('orders', 0, 5)
    const consumer = rig.consumer()
    await take(consumer, 2)
    const { memberId, generationId } = consumer.groupMetadata()
    rig.kafka.moveCoordinator('g', (rig.kafka.coordinatorOf('g') % 3) + 1)
    await consumer.commit()
    await take(consumer, 1)
    await consumer.commit()
    expect(offsetOf(rig)).toBe(3)
    expect(consumer.groupMetadata()).toMatchObject({ memberId, generationId, groupId: 'g' })
  })

  it.each([
    'COORDINATOR_LOAD_IN_PROGRESS',
    'COORDINATOR_NOT_AVAILABLE',
    'NOT_COORDINATOR',
    'REQUEST_TIMED_OUT',
    'UNKNOWN_TOPIC_OR_PARTITION',
  ] as const)('tries again after %s', async (code) => {
    const rig = await filled()
    const consumer = rig.consumer({ enableAutoCommit: false })
    await take(consumer, 3)
    const rule = rig.kafka.on(OffsetCommit).times(2).fail(code)
    await consumer.commit()
    expect(rule.hits).toBe(2)
    expect(offsetOf(rig)).toBe(3)
  })

  it.each(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS'] as const)(
    'rejects with PARTITION_NOT_OWNED after %s',
    async (code) => {
      const rig = await filled()
      const consumer = rig.consumer({ enableAutoCommit: false })
      await take(consumer, 3)
      rig.kafka.on(OffsetCommit).once().fail(code)
      await expect(consumer.commit()).rejects.toMatchObject({ code: 'PARTITION_NOT_OWNED', cause: { code } })
    },
  )

  it('says that the outcome is unknown when the coordinator does not answer within defaultApiTimeoutMs', async () => {
    const rig = await filled()
    const consumer = rig.consumer({ enableAutoCommit: false, defaultApiTimeoutMs: 100, requestTimeoutMs: 60 })
    await take(consumer, 3)
    rig.kafka.on(OffsetCommit).delay(1_000)
    await expect(consumer.commit()).rejects.toMatchObject({ name: 'TimeoutError', deadline: 'defaultApiTimeoutMs' })
  })

  it('tells which of several offsets were refused', async () => {
    const rig = await Rig.start({ topics: { orders: 2 } })
    const consumer = rig.consumer({ enableAutoCommit: false })
    const reading = consumer.records().next()
    await rig.kafka.until(() => consumer.assignment().length === 2)
    rig.kafka.on(OffsetCommit).once().fail('OFFSET_METADATA_TOO_LARGE')
    const offsets = [0, 1].map((partition) => ({ topic: 'orders', partition, offset: 1 }))
    await expect(consumer.commit(offsets)).rejects.toMatchObject({
      name: 'ItemsError',
      failed: [{ item: offsets[0] }, { item: offsets[1] }],
    })
    rig.kafka.on(OffsetCommit).once().fail('OFFSET_METADATA_TOO_LARGE')
    await expect(consumer.commit([offsets[0]!])).rejects.toMatchObject({ name: 'BrokerError', code: 'OFFSET_METADATA_TOO_LARGE' })
    await consumer.close()
    await reading
  })

  it('refuses records, offsets that are none, and partitions of others', async () => {
    const rig = await filled()
    const consumer = rig.consumer({ enableAutoCommit: false })
    for await (const record of consumer) {
      // @ts-expect-error a record is no offset
      await expect(consumer.commit([record])).rejects.toMatchObject({ name: 'ConfigError' })
      break
    }
    for (const offset of [-1, 1.5, Number.NaN, 2 ** 53]) {
      await expect(consumer.commit([{ topic: 'orders', partition: 0, offset }])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
    await expect(consumer.commit([{ topic: 'orders', partition: 9, offset: 1 }])).rejects.toMatchObject({ code: 'PARTITION_NOT_OWNED' })
  })

  it('needs a group', async () => {
    const rig = await filled()
    const consumer = rig.loose({ topics: ['orders'] })
    await expect(consumer.commit()).rejects.toMatchObject({ code: 'NO_GROUP' })
    await expect(consumer.committed([])).rejects.toMatchObject({ code: 'NO_GROUP' })
    expect(() => consumer.groupMetadata()).toThrow(expect.objectContaining({ code: 'NO_GROUP' }))
  })

  it('warns, and goes on reading, when committing by itself fails', async () => {
    const rig = await filled()
    const log = new Log()
    const consumer = rig.consumer({ autoCommitIntervalMs: 5, logger: log })
    rig.kafka.on(OffsetCommit).fail('GROUP_AUTHORIZATION_FAILED')
    for await (const record of consumer) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      if (record.offset === 5) break
    }
    expect(log.of('warn')).toContain('what was processed could not be committed')
  })
})
