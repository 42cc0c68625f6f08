import { Fetch, ListOffsets, OffsetFetch } from '@k/protocol'
import { describe, expect, it, onTestFinished } from 'vitest'
import { follow, Rig, take } from '../support/rig.ts'
import { TransactionWriter } from '../support/transaction.ts'

const tp = { topic: 'orders', partition: 0 }

async function setUp() {
  const rig = await Rig.start({ topics: { orders: 1 } })
  const writer = async (id: string) => {
    const one = new TransactionWriter(rig.kafka, id)
    onTestFinished(() => one.close())
    await one.begin()
    return one
  }
  return { rig, writer }
}

describe('read_committed', () => {
  it('reads what is committed, nothing that is aborted, and nothing behind what is undecided', async () => {
    const { rig, writer } = await setUp()
    const [a, b] = [await writer('a'), await writer('b')]
    await a.write('orders', 0, 'a1', 'a2')
    await b.write('orders', 0, 'b1')
    await rig.writer.write('orders', 0, [{ value: 'plain' }])
    await a.end(false)
    await a.write('orders', 0, 'a3')
    await a.end(true)
    const consumer = rig.loose({ isolationLevel: 'read_committed' })
    consumer.assign([tp])
    const { values } = follow(consumer)
    await rig.kafka.until(() => consumer.lastStableOffset(tp) === 2)
    expect(values).toEqual([])
    expect(consumer.highWatermark(tp)).toBe(7)
    expect(consumer.lag(tp)).toBe(0)
    await b.end(true)
    await rig.kafka.until(() => values.length === 3)
    expect(values).toEqual(['b1', 'plain', 'a3'])
    await rig.kafka.until(() => consumer.lag(tp) === 0 && consumer.lastStableOffset(tp) === 8)
    expect(await consumer.position(tp)).toBe(8)
  })

  it('is no default: then everything is read at once', async () => {
    const { rig, writer } = await setUp()
    const a = await writer('a')
    await a.write('orders', 0, 'a1')
    await a.end(false)
    await a.write('orders', 0, 'a2')
    const consumer = rig.consumer()
    expect(await take(consumer, 2)).toEqual(['a1', 'a2'])
    expect(consumer.lastStableOffset(tp)).toBe(2)
    expect(consumer.lag(tp)).toBe(0)
    const levels = [Fetch, ListOffsets].flatMap((api) => rig.kafka.requests.list(api).map(({ body }) => body.isolationLevel))
    expect(new Set(levels)).toEqual(new Set([0]))
  })

  it('has its end before the first undecided transaction', async () => {
    const { rig, writer } = await setUp()
    const a = await writer('a')
    await rig.writer.writeMany('orders', 0, 3)
    await a.write('orders', 0, 'a1')
    const [committed, all] = [rig.loose({ isolationLevel: 'read_committed' }), rig.loose()]
    expect(await committed.endOffsets([tp])).toEqual([{ ...tp, offset: 3 }])
    expect(await all.endOffsets([tp])).toEqual([{ ...tp, offset: 4 }])
  })

  it('goes over a partition that holds nothing but aborted transactions', async () => {
    const { rig, writer } = await setUp()
    const a = await writer('a')
    for (let i = 0; i < 5; i++) {
      await a.write('orders', 0, `a${i}`)
      await a.end(false)
    }
    const consumer = rig.loose({ isolationLevel: 'read_committed' })
    consumer.assign([tp])
    const { values } = follow(consumer)
    await rig.kafka.until(() => consumer.lag(tp) === 0)
    expect(values).toEqual([])
    await rig.writer.write('orders', 0, [{ value: 'plain' }])
    await rig.kafka.until(() => values.length === 1)
    expect(values).toEqual(['plain'])
  })
})

describe('offsets that a transaction commits', () => {
  it('are waited for while it is undecided, before anything is read', async () => {
    const { rig, writer } = await setUp()
    await rig.writer.writeMany('orders', 0, 5)
    const a = await writer('a')
    await a.commitOffset('g', 'orders', 0, 3)
    const { values } = follow(rig.consumer({ enableAutoCommit: false }))
    await rig.kafka.until(() => rig.kafka.requests.list(OffsetFetch).length >= 3)
    expect(values).toEqual([])
    await a.end(true)
    await rig.kafka.until(() => values.length === 2)
    expect(values).toEqual(['0:3', '0:4'])
  })

  it('are asked for again within milliseconds once it has ended, whatever retryBackoffMs says of errors that last longer', async () => {
    const { rig } = await setUp()
    const consumer = rig.loose({ groupId: 'g', enableAutoCommit: false, retryBackoffMs: 3_000, retryBackoffMaxMs: 3_000 })
    consumer.assign([tp])
    await consumer.commit([{ ...tp, offset: 3 }])
    const unstable = rig.kafka.on(OffsetFetch).times(3).fail('UNSTABLE_OFFSET_COMMIT')
    const started = performance.now()
    expect(await consumer.seekToCommitted()).toMatchObject([{ offset: 3 }])
    expect(performance.now() - started).toBeLessThan(1_000)
    expect(unstable.hits).toBe(3)
  })

  it('are asked for less and less often where it goes on', async () => {
    const { rig } = await setUp()
    const consumer = rig.loose({ groupId: 'g', retryBackoffMs: 20, retryBackoffMaxMs: 1_000, defaultApiTimeoutMs: 1_500 })
    const unstable = rig.kafka.on(OffsetFetch).fail('UNSTABLE_OFFSET_COMMIT')
    await expect(consumer.committed([tp])).rejects.toMatchObject({ code: 'TIMED_OUT' })
    expect(unstable.hits).toBeLessThan(20)
  })

  it('must not be those of a consumer that commits by itself: its groupMetadata says so', async () => {
    const { rig } = await setUp()
    await rig.writer.writeMany('orders', 0, 3)
    const [automatic, manual] = [rig.consumer(), rig.consumer({ groupId: 'h', enableAutoCommit: false })]
    await Promise.all([take(automatic, 1), take(manual, 1)])
    expect(automatic.groupMetadata()).toMatchObject({ groupId: 'g', enableAutoCommit: true })
    expect(manual.groupMetadata()).toMatchObject({ groupId: 'h', enableAutoCommit: false, generationId: 1 })
    expect(manual.processedOffsets()).toMatchObject([{ ...tp, offset: 1 }])
  })
})
