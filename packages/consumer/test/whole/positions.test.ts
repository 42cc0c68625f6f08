import { Fetch, ListOffsets, OffsetFetch } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { follow, numbered, Rig, take } from '../support/rig.ts'

const tp = (partition = 0, topic = 'orders') => ({ topic, partition })

async function filled(count = 10, topics: Record<string, number> = { orders: 1 }): Promise<Rig> {
  const rig = await Rig.start({ brokers: 2, topics })
  for (const [topic, partitions] of Object.entries(topics)) {
    for (let partition = 0; partition < partitions; partition++) await rig.writer.writeMany(topic, partition, count)
  }
  return rig
}

describe('assign', () => {
  it('reads the partitions chosen, with no group', async () => {
    const rig = await filled(5, { orders: 3 })
    const consumer = rig.loose()
    consumer.assign([tp(2)])
    expect(consumer.assignment()).toEqual([tp(2)])
    expect(await take(consumer, 5)).toEqual(numbered(5, '2:'))
    expect(consumer.state).toBe('running')
  })

  it('replaces what was assigned before, and keeps the positions of what stays', async () => {
    const rig = await filled(5, { orders: 3 })
    const consumer = rig.loose()
    consumer.assign([tp(0), tp(1)])
    consumer.seek(tp(1), 3)
    consumer.assign([tp(1), tp(2)])
    expect(await consumer.position(tp(1))).toBe(3)
    const values = await take(consumer, 7)
    expect([...values].sort()).toEqual([...numbered(2, '1:', 3), ...numbered(5, '2:')])
    await expect(consumer.position(tp(0))).rejects.toMatchObject({ code: 'PARTITION_NOT_ASSIGNED' })
  })

  it('commits for its group, though it is no member', async () => {
    const rig = await filled()
    const consumer = rig.loose({ groupId: 'g' })
    consumer.assign([tp()])
    await take(consumer, 4)
    await consumer.close()
    expect(rig.kafka.committed('g')).toMatchObject([{ partition: 0, offset: 4 }])
    const next = rig.loose({ groupId: 'g' })
    next.assign([tp()])
    expect(await next.position(tp())).toBe(4)
    await expect(next.commit([{ topic: 'orders', partition: 3, offset: 1 }])).rejects.toMatchObject({ code: 'PARTITION_NOT_ASSIGNED' })
  })

  it('commits what was processed of partitions that are assigned no more', async () => {
    const rig = await filled(5, { orders: 2 })
    const consumer = rig.loose({ groupId: 'g' })
    consumer.assign([tp(0)])
    await take(consumer, 3)
    consumer.assign([tp(1)])
    await rig.kafka.until(() => rig.kafka.committed('g').length > 0)
    expect(rig.kafka.committed('g')).toMatchObject([{ partition: 0, offset: 3 }])
  })

  it('and subscribe exclude each other until unsubscribe', async () => {
    const rig = await filled()
    const consumer = rig.loose({ groupId: 'g' })
    consumer.subscribe({ topics: ['orders'] })
    expect(() => consumer.assign([tp()])).toThrow(expect.objectContaining({ code: 'SUBSCRIPTION_CONFLICT' }))
    await consumer.unsubscribe()
    consumer.assign([tp()])
    expect(() => consumer.subscribe({ topics: ['orders'] })).toThrow(expect.objectContaining({ code: 'SUBSCRIPTION_CONFLICT' }))
    expect(consumer.subscription()).toEqual([])
    await consumer.unsubscribe()
    expect(consumer.assignment()).toEqual([])
  })

  it('refuses what is no partition', async () => {
    const consumer = (await filled()).loose()
    for (const wrong of [{ topic: '', partition: 0 }, { topic: 'orders', partition: -1 }, { topic: 'orders', partition: 0.5 }, {}]) {
      expect(() => consumer.assign([wrong as never])).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    }
  })
})

describe('the position', () => {
  it('is where the reset policy says while nothing is committed', async () => {
    const rig = await filled()
    for (const [autoOffsetReset, position] of [
      ['earliest', 0],
      ['latest', 10],
    ] as const) {
      const consumer = rig.loose({ groupId: 'g', autoOffsetReset })
      consumer.assign([tp()])
      expect(await consumer.position(tp())).toBe(position)
    }
  })

  it("is missing with autoOffsetReset 'none': reading fails until seek tells where to begin", async () => {
    const rig = await filled()
    const consumer = rig.consumer({ autoOffsetReset: 'none' })
    await expect(take(consumer, 1)).rejects.toMatchObject({ name: 'PartitionError', code: 'NO_OFFSET', topic: 'orders', partition: 0 })
    await expect(take(consumer, 1)).rejects.toMatchObject({ code: 'NO_OFFSET' })
    await expect(consumer.position(tp())).rejects.toMatchObject({ code: 'NO_OFFSET' })
    consumer.seek(tp(), 4)
    expect(await take(consumer, 1)).toEqual(['0:4'])
  })

  it('waits out coordinators that load and leaders that are not there', async () => {
    const rig = await filled()
    const loading = rig.kafka.on(OffsetFetch).times(3).fail('COORDINATOR_LOAD_IN_PROGRESS')
    const leaderless = rig.kafka.on(ListOffsets).times(3).fail('LEADER_NOT_AVAILABLE')
    expect(await take(rig.consumer(), 2)).toEqual(numbered(2))
    expect([loading.hits, leaderless.hits]).toEqual([3, 3])
  })

  it('of a partition that does not exist is a timeout', async () => {
    const rig = await filled()
    const consumer = rig.loose({ defaultApiTimeoutMs: 80 })
    consumer.assign([tp(7)])
    await expect(consumer.position(tp(7))).rejects.toMatchObject({ name: 'TimeoutError', deadline: 'defaultApiTimeoutMs' })
    await expect(consumer.endOffsets([tp(7)])).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it('ends its waiting with the signal', async () => {
    const rig = await filled()
    const consumer = rig.loose()
    rig.kafka.on(ListOffsets).delay(1_000)
    consumer.assign([tp()])
    const reason = new Error('enough')
    const position = consumer.position(tp(), { signal: AbortSignal.abort(reason) })
    await expect(position).rejects.toBe(reason)
    const controller = new AbortController()
    const later = consumer.position(tp(), { signal: controller.signal })
    controller.abort(reason)
    await expect(later).rejects.toBe(reason)
  })
})

describe('seek', () => {
  it('takes effect with the next record: what was prefetched is dropped, and the target is what is committed', async () => {
    const rig = await filled(1000)
    const consumer = rig.consumer()
    const values: string[] = []
    for await (const record of consumer) {
      values.push(record.value!.toString())
      if (values.length === 3) {
        consumer.seek(tp(), 900)
        expect(consumer.processedOffsets()).toMatchObject([{ offset: 900 }])
        await consumer.commit()
        expect(rig.kafka.committed('g')).toMatchObject([{ offset: 900 }])
      }
      if (values.length === 5) consumer.seek(tp(), 10)
      if (values.length === 7) break
    }
    expect(values).toEqual([...numbered(3), ...numbered(2, '0:', 900), ...numbered(2, '0:', 10)])
  })

  it('wins over break: the record in hand does not take the position back', async () => {
    const rig = await filled()
    const consumer = rig.consumer()
    for await (const record of consumer) {
      if (record.offset < 2) continue
      consumer.seek(tp(), 7)
      break
    }
    expect(await take(consumer, 1)).toEqual(['0:7'])
  })

  it('ignores a fetch that was on its way', async () => {
    const rig = await filled(100)
    const consumer = rig.consumer()
    await take(consumer, 1)
    rig.kafka.on(Fetch).delay(30)
    consumer.seek(tp(), 20)
    const reading = consumer.records()
    const next = reading.next()
    consumer.seek(tp(), 50)
    consumer.seek(tp(), 60)
    expect((await next).value?.offset).toBe(60)
    expect((await reading.next()).value?.offset).toBe(61)
    await reading.return()
  })

  it('does not act on OFFSET_OUT_OF_RANGE of a fetch before it', async () => {
    const rig = await filled()
    const consumer = rig.loose()
    consumer.assign([tp()])
    consumer.seek(tp(), 5)
    rig.kafka.on(Fetch).once().delay(40)
    rig.kafka.on(Fetch).once().fail('OFFSET_OUT_OF_RANGE')
    const next = consumer.records().next()
    await rig.kafka.sawRequest(Fetch)
    consumer.seek(tp(), 8)
    expect((await next).value?.offset).toBe(8)
  })

  it('refuses offsets that are none, and partitions that are not assigned', async () => {
    const rig = await filled()
    const consumer = rig.loose()
    consumer.assign([tp()])
    for (const offset of [-1, -2, 0.5, Number.NaN, 2 ** 53, '3' as never]) {
      expect(() => consumer.seek(tp(), offset)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    }
    expect(() => consumer.seek(tp(1), 0)).toThrow(expect.objectContaining({ code: 'PARTITION_NOT_ASSIGNED' }))
    expect(() => consumer.pause([tp(1)])).toThrow(expect.objectContaining({ code: 'PARTITION_NOT_ASSIGNED' }))
    await expect(consumer.seekToEnd([tp(1)])).rejects.toMatchObject({ code: 'PARTITION_NOT_ASSIGNED' })
  })

  it('goes to the beginning, the end, and what is committed', async () => {
    const rig = await filled(10, { orders: 2 })
    const consumer = rig.loose({ groupId: 'g', enableAutoCommit: false })
    consumer.assign([tp(0), tp(1)])
    await consumer.commit([{ ...tp(0), offset: 6 }])
    await consumer.seekToEnd()
    expect([await consumer.position(tp(0)), await consumer.position(tp(1))]).toEqual([10, 10])
    await consumer.seekToBeginning([tp(1)])
    expect([await consumer.position(tp(0)), await consumer.position(tp(1))]).toEqual([10, 0])
    consumer.seek(tp(1), 3)
    expect(await consumer.seekToCommitted()).toEqual([expect.objectContaining({ partition: 0, offset: 6 }), undefined])
    expect([await consumer.position(tp(0)), await consumer.position(tp(1))]).toEqual([6, 0])
  })
})

describe('an offset out of range', () => {
  it('begins where the policy says', async () => {
    const rig = await filled()
    for (const [autoOffsetReset, expected] of [
      ['earliest', '0:0'],
      ['latest', 'new'],
    ] as const) {
      const consumer = rig.loose({ autoOffsetReset })
      consumer.assign([tp()])
      consumer.seek(tp(), 5_000)
      const next = consumer.records().next()
      await rig.kafka.until(() => (consumer.lag(tp()) ?? 0) === 0)
      await new Promise((resolve) => setTimeout(resolve, 50))
      await rig.writer.write('orders', 0, [{ value: 'new' }])
      expect((await next).value?.value?.toString()).toBe(expected)
    }
  })

  it("fails the read with autoOffsetReset 'none'", async () => {
    const rig = await filled()
    const consumer = rig.loose({ autoOffsetReset: 'none' })
    consumer.assign([tp()])
    consumer.seek(tp(), 5_000)
    await expect(take(consumer, 1)).rejects.toMatchObject({ code: 'NO_OFFSET' })
  })
})

describe('pause', () => {
  it('holds back one partition, keeps what was fetched of it, and the group hears nothing', async () => {
    const rig = await filled(5, { orders: 2 })
    const consumer = rig.consumer()
    const reading = follow(consumer, (value) => {
      if (value === '0:1') consumer.pause([tp(0)])
    })
    await rig.kafka.until(() => reading.values.length === 7)
    expect(consumer.paused()).toEqual([tp(0)])
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(reading.values.filter((value) => value.startsWith('0'))).toEqual(numbered(2))
    expect(await consumer.position(tp(0))).toBe(2)
    consumer.resume([tp(0)])
    await rig.kafka.until(() => reading.values.length === 10)
    expect(reading.values.filter((value) => value.startsWith('0'))).toEqual(numbered(5))
    expect(rig.kafka.requests.list().filter(({ api }) => api === 'JoinGroup').length).toBe(2)
  })

  it('gives room to others where the buffer is full of what is paused', async () => {
    const rig = await Rig.start({ topics: { orders: 2 } })
    await rig.writer.writeMany('orders', 0, 200, { size: 10 })
    const consumer = rig.loose({ fetchMaxBytes: 1_000, maxPartitionFetchBytes: 1_000 })
    consumer.assign([tp(0), tp(1)])
    // Nothing but the pause leads to the next fetch.
    await Promise.all([consumer.position(tp(0)), consumer.position(tp(1))])
    const reading = follow(consumer, (value) => {
      if (value === '0:5') consumer.pause([tp(0)])
    })
    await rig.kafka.until(() => consumer.paused().length === 1)
    await rig.writer.writeMany('orders', 1, 200, { size: 10 })
    await rig.kafka.until(() => reading.values.filter((value) => value.startsWith('1')).length === 200)
    consumer.resume([tp(0)])
    await rig.kafka.until(() => reading.values.length === 400)
    expect(reading.values.filter((value) => value.startsWith('0'))).toEqual(numbered(200))
  })
})

describe('looking up offsets', () => {
  it('tells beginnings, ends and times of any partitions, in the order asked, and moves no position', async () => {
    const rig = await Rig.start({ brokers: 3, topics: { orders: 3 } })
    const timestamp = 1_700_000_000_000
    await rig.writer.write('orders', 1, [
      { value: 'a', timestamp },
      { value: 'b', timestamp: timestamp + 10 },
    ])
    const consumer = rig.loose()
    consumer.assign([tp(1)])
    consumer.seek(tp(1), 1)
    expect(await consumer.beginningOffsets([tp(1), tp(0)])).toEqual([
      { ...tp(1), offset: 0 },
      { ...tp(0), offset: 0 },
    ])
    expect(await consumer.endOffsets([tp(2), tp(1), tp(2)])).toEqual([
      { ...tp(2), offset: 0 },
      { ...tp(1), offset: 2 },
      { ...tp(2), offset: 0 },
    ])
    expect(
      await consumer.offsetsForTimes([
        { ...tp(1), timestamp: new Date(timestamp + 5) },
        { ...tp(0), timestamp },
        { ...tp(1), timestamp: timestamp + 11 },
        { ...tp(1), timestamp: 0 },
      ]),
    ).toEqual([
      { ...tp(1), offset: 1, timestamp: timestamp + 10, leaderEpoch: 0 },
      undefined,
      undefined,
      { ...tp(1), offset: 0, timestamp, leaderEpoch: 0 },
    ])
    await expect(consumer.offsetsForTimes([{ ...tp(1), timestamp: -1 }])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(await consumer.position(tp(1))).toBe(1)
  })

  it('tells high watermark and lag from what was fetched', async () => {
    const rig = await filled()
    const consumer = rig.consumer()
    for await (const record of consumer) {
      if (record.offset < 3) continue
      expect(consumer.highWatermark(tp())).toBe(10)
      expect(consumer.lag(tp())).toBe(6)
      break
    }
    expect(() => consumer.lag(tp(3))).toThrow(expect.objectContaining({ code: 'PARTITION_NOT_ASSIGNED' }))
  })
})
