import type { Random } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { murmur2 } from '../src/murmur2.ts'
import { defaultPartitioner, type PartitionChoice, partitionerOf } from '../src/partitioner.ts'

function choice(count: number, available?: number[]): PartitionChoice {
  const partitions = Array.from({ length: count }, (_, i) => i)
  return { topic: 'orders', partitions, available: available ?? partitions }
}

/** Gives the numbers one after the other, then begins again. */
function sequence(...numbers: number[]): Random {
  let i = 0
  return { next: () => numbers[i++ % numbers.length]! }
}

describe('the default partitioner', () => {
  it('puts a key where murmur2 of its bytes says, text and bytes alike', () => {
    const partitioner = defaultPartitioner().forTopic('orders', { batchSize: 100, random: sequence(0) })
    for (const key of ['o-1', 'o-2', '\u00fcber', '']) {
      const expected = (murmur2(Buffer.from(key)) & 0x7fffffff) % 7
      expect(partitioner.partition(key, choice(7))).toBe(expected)
      expect(partitioner.partition(Buffer.from(key), choice(7))).toBe(expected)
    }
  })

  it('keeps a key on its partition when that partition has no leader', () => {
    const partitioner = defaultPartitioner().forTopic('orders', { batchSize: 100, random: sequence(0) })
    const home = partitioner.partition('o-1', choice(3))
    const others = [0, 1, 2].filter((partition) => partition !== home)
    expect(partitioner.partition('o-1', choice(3, others))).toBe(home)
  })

  it('keeps records without a key on one partition until batchSize bytes went there, then moves to another', () => {
    const partitioner = defaultPartitioner().forTopic('orders', { batchSize: 100, random: sequence(0.5, 0) })
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
    const partitioner = defaultPartitioner().forTopic('orders', { batchSize: 1, random: { next } })
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
    const partitioner = defaultPartitioner().forTopic('orders', { batchSize: 1, random: sequence(0.9) })
    expect(partitioner.partition(null, choice(4, [1]))).toBe(1)
    partitioner.appended?.(1, 1)
    expect(partitioner.partition(null, choice(4, [1]))).toBe(1)
    partitioner.appended?.(1, 1)
    expect(partitioner.partition(null, choice(4, []))).toBe(3)
  })

  it('moves on from a partition that has vanished', () => {
    const partitioner = defaultPartitioner().forTopic('orders', { batchSize: 100, random: sequence(0.99) })
    expect(partitioner.partition(null, choice(5))).toBe(4)
    expect(partitioner.partition(null, choice(2))).toBe(1)
  })
})

describe("a partitioner of one's own", () => {
  it('gets the bytes of the key, or null, and what it can choose from', () => {
    const calls: unknown[] = []
    const partitioner = partitionerOf((key, given) => {
      calls.push([key, given])
      return 1
    }).forTopic('orders', { batchSize: 1, random: sequence(0) })
    const given = choice(2, [1])
    expect(partitioner.partition('k', given)).toBe(1)
    expect(partitioner.partition(null, given)).toBe(1)
    expect(calls).toEqual([
      [Buffer.from('k'), given],
      [null, given],
    ])
  })
})
