import { describe, expect, it } from 'vitest'
import { setUpAccumulator as setUp, topicOf } from './accumulator-set-up.ts'

describe('RecordAccumulator', () => {
  it('gathers the records of one tick and partition in one batch, which may leave when the tick ends', () => {
    const { clock, append, leave } = setUp()
    append('a')
    append('b', { partition: 1 })
    append('c')
    expect(leave()).toEqual([])
    clock.tick()
    const left = leave()
    expect(left.map(({ queue, count }) => [queue.partition, count])).toEqual([
      [0, 2],
      [1, 1],
    ])
    append('d')
    clock.tick()
    expect(leave().map(({ count }) => count)).toEqual([1])
  })

  it('gives records without a time the time of their tick', () => {
    const { clock, accumulator, append, leave, succeed, delivery } = setUp()
    const first = accumulator.now()
    append('a')
    clock.pass(5)
    append('b')
    clock.tick()
    for (const batch of leave()) succeed(batch)
    expect(delivery.metadata.map(({ timestamp }) => timestamp - first)).toEqual([0, 5])
  })

  it('asks for a breath until the tick ends, also where a broker is busy and records have times of their own', () => {
    const { clock, accumulator, delivery } = setUp({ bufferMemory: 1 << 20 })
    accumulator.topic('orders').queues[0]!.listedBy = {}
    const record = { topic: 'orders', partition: 0, value: Buffer.alloc(1 << 18), timestamp: 1_000 }
    expect(accumulator.append(record, undefined, undefined, delivery)).toBe(undefined)
    expect(accumulator.breath()).toBeInstanceOf(Promise)
    clock.tick()
    expect(accumulator.breath()).toBe(undefined)
  })

  it('begins a new batch where a record would make one larger than batchSize', () => {
    const { clock, append, leave } = setUp()
    for (let i = 0; i < 5; i++) append('v'.repeat(400))
    clock.tick()
    expect(leave().map(({ count }) => count)).toEqual([2, 2, 1])
  })

  it('gives a record that is larger than batchSize a batch of its own', () => {
    const { clock, append, leave } = setUp()
    append('a')
    append('v'.repeat(5_000))
    append('b')
    clock.tick()
    expect(leave().map(({ count }) => count)).toEqual([1, 1, 1])
  })

  it('gives every record a batch of its own where batchSize is 0', () => {
    const { clock, append, leave } = setUp({ batchSize: 0 })
    append('a')
    append('b')
    clock.tick()
    expect(leave().map(({ count }) => count)).toEqual([1, 1])
  })

  it('moves records without a key to another partition after batchSize bytes', () => {
    const { clock, append, leave } = setUp()
    for (let i = 0; i < 20; i++) append('v'.repeat(200), { partition: -1 })
    clock.tick()
    const left = leave()
    expect(new Set(left.map(({ queue }) => queue.partition)).size).toBeGreaterThan(1)
    expect(left.reduce((sum, { count }) => sum + count, 0)).toBe(20)
  })

  it('lets a batch linger for lingerMs, and not when it is full', () => {
    const { clock, append, leave } = setUp({ lingerMs: 10 })
    append('a')
    append('v'.repeat(800), { partition: 1 })
    append('v'.repeat(800), { partition: 1 })
    clock.tick()
    expect(leave().map(({ queue, count }) => [queue.partition, count])).toEqual([[1, 1]])
    clock.pass(9)
    append('b')
    clock.tick()
    expect(leave()).toEqual([])
    clock.pass(1)
    expect(leave().map(({ queue, count }) => [queue.partition, count])).toEqual([
      [0, 2],
      [1, 1],
    ])
  })

  it('lets nothing linger during a flush, which ends when everything from before it has ended', async () => {
    const { clock, accumulator, append, leave, succeed } = setUp({ lingerMs: 1_000 })
    append('a')
    append('b', { partition: 1 })
    clock.tick()
    expect(leave()).toEqual([])
    let isFlushed = false
    const flushed = accumulator.flush().then(() => {
      isFlushed = true
    })
    clock.tick()
    const [a, b] = leave()
    append('c', { partition: 2 })
    succeed(a!)
    await Promise.resolve()
    expect(isFlushed).toBe(false)
    succeed(b!)
    await flushed
    expect(accumulator.isEmpty).toBe(false)
  })

  it('has nothing to flush when it is empty', async () => {
    const { accumulator } = setUp()
    await accumulator.flush()
    expect(accumulator.isEmpty).toBe(true)
  })

  it('flushes the records that wait in line too', async () => {
    const { clock, cluster, accumulator, admit, leave, succeed } = setUp()
    admit('a', { topic: 'payments' })
    let isFlushed = false
    const flushed = accumulator.flush().then(() => {
      isFlushed = true
    })
    await Promise.resolve()
    expect(isFlushed).toBe(false)
    cluster.set('payments', topicOf('payments', 1))
    accumulator.updateTopics()
    clock.tick()
    await Promise.resolve()
    expect(isFlushed).toBe(false)
    for (const batch of leave()) succeed(batch)
    await flushed
  })

  it('fails a batch that was not acknowledged within deliveryTimeoutMs, and says whether it was ever on its way', () => {
    const { clock, append, leave, delivery } = setUp()
    append('sent')
    clock.tick()
    const [sent] = leave()
    append('kept')
    clock.pass(1_999)
    expect(delivery.errors).toEqual([])
    clock.pass(1)
    expect(delivery.errors.map(({ code, maybeWritten }) => [code, maybeWritten])).toEqual([
      ['DELIVERY_TIMED_OUT', true],
      ['DELIVERY_TIMED_OUT', false],
    ])
    expect(sent?.queue.next(1)).toBe(undefined)
  })

  it('gives memory back only when no request reads from it', () => {
    const { clock, append, leave, succeed } = setUp({ bufferMemory: 1_000 })
    expect(append('a')).toBe(true)
    clock.tick()
    const [batch] = leave()
    expect(append('b', { partition: 1 })).toBe(false)
    clock.pass(2_000)
    expect(append('b', { partition: 1 })).toBe(false)
    succeed(batch!)
    expect(append('b', { partition: 1 })).toBe(true)
  })

  it('holds no memory and no timer for what has ended', () => {
    const { clock, accumulator, append, leave, succeed } = setUp({ lingerMs: 5, bufferMemory: 10_000 })
    for (let i = 0; i < 30; i++) {
      expect(append('v'.repeat(300), { partition: i % 3 })).toBe(true)
      clock.pass(5)
      for (const batch of leave()) succeed(batch)
    }
    expect(accumulator.isEmpty).toBe(true)
    clock.pass(10_000)
    expect(clock.timers).toBe(0)
  })
})

describe('a topic that nothing is sent to', () => {
  it('is forgotten after metadataMaxIdleMs, unless records are on their way, and is looked up again', () => {
    const { clock, accumulator, append, leave, succeed, lookedUp, admit } = setUp({ metadataMaxIdleMs: 1_000, deliveryTimeoutMs: 60_000 })
    append('a')
    clock.tick()
    const [batch] = leave()
    clock.pass(1_500)
    accumulator.updateTopics()
    expect(accumulator.topic('orders').count).toBe(3)
    succeed(batch!)
    accumulator.updateTopics()
    expect(accumulator.topic('orders').count).toBe(0)
    admit('b')
    expect(lookedUp).toEqual(['orders'])
    accumulator.updateTopics()
    expect(accumulator.topic('orders').count).toBe(3)
    expect(accumulator.topic('orders').queues[0]!.waiting.map(({ count }) => count)).toEqual([1])
  })
})

describe('records without a key', () => {
  it('keep away from brokers that leave batches waiting for longer than partitionerAvailabilityTimeoutMs', () => {
    const { clock, cluster, blocked, append, accumulator } = setUp({ batchSize: 100, partitionerAvailabilityTimeoutMs: 200 })
    const { partitions, ...rest } = topicOf('orders', 3)
    cluster.set('orders', { ...rest, partitions: partitions.map((one) => ({ ...one, leader: one.partition + 1 })) })
    accumulator.updateTopics()
    blocked.set(1, clock.monotonic()).set(3, clock.monotonic())
    const next = () => {
      append(''.padEnd(100, '.'), { partition: -1 })
      return [...accumulator.topic('orders').queues].map((queue) => queue.waiting.length)
    }
    clock.pass(200)
    const before = next()
    clock.pass(1)
    for (let i = 0; i < 5; i++) next()
    const queues = [...accumulator.topic('orders').queues]
    expect(before.reduce((sum, count) => sum + count)).toBe(1)
    expect(queues.find(({ partition }) => partition === 1)?.waiting.length).toBeGreaterThanOrEqual(5)
  })
})
