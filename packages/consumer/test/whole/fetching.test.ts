import { Fetch, Metadata } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { DamagingTransport } from '../support/damaging-transport.ts'
import { filled, follow, numbered, Rig, take } from '../support/rig.ts'

const tp = (partition = 0) => ({ topic: 'orders', partition })
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('fetching', () => {
  it('follows the leader when it moves, without a gap and without a storm', async () => {
    const rig = await filled(5, { brokers: 3 })
    const consumer = rig.consumer()
    const reading = follow(consumer)
    await rig.kafka.until(() => reading.values.length === 5)
    for (let move = 1; move <= 4; move++) {
      rig.kafka.moveLeader(tp(), (rig.kafka.leaderOf(tp()) % 3) + 1)
      await rig.writer.writeMany('orders', 0, 5, { first: move * 5 })
      await rig.kafka.until(() => reading.values.length === 5 + move * 5)
    }
    expect(reading.values).toEqual(numbered(25))
    expect(reading.errors).toEqual([])
  })

  it('goes at once to the leader that a broker names, without asking for metadata', async () => {
    const rig = await filled(5, { brokers: 2 })
    const consumer = rig.loose({ retryBackoffMs: 5_000, retryBackoffMaxMs: 5_000, fetchMaxWaitMs: 10 })
    consumer.assign([tp()])
    const reading = follow(consumer)
    await rig.kafka.until(() => reading.values.length === 5)
    rig.kafka.requests.clear()
    rig.kafka.moveLeader(tp(), (rig.kafka.leaderOf(tp()) % 2) + 1)
    await rig.kafka.sawRequest(Fetch, (request) => request.broker === rig.kafka.leaderOf(tp()))
    expect(rig.kafka.requests.list(Metadata).filter(({ clientId }) => clientId === '@k/consumer')).toEqual([])
  })

  it.each([
    'NOT_LEADER_OR_FOLLOWER',
    'UNKNOWN_TOPIC_OR_PARTITION',
    'LEADER_NOT_AVAILABLE',
    'REPLICA_NOT_AVAILABLE',
    'KAFKA_STORAGE_ERROR',
    'FENCED_LEADER_EPOCH',
    'UNKNOWN_LEADER_EPOCH',
    'OFFSET_NOT_AVAILABLE',
    'UNKNOWN_TOPIC_ID',
    'INCONSISTENT_TOPIC_ID',
    'UNKNOWN_SERVER_ERROR',
  ] as const)('waits a growing while after %s, then goes on', async (code) => {
    const rig = await filled(3)
    const consumer = rig.consumer()
    const rule = rig.kafka.on(Fetch).times(4).fail(code)
    expect(await take(consumer, 3)).toEqual(numbered(3))
    expect(rule.hits).toBe(4)
  })

  it('asks no more than once per backoff while a broker keeps refusing', async () => {
    const rig = await filled(3)
    const consumer = rig.consumer({ retryBackoffMs: 20, retryBackoffMaxMs: 40 })
    rig.kafka.on(Fetch).fail('NOT_LEADER_OR_FOLLOWER')
    const reading = follow(consumer)
    await rig.kafka.sawRequest(Fetch)
    rig.kafka.requests.clear()
    await pause(300)
    expect(rig.kafka.requests.list(Fetch).length).toBeLessThan(16)
    expect(rig.kafka.requests.list(Metadata).length).toBeLessThan(40)
    rig.kafka.clearFaults()
    await rig.kafka.until(() => reading.values.length === 3)
  })

  it.each(['TOPIC_AUTHORIZATION_FAILED', 'CORRUPT_MESSAGE', 'UNSUPPORTED_COMPRESSION_TYPE'] as const)(
    'rejects the read after %s, naming the place, and goes on when it is mended',
    async (code) => {
      const rig = await filled(3)
      const consumer = rig.consumer()
      rig.kafka.on(Fetch).times(2).fail(code)
      for (let i = 0; i < 2; i++) {
        await expect(take(consumer, 1)).rejects.toMatchObject({ name: 'PartitionError', code, topic: 'orders', partition: 0, offset: 0 })
      }
      expect(await take(consumer, 3)).toEqual(numbered(3))
    },
  )

  it('goes on after connections that end, at any time', async () => {
    const rig = await filled(2_000, { brokers: 2 })
    const consumer = rig.consumer({ maxPartitionFetchBytes: 2_000, maxPollRecords: 50 })
    const reading = follow(consumer, async (value) => {
      if (Number(value.slice(2)) % 200 === 199) {
        rig.kafka.broker(1).disconnect()
        rig.kafka.broker(2).disconnect()
        await pause(1)
      }
    })
    await rig.kafka.until(() => reading.values.length >= 2_000, { timeoutMs: 10_000 })
    expect(reading.values).toEqual(numbered(2_000))
  })

  it('goes on when the brokers were away for a while', async () => {
    const rig = await filled(5)
    const consumer = rig.consumer()
    const reading = follow(consumer)
    await rig.kafka.until(() => reading.values.length === 5)
    await rig.kafka.broker(1).kill()
    await pause(100)
    await rig.kafka.broker(1).revive()
    await rig.writer.writeMany('orders', 0, 5, { first: 5 })
    await rig.kafka.until(() => reading.values.length === 10)
    expect(reading.values).toEqual(numbered(10))
  })

  it('has the next fetch under way while the user works', async () => {
    const rig = await filled(1_000)
    const consumer = rig.consumer({ maxPartitionFetchBytes: 3_000 })
    for await (const record of consumer) {
      if (record.offset === 0) await rig.kafka.until(() => rig.kafka.requests.list(Fetch).length >= 2)
      if (record.offset === 999) break
    }
  })

  it('fetches no more than fetchMaxBytes ahead of a slow user, and wakes when there is room', async () => {
    const rig = await Rig.start({ topics: { orders: 4 } })
    for (const partition of [0, 1, 2, 3]) await rig.writer.writeMany('orders', partition, 500, { size: 10 })
    const consumer = rig.consumer({ fetchMaxBytes: 4_000, maxPartitionFetchBytes: 1_000 })
    const bytesSeen: number[] = []
    rig.kafka.requests.onRequest((request) => {
      if (request.api === 'Fetch') bytesSeen.push((request.body as { maxBytes: number }).maxBytes)
    })
    const values: string[] = []
    for await (const record of consumer) {
      values.push(record.value!.toString())
      if (values.length === 1) {
        await pause(150)
        const asked = rig.kafka.requests.list(Fetch).length
        await pause(100)
        // Idle while nothing can be fetched: not even a poll.
        expect(rig.kafka.requests.list(Fetch).length - asked).toBeLessThanOrEqual(1)
      }
      if (values.length === 2_000) break
    }
    expect(Math.max(...bytesSeen)).toBeLessThanOrEqual(4_000)
    expect(new Set(values).size).toBe(2_000)
  })

  it('does not make a partition wait for another that nothing comes to', async () => {
    const rig = await Rig.start({ topics: { orders: 2 } })
    await rig.writer.writeMany('orders', 0, 3_000, { size: 50 })
    const consumer = rig.consumer({ fetchMaxWaitMs: 2_000, maxPartitionFetchBytes: 3_000 })
    const started = performance.now()
    expect(await take(consumer, 3_000)).toHaveLength(3_000)
    expect(performance.now() - started).toBeLessThan(1_500)
  })

  it('hands out other partitions between chunks of one that has much', async () => {
    const rig = await Rig.start({ topics: { orders: 2 } })
    await rig.writer.writeMany('orders', 0, 2_000, { size: 2_000 })
    await rig.writer.writeMany('orders', 1, 10)
    const consumer = rig.consumer({ maxPollRecords: 100 })
    const values = await take(consumer, 1_000)
    expect(values.filter((value) => value.startsWith('1'))).toHaveLength(10)
  })

  it('lets timers and sockets have their turn though records are at hand', async () => {
    const rig = await filled(20_000)
    const consumer = rig.consumer()
    await take(consumer, 1)
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    await take(consumer, 19_000)
    clearInterval(timer)
    expect(turns).toBeGreaterThan(3)
  })
})

describe('what was fetched', () => {
  it('is not handed out when its checksum is wrong: the read fails and names the place, and seek goes past it', async () => {
    const rig = await filled(4)
    await rig.writer.write('orders', 0, [{ value: 'fine' }, { value: 'bad-marker' }])
    await rig.writer.writeMany('orders', 0, 3, { first: 6 })
    const transport = new DamagingTransport(rig.kafka.transport, 'bad-marker')
    const consumer = rig.consumer({ transport })
    expect(await take(consumer, 4)).toEqual(numbered(4))
    for (let i = 0; i < 2; i++) {
      await expect(take(consumer, 1)).rejects.toMatchObject({
        name: 'PartitionError',
        code: 'CRC_MISMATCH',
        topic: 'orders',
        partition: 0,
        offset: 4,
      })
    }
    expect(transport.damaged).toBeGreaterThan(0)
    expect(await consumer.position(tp())).toBe(4)
    expect(consumer.state).toBe('running')
    consumer.seek(tp(), 6)
    expect(await take(consumer, 3)).toEqual(numbered(3, '0:', 6))
  })

  it('is read after all where the damage was on the way', async () => {
    const rig = await Rig.start({ topics: { orders: 1 } })
    await rig.writer.write('orders', 0, [{ value: 'bad-marker' }])
    const transport = new DamagingTransport(rig.kafka.transport, 'bad-marker')
    const consumer = rig.consumer({ transport })
    await expect(take(consumer, 1)).rejects.toMatchObject({ code: 'CRC_MISMATCH' })
    transport.isOn = false
    await consumer.seekToCommitted()
    expect(await take(consumer, 1)).toEqual(['bad-marker'])
  })

  it('is handed out unchecked with checkCrcs false', async () => {
    const rig = await Rig.start({ topics: { orders: 1 } })
    await rig.writer.write('orders', 0, [{ value: 'bad-marker' }])
    const transport = new DamagingTransport(rig.kafka.transport, 'bad-marker')
    expect(await take(rig.consumer({ transport, checkCrcs: false }), 1)).toEqual(['cad-marker'])
  })

  it('comes through a record at the end that is cut off, and one that is larger than all limits', async () => {
    const rig = await Rig.start({ topics: { orders: 1 } })
    await rig.writer.write('orders', 0, [{ value: 'x'.repeat(50_000) }])
    await rig.writer.writeMany('orders', 0, 500, { size: 3 })
    const values = await take(rig.consumer({ maxPartitionFetchBytes: 100, fetchMaxBytes: 100 }), 501)
    expect(values[0]).toHaveLength(50_000)
    expect(values.slice(1)).toEqual(numbered(500))
  })
})
