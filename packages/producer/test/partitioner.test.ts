import type { Random } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { murmur2 } from '../src/murmur2.ts'
import { defaultPartitioner, type PartitionChoice, type PartitionerContext, partitionerOf, random, roundRobin } from '../src/partitioner.ts'

function choice(count: number, available?: number[]): PartitionChoice {
  const partitions = Array.from({ length: count }, (_, i) => i)
  return { topic: 'orders', partitions, available: available ?? partitions }
}

/** Gives the numbers one after the other, then begins again. */
function sequence(...numbers: number[]): Random {
  let i = 0
  return { next: () => numbers[i++ % numbers.length]! }
}

function context(batchSize: number, random: Random, rest: Partial<PartitionerContext> = {}): PartitionerContext {
  return { batchSize, random, ignoreKeys: false, isAdaptive: true, load: () => 0, ...rest }
}

describe('the default partitioner', () => {
  it('puts a key where murmur2 of its bytes says, text and bytes alike', () => {
    const partitioner = defaultPartitioner().forTopic('orders', context(100, sequence(0)))
    for (const key of ['o-1', 'o-2', '\u00fcber', '']) {
      const expected = (murmur2(Buffer.from(key)) & 0x7fffffff) % 7
      expect(partitioner.partition(key, choice(7))).toBe(expected)
      expect(partitioner.partition(Buffer.from(key), choice(7))).toBe(expected)
    }
  })

  it('keeps a key on its partition when that partition has no leader', () => {
    const partitioner = defaultPartitioner().forTopic('orders', context(100, sequence(0)))
    const home = partitioner.partition('o-1', choice(3))
    const others = [0, 1, 2].filter((partition) => partition !== home)
    expect(partitioner.partition('o-1', choice(3, others))).toBe(home)
  })

  it('keeps records without a key on one partition until batchSize bytes went there, then moves to another', () => {
    const partitioner = defaultPartitioner().forTopic('orders', context(100, sequence(0.5, 0)))
    expect(partitioner.partition(null, choice(4))).toBe(2)
    partitioner.appended?.(2, 99)
    expect(partitioner.partition(null, choice(4))).toBe(2)
    partitioner.appended?.(2, 1)
    expect(partitioner.partition(null, choice(4))).toBe(0)
    partitioner.appended?.(0, 50)
    expect(partitioner.partition(null, choice(4))).toBe(0)
  })

  it('chooses uniformly among the other partitions', () => {
    let state = 1
    const next = () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      return state / 2 ** 31
    }
    const partitioner = defaultPartitioner().forTopic('orders', context(1, { next }))
    const moves = new Map<string, number>()
    let last = partitioner.partition(null, choice(4))
    for (let n = 0; n < 12_000; n++) {
      partitioner.appended?.(last, 1)
      const partition = partitioner.partition(null, choice(4))
      const move = `${last} to ${partition}`
      moves.set(move, (moves.get(move) ?? 0) + 1)
      last = partition
    }
    expect(moves.size).toBe(12)
    for (const [move, times] of moves) expect(times, move).toBeGreaterThan(850)
  })

  it('prefers partitions that have a leader for records without a key, and takes any where none has', () => {
    const partitioner = defaultPartitioner().forTopic('orders', context(1, sequence(0.9)))
    expect(partitioner.partition(null, choice(4, [1]))).toBe(1)
    partitioner.appended?.(1, 1)
    expect(partitioner.partition(null, choice(4, [1]))).toBe(1)
    partitioner.appended?.(1, 1)
    expect(partitioner.partition(null, choice(4, []))).toBe(3)
  })

  it('moves on from a partition that has vanished', () => {
    const partitioner = defaultPartitioner().forTopic('orders', context(100, sequence(0.99)))
    expect(partitioner.partition(null, choice(5))).toBe(4)
    expect(partitioner.partition(null, choice(2))).toBe(1)
  })

  it('sends less to a partition the more batches wait for it', () => {
    const loads = [0, 1, 3]
    let drawn = 0
    const draw = { next: () => (drawn++ * 0.377) % 1 }
    const partitioner = defaultPartitioner().forTopic('orders', context(1, draw, { load: (partition) => loads[partition]! }))
    const counts = [0, 0, 0]
    for (let i = 0; i < 3_000; i++) {
      const partition = partitioner.partition(null, choice(3))
      counts[partition]! += 1
      partitioner.appended?.(partition, 1)
    }
    expect(counts[0]).toBeGreaterThan(counts[1]!)
    expect(counts[1]).toBeGreaterThan(counts[2]! * 1.5)
    expect(counts[2]).toBeGreaterThan(0)
  })

  it('leaves out partitions whose broker takes nothing, stays where it is if that is the only one, and takes any where none is left', () => {
    const stuck = new Set([1, 2])
    const load = (partition: number) => (stuck.has(partition) ? Number.POSITIVE_INFINITY : 0)
    const partitioner = defaultPartitioner().forTopic('orders', context(1, sequence(0.1, 0.5, 0.9), { load }))
    const next = () => {
      const partition = partitioner.partition(null, choice(4))
      partitioner.appended?.(partition, 1)
      return partition
    }
    const seen = new Set(Array.from({ length: 20 }, next))
    expect([...seen].sort()).toEqual([0, 3])
    stuck.add(0)
    next()
    expect(new Set(Array.from({ length: 5 }, next))).toEqual(new Set([3]))
    stuck.add(3)
    expect(new Set(Array.from({ length: 20 }, next)).size).toBeGreaterThan(1)
  })

  it('looks at no queue where it is told not to adapt', () => {
    const load = () => {
      throw new Error('nobody asked')
    }
    const partitioner = defaultPartitioner().forTopic('orders', context(1, sequence(0.1), { isAdaptive: false, load }))
    expect(partitioner.partition(null, choice(3))).toBe(0)
  })

  it('treats keyed records like others where keys are to be ignored', () => {
    const partitioner = defaultPartitioner().forTopic('orders', context(100, sequence(0.5), { ignoreKeys: true }))
    const home = partitioner.partition('a', choice(7))
    expect(['b', 'c', 'd', 'e'].map((key) => partitioner.partition(key, choice(7)))).toEqual([home, home, home, home])
  })
})

describe('the round robin partitioner', () => {
  it('goes from one partition with a leader to the next, whatever the key, each topic for itself', () => {
    const partitioner = roundRobin()
    const orders = partitioner.forTopic('orders', context(100, sequence(0)))
    const bills = partitioner.forTopic('bills', context(100, sequence(0)))
    expect(['a', null, 'a', 'b', null].map((key) => orders.partition(key, choice(3)))).toEqual([0, 1, 2, 0, 1])
    expect(bills.partition('a', choice(3))).toBe(0)
    expect([1, 2, 3].map(() => bills.partition(null, choice(4, [1, 3])))).toEqual([3, 1, 3])
    expect(bills.partition(null, choice(4, []))).toBe(0)
  })
})

describe('the random partitioner', () => {
  it('takes any partition with a leader, whatever the key', () => {
    const partitioner = random().forTopic('orders', context(100, sequence(0, 0.5, 0.99)))
    expect(['a', 'a', 'a'].map((key) => partitioner.partition(key, choice(4, [0, 1, 3])))).toEqual([0, 1, 3])
    expect(['a', 'a', 'a'].map((key) => partitioner.partition(key, choice(4, [])))).toEqual([0, 2, 3])
  })
})

describe("a partitioner of one's own", () => {
  it('gets the bytes of the key, or null, and what it can choose from', () => {
    const calls: unknown[] = []
    const partitioner = partitionerOf((key, given) => {
      calls.push([key, given])
      return 1
    }).forTopic('orders', context(1, sequence(0)))
    const given = choice(2, [1])
    expect(partitioner.partition('k', given)).toBe(1)
    expect(partitioner.partition(null, given)).toBe(1)
    expect(calls).toEqual([
      [Buffer.from('k'), given],
      [null, given],
    ])
  })
})
