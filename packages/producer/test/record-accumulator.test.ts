import type { TopicMetadata } from '@k/network'
import { ZERO_UUID } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { Meters } from '../src/meters.ts'
import type { Batch, PartitionQueue } from '../src/partition-queue.ts'
import { defaultPartitioner } from '../src/partitioner.ts'
import { type AccumulatorOptions, RecordAccumulator } from '../src/record-accumulator.ts'
import { RecordMetadata } from '../src/record-metadata.ts'
import { ManualClock } from './manual-clock.ts'
import { NotedDelivery } from './queue-set-up.ts'

function topicOf(name: string, count: number): TopicMetadata {
  const partitions = Array.from({ length: count }, (_, partition) => ({
    topic: name,
    partition,
    leader: 1,
    leaderEpoch: 0,
    replicas: [1],
    isr: [1],
    offlineReplicas: [],
    errorCode: 0,
  }))
  return { name, topicId: ZERO_UUID, isInternal: false, errorCode: 0, partitions }
}

function setUp(options: Partial<AccumulatorOptions> = {}) {
  const clock = new ManualClock()
  const cluster = new Map([['orders', topicOf('orders', 3)]])
  const lookedUp: string[] = []
  const blocked = new Map<number, number>()
  const ready: PartitionQueue[] = []
  const accumulator: RecordAccumulator = new RecordAccumulator(
    {
      batchSize: 1_000,
      lingerMs: 0,
      maxRequestSize: 10_000,
      bufferMemory: 10_000,
      maxBlockMs: 500,
      deliveryTimeoutMs: 2_000,
      metadataMaxIdleMs: 300_000,
      partitioner: defaultPartitioner(),
      partitionerAdaptivePartitioning: true,
      partitionerAvailabilityTimeoutMs: 0,
      partitionerIgnoreKeys: false,
      clock,
      meters: new Meters(clock, 'test'),
      random: { next: () => 0 },
      ...options,
    },
    {
      rules: { identity: undefined, maxInFlight: 5, lost: () => undefined, bumped: () => undefined },
      ready: (queue) => {
        if (queue.waiting.length > 0 && !ready.includes(queue)) ready.push(queue)
      },
      drain: () => undefined,
      lookUp: ({ name }) => lookedUp.push(name),
      metadataOf: (name) => cluster.get(name),
      blockedSince: (broker) => blocked.get(broker),
    },
  )
  /** Takes what may leave, as a sender would. */
  const leave = (): Batch[] => {
    const left: Batch[] = []
    for (const queue of ready.splice(0)) {
      for (let next = queue.next(1); next !== undefined && accumulator.mayLeave(next, clock.monotonic()); next = queue.next(1)) {
        left.push(queue.take(1))
      }
    }
    return left
  }
  const succeed = (batch: Batch) => {
    batch.queue.complete(batch)
    batch.landed()
    batch.acknowledge({ baseOffset: 0, logAppendTimeMs: -1, logStartOffset: -1 })
  }
  const delivery = new NotedDelivery()
  const append = (value: string, { topic = 'orders', partition = 0, key = null as string | null } = {}) => {
    const metadata = new RecordMetadata(topic, -1, -1, value.length)
    return accumulator.append(
      accumulator.topic(topic),
      partition < 0 ? undefined : partition,
      undefined,
      key,
      value,
      undefined,
      metadata,
      delivery,
    )
  }
  /** Appends, or gets in line. */
  const admit = (value: string, { topic = 'orders', partition = 0 } = {}) => {
    if (append(value, { topic, partition })) return undefined
    const waiting = accumulator.waiting.add(accumulator.topic(topic), new RecordMetadata(topic, -1, -1, value.length), delivery)
    accumulator.waiting.ready(waiting, { key: null, value, partition, timestamp: undefined, headers: undefined })
    return waiting
  }
  return { clock, cluster, lookedUp, blocked, ready, accumulator, leave, succeed, delivery, append, admit }
}

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

describe('records in line', () => {
  it('wait for metadata up to maxBlockMs, and fail as certainly not written', () => {
    const { clock, lookedUp, admit, delivery } = setUp()
    admit('a', { topic: 'payments' })
    expect(lookedUp).toEqual(['payments'])
    clock.pass(499)
    expect(delivery.errors).toEqual([])
    clock.pass(1)
    expect(delivery.errors[0]).toMatchObject({ code: 'TIMED_OUT', topic: 'payments', maybeWritten: false })
    expect(clock.timers).toBe(0)
  })

  it('are appended in the order of the calls once the topic is known', () => {
    const { clock, cluster, accumulator, admit, leave, succeed, delivery } = setUp()
    for (const value of ['a', 'bb', 'ccc']) admit(value, { topic: 'payments' })
    cluster.set('payments', topicOf('payments', 1))
    accumulator.updateTopics()
    admit('dddd', { topic: 'payments' })
    clock.tick()
    for (const batch of leave()) succeed(batch)
    expect(delivery.metadata.map(({ serializedValueSize }) => serializedValueSize)).toEqual([1, 2, 3, 4])
  })

  it('keep their order behind one whose serializer is at work, and records of other topics pass', () => {
    const { clock, cluster, accumulator, admit, leave, succeed, delivery } = setUp()
    cluster.set('payments', topicOf('payments', 1))
    const topic = accumulator.topic('orders')
    const slow = accumulator.waiting.add(topic, new RecordMetadata('orders', -1, -1, 1), delivery)
    admit('bb')
    admit('ccc', { topic: 'payments' })
    clock.tick()
    for (const batch of leave()) succeed(batch)
    expect(delivery.metadata.map(({ serializedValueSize }) => serializedValueSize)).toEqual([3])
    accumulator.waiting.ready(slow, { key: null, value: 'a', partition: 0, timestamp: 1, headers: undefined })
    clock.tick()
    for (const batch of leave()) succeed(batch)
    expect(delivery.metadata.map(({ serializedValueSize }) => serializedValueSize)).toEqual([3, 1, 2])
  })

  it('go on when the first of them fails or is cancelled', () => {
    const { clock, accumulator, admit, leave, succeed, delivery } = setUp()
    const topic = accumulator.topic('orders')
    const first = accumulator.waiting.add(topic, undefined, delivery)
    const second = accumulator.waiting.add(topic, undefined, delivery)
    admit('ccc')
    expect(accumulator.waiting.cancel(first)).toBe(true)
    expect(accumulator.waiting.cancel(first)).toBe(false)
    clock.pass(500)
    expect(delivery.errors).toMatchObject([{ code: 'SERIALIZATION_FAILED' }])
    expect(accumulator.waiting.cancel(second)).toBe(false)
    admit('dddd')
    clock.tick()
    for (const batch of leave()) succeed(batch)
    expect(delivery.metadata.map(({ serializedValueSize }) => serializedValueSize)).toEqual([3, 4])
  })

  it('wait for room, each topic in its turn, and fail as BUFFER_FULL after maxBlockMs', () => {
    const { clock, cluster, admit, append, leave, succeed, delivery } = setUp({ bufferMemory: 2_000 })
    cluster.set('payments', topicOf('payments', 3))
    append('a')
    append('b', { partition: 1 })
    admit('c', { partition: 2 })
    admit('d', { topic: 'payments' })
    // There is room for it in an open batch, but a record of the same topic is before it.
    admit('e', { partition: 0 })
    clock.tick()
    const [a, b] = leave()
    succeed(a!)
    clock.tick()
    const second = leave()
    expect(second.map(({ queue, count }) => [queue.topic, queue.partition, count])).toEqual([['orders', 2, 1]])
    clock.pass(500)
    expect(delivery.errors.map(({ code, topic }) => [code, topic])).toEqual([
      ['BUFFER_FULL', 'payments'],
      ['BUFFER_FULL', 'orders'],
    ])
    for (const batch of [b!, ...second]) succeed(batch)
    expect(append('f')).toBe(true)
    expect(append('g', { topic: 'payments' })).toBe(true)
  })

  it('make lingering batches leave when there is no room', () => {
    const { clock, append, admit, leave, succeed } = setUp({ bufferMemory: 2_000, lingerMs: 10_000, deliveryTimeoutMs: 20_000 })
    append('a')
    append('b', { partition: 1 })
    clock.tick()
    expect(leave()).toEqual([])
    const waiting = admit('c', { partition: 2 })
    clock.tick()
    const [a] = leave()
    succeed(a!)
    expect(waiting?.isDone).toBe(true)
  })

  it('look a partition up that is not known, and fail where it does not exist', () => {
    const { lookedUp, accumulator, admit, delivery } = setUp()
    admit('a', { partition: 3 })
    expect(lookedUp).toEqual(['orders'])
    expect(delivery.errors).toEqual([])
    accumulator.waiting.lookedUp(accumulator.topic('orders'))
    expect(delivery.errors[0]).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION', partition: 3, maybeWritten: false })
  })

  it('find a partition that was added meanwhile', () => {
    const { clock, cluster, accumulator, admit, leave } = setUp()
    admit('a', { partition: 3 })
    cluster.set('orders', topicOf('orders', 4))
    accumulator.updateTopics()
    clock.tick()
    expect(leave().map(({ queue }) => queue.partition)).toEqual([3])
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
    expect(
      accumulator
        .topic('orders')
        .queue(0)
        .waiting.map(({ count }) => count),
    ).toEqual([1])
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
      return [...accumulator.topic('orders').queues()].map((queue) => queue.waiting.length)
    }
    clock.pass(200)
    const before = next()
    clock.pass(1)
    for (let i = 0; i < 5; i++) next()
    const queues = [...accumulator.topic('orders').queues()]
    expect(before.reduce((sum, count) => sum + count)).toBe(1)
    expect(queues.find(({ partition }) => partition === 1)?.waiting.length).toBeGreaterThanOrEqual(5)
  })
})
