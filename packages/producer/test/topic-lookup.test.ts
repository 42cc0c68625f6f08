import type { TopicMetadata } from '@k/network'
import { KafkaError } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { TopicLookup } from '../src/topic-lookup.ts'
import { setUpAccumulator, topicOf } from './accumulator-set-up.ts'

/** A cluster whose answers the test gives, and the records that wait for them. */
function setUp() {
  const set = setUpAccumulator({ maxBlockMs: 100_000 })
  const { accumulator, clock, cluster, admit } = set
  const refreshes: { topic: string; succeed: (metadata?: TopicMetadata) => void; fail: (error: Error) => void }[] = []
  const refresh = ([topic]: readonly string[] = []) =>
    new Promise<void>((resolve, fail) => {
      const succeed = (metadata?: TopicMetadata) => {
        if (metadata !== undefined) cluster.set(metadata.name, metadata)
        resolve()
      }
      refreshes.push({ topic: topic!, succeed, fail })
    })
  const closing = new AbortController()
  const lookup = new TopicLookup({
    clock,
    random: { next: () => 0.5 },
    retryBackoffMs: 100,
    retryBackoffMaxMs: 1_000,
    cluster: { refresh, topic: (name) => cluster.get(name) },
    closing: closing.signal,
    accumulator: () => accumulator,
  })
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  /** A record of the topic waits, and the topic is wanted. */
  const want = (topic: string) => {
    const waiting = admit('v', { topic })
    lookup.want(topic)
    return waiting
  }
  return { ...set, refreshes, lookup, closing, settle, want, asked: () => refreshes.map(({ topic }) => topic) }
}

describe('TopicLookup', () => {
  it('looks each topic up at once, and once', async () => {
    const { want, lookup, refreshes, accumulator, settle, asked } = setUp()
    want('a')
    want('a')
    want('b')
    expect(asked()).toEqual(['a', 'b'])
    for (const { topic, succeed } of refreshes) succeed(topicOf(topic, 1))
    await settle()
    expect(accumulator.waiting.all.size).toBe(0)
    expect(asked()).toHaveLength(2)
    lookup.want('a')
    expect(asked()).toHaveLength(3)
  })

  it('looks up again after growing pauses what is still unknown, and at once what is new', async () => {
    const { clock, want, lookup, refreshes, accumulator, settle, asked } = setUp()
    want('a')
    refreshes[0]!.succeed()
    await settle()
    expect(accumulator.topic('a').lastError).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' })
    lookup.want('a')
    clock.pass(99)
    await settle()
    expect(asked()).toEqual(['a'])
    want('b')
    expect(asked()).toEqual(['a', 'b'])
    refreshes[1]!.succeed(topicOf('b', 1))
    clock.pass(1)
    await settle()
    expect(asked()).toEqual(['a', 'b', 'a'])
    refreshes[2]!.succeed()
    await settle()
    clock.pass(199)
    await settle()
    expect(asked()).toHaveLength(3)
    clock.pass(1)
    await settle()
    refreshes[3]!.succeed(topicOf('a', 1))
    await settle()
    expect(accumulator.topic('a').lastError).toBe(undefined)
    expect(accumulator.waiting.all.size).toBe(0)
    clock.pass(1_000)
    await settle()
    expect(asked()).toHaveLength(4)
  })

  it('goes on when a look-up fails, and remembers why', async () => {
    const { clock, want, refreshes, accumulator, settle, asked } = setUp()
    want('a')
    refreshes[0]!.fail(new KafkaError('CONNECTION_CLOSED', 'lost', { retriable: true }))
    await settle()
    expect(accumulator.topic('a').lastError).toMatchObject({ code: 'CONNECTION_CLOSED' })
    clock.pass(100)
    await settle()
    expect(asked()).toEqual(['a', 'a'])
  })

  it('fails what waits for a topic that is refused, and looks no more', async () => {
    const { clock, want, refreshes, accumulator, delivery, settle, asked } = setUp()
    want('a')
    refreshes[0]!.succeed({ ...topicOf('a', 0), errorCode: 29 })
    await settle()
    expect(delivery.errors).toMatchObject([{ code: 'TOPIC_AUTHORIZATION_FAILED', topic: 'a' }])
    expect(accumulator.waiting.all.size).toBe(0)
    clock.pass(1_000)
    await settle()
    expect(asked()).toEqual(['a'])
  })

  it('goes on as long as batches wait for a partition to get a leader', async () => {
    const { clock, cluster, lookup, refreshes, accumulator, append, settle, asked } = setUp()
    const led = cluster.get('orders')!
    append('v')
    const leaderless = { ...led, partitions: led.partitions.map((partition) => ({ ...partition, leader: -1 })) }
    lookup.want('orders')
    refreshes[0]!.succeed(leaderless)
    await settle()
    expect(accumulator.topic('orders').queues[0]!.leader).toBe(-1)
    clock.pass(100)
    await settle()
    refreshes[1]!.succeed({ ...led })
    await settle()
    expect(accumulator.topic('orders').queues[0]!.leader).toBe(1)
    clock.pass(1_000)
    await settle()
    expect(asked()).toEqual(['orders', 'orders'])
  })

  it('does nothing more once it is closed', async () => {
    const { clock, want, lookup, closing, refreshes, accumulator, settle, asked } = setUp()
    want('a')
    want('b')
    refreshes[0]!.succeed()
    await settle()
    const { timers } = clock
    closing.abort()
    refreshes[1]!.succeed()
    await settle()
    expect(accumulator.topic('b').lastError).toBe(undefined)
    expect(clock.timers).toBe(timers - 1)
    lookup.want('c')
    clock.pass(1_000)
    await settle()
    expect(asked()).toEqual(['a', 'b'])
  })

  it('makes no pause any more, of however many topics, once it is closed', async () => {
    const { clock, want, closing, refreshes, settle } = setUp()
    const { timers } = clock
    for (let i = 0; i < 20; i++) want(`t${i}`)
    for (const { succeed } of refreshes) succeed()
    await settle()
    // One is that of the records, which wait no longer than maxBlockMs.
    expect(clock.timers).toBe(timers + 21)
    closing.abort()
    expect(clock.timers).toBe(timers + 1)
  })
})
