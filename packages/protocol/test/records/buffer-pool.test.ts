import { BufferPool } from '@k/protocol'
import { describe, expect, it } from 'vitest'

describe('BufferPool', () => {
  it('hands the same buffer out again', () => {
    const pool = new BufferPool(1000)
    const buffer = pool.take(10)
    expect(buffer).toHaveLength(1000)
    pool.give(buffer)
    expect(pool.take(1000)).toBe(buffer)
    expect(pool.take(1000)).not.toBe(buffer)
  })

  it('makes larger buffers for the occasion', () => {
    const pool = new BufferPool(1000)
    const large = pool.take(1001)
    expect(large).toHaveLength(1001)
    pool.give(large)
    expect(pool.take(1001)).not.toBe(large)
    expect(pool.take(1)).toHaveLength(1000)
  })

  it('keeps what a buffer grows to by doubling, up to sixteen times its size', () => {
    const pool = new BufferPool(1000)
    const [grown, largest, tooLarge] = [pool.take(4000), pool.take(16_000), pool.take(32_000)]
    for (const buffer of [grown, largest, tooLarge]) pool.give(buffer)
    expect(pool.take(4000)).toBe(grown)
    expect(pool.take(16_000)).toBe(largest)
    expect(pool.take(32_000)).not.toBe(tooLarge)
  })

  it('counts large buffers by their size', () => {
    const pool = new BufferPool(1000, 5)
    const [large, first, second] = [pool.take(4000), pool.take(1), pool.take(1)]
    for (const buffer of [large, first, second]) pool.give(buffer)
    expect(pool.take(1)).toBe(first)
    expect(pool.take(1)).not.toBe(second)
    expect(pool.take(4000)).toBe(large)
  })

  it('keeps no more than it may', () => {
    const pool = new BufferPool(1000, 1)
    const [first, second] = [pool.take(1), pool.take(1)]
    pool.give(first!)
    pool.give(second!)
    expect(pool.take(1)).toBe(first)
    expect(pool.take(1)).not.toBe(second)
  })

  it('never shares memory with other buffers', () => {
    const pool = new BufferPool(100)
    expect(pool.take(1).buffer.byteLength).toBe(100)
  })
})
