import { describe, expect, it } from 'vitest'
import { RecordMetadata } from '../src/record-metadata.ts'
import { setUpAccumulator as setUp, topicOf } from './accumulator-set-up.ts'

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
    const slow = accumulator.waiting.add(topic, new RecordMetadata(), delivery)!
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
    const first = accumulator.waiting.add(topic, undefined, delivery)!
    const second = accumulator.waiting.add(topic, undefined, delivery)!
    admit('ccc')
    expect(accumulator.waiting.end(first)).toBe(true)
    expect(accumulator.waiting.end(first)).toBe(false)
    clock.pass(500)
    expect(delivery.errors).toMatchObject([{ code: 'SERIALIZATION_FAILED' }])
    expect(accumulator.waiting.end(second)).toBe(false)
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
    const { clock, accumulator, append, admit, leave, succeed } = setUp({
      bufferMemory: 2_000,
      lingerMs: 10_000,
      deliveryTimeoutMs: 20_000,
    })
    append('a')
    append('b', { partition: 1 })
    clock.tick()
    expect(leave()).toEqual([])
    const waiting = admit('c', { partition: 2 })
    clock.tick()
    const [a] = leave()
    succeed(a!)
    expect(accumulator.waiting.all.has(waiting!)).toBe(false)
  })

  it('look a partition up that is not known, and fail where it does not exist', () => {
    const { lookedUp, accumulator, admit, delivery } = setUp()
    admit('a', { partition: 3 })
    expect(lookedUp).toEqual(['orders'])
    expect(delivery.errors).toEqual([])
    accumulator.waiting.advance(accumulator.topic('orders'), true)
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
