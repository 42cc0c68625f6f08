import { describe, expect, it } from 'vitest'
import { TopicLookup } from '../src/topic-lookup.ts'
import { ManualClock } from './manual-clock.ts'

function setUp() {
  const clock = new ManualClock()
  const refreshes: { topics: readonly string[]; succeed: () => void; fail: (error?: Error) => void }[] = []
  const told: [string, unknown][] = []
  const unknown = new Set<string>()
  const lookup = new TopicLookup({
    clock,
    random: { next: () => 0.5 },
    retryBackoffMs: 100,
    retryBackoffMaxMs: 1_000,
    refresh: (topics) => new Promise((succeed, fail) => refreshes.push({ topics, succeed, fail })),
    lookedUp: (topic, error) => {
      told.push([topic, error])
      return error !== undefined || unknown.has(topic)
    },
  })
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  return { clock, refreshes, told, unknown, lookup, settle, asked: () => refreshes.map(({ topics }) => topics.join()) }
}

describe('TopicLookup', () => {
  it('looks a topic up at once, once, and topics that are wanted meanwhile together', async () => {
    const { lookup, refreshes, told, settle, asked } = setUp()
    lookup.want('a')
    lookup.want('a')
    lookup.want('b')
    lookup.want('c')
    expect(asked()).toEqual(['a'])
    refreshes[0]?.succeed()
    await settle()
    expect(asked()).toEqual(['a', 'b,c'])
    refreshes[1]?.succeed()
    await settle()
    expect(told.map(([topic]) => topic)).toEqual(['a', 'b', 'c'])
    expect(asked()).toHaveLength(2)
  })

  it('looks up again after growing pauses what is still unknown, and at once what is new', async () => {
    const { clock, lookup, refreshes, unknown, settle, asked } = setUp()
    unknown.add('a')
    lookup.want('a')
    refreshes[0]?.succeed()
    await settle()
    lookup.want('a')
    clock.pass(99)
    expect(asked()).toEqual(['a'])
    lookup.want('b')
    expect(asked()).toEqual(['a', 'b'])
    refreshes[1]?.succeed()
    await settle()
    clock.pass(1)
    expect(asked()).toEqual(['a', 'b', 'a'])
    refreshes[2]?.succeed()
    await settle()
    clock.pass(199)
    expect(asked()).toHaveLength(3)
    unknown.clear()
    clock.pass(1)
    refreshes[3]?.succeed()
    await settle()
    clock.pass(10_000)
    expect(asked()).toHaveLength(4)
    expect(clock.timers).toBe(0)
  })

  it('goes on when a look-up fails, and tells why', async () => {
    const { clock, lookup, refreshes, told, settle, asked } = setUp()
    const lost = new Error('lost')
    lookup.want('a')
    refreshes[0]?.fail(lost)
    await settle()
    expect(told).toEqual([['a', lost]])
    clock.pass(100)
    expect(asked()).toEqual(['a', 'a'])
    refreshes[1]?.fail()
    await settle()
    expect(told[1]?.[1]).toBeInstanceOf(Error)
  })

  it('does nothing more once it is closed', async () => {
    const { clock, lookup, refreshes, told, settle, asked } = setUp()
    lookup.want('a')
    lookup.close()
    refreshes[0]?.succeed()
    await settle()
    lookup.want('b')
    clock.pass(1_000)
    expect(told).toEqual([])
    expect(asked()).toEqual(['a'])
    expect(clock.timers).toBe(0)
  })
})
