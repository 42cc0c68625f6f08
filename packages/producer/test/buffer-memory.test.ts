import { describe, expect, it } from 'vitest'
import { BufferMemory, type MemoryWaiter } from '../src/buffer-memory.ts'

interface Waiter extends MemoryWaiter {
  readonly name: string
  readonly bytes: number
}

function setUp(capacity: number) {
  const served: string[] = []
  const memory: BufferMemory<Waiter> = new BufferMemory(capacity, ({ name, bytes, missing }) => {
    served.push(name)
    expect(missing).toBe(0)
    expect(memory.take(bytes)).toBe(true)
  })
  const wait = (name: string, bytes: number): Waiter => {
    const waiter = { name, bytes, missing: 0 }
    memory.wait(waiter, bytes)
    return waiter
  }
  return { memory, served, wait }
}

describe('BufferMemory', () => {
  it('gives what it has and no more', () => {
    const { memory } = setUp(100)
    expect(memory.take(60)).toBe(true)
    expect(memory.take(41)).toBe(false)
    expect(memory.take(40)).toBe(true)
    expect(memory.available).toBe(0)
    memory.release(60)
    expect(memory.available).toBe(60)
  })

  it('serves those who wait in the order in which they came', () => {
    const { memory, served, wait } = setUp(100)
    memory.take(100)
    wait('a', 50)
    wait('b', 10)
    wait('c', 40)
    memory.release(60)
    expect(served).toEqual(['a', 'b'])
    memory.release(40)
    expect(served).toEqual(['a', 'b', 'c'])
    expect(memory.available).toBe(0)
  })

  it('lets nobody overtake one who needs more', () => {
    const { memory, served, wait } = setUp(100)
    memory.take(100)
    wait('large', 90)
    memory.release(50)
    expect(served).toEqual([])
    expect(memory.take(10)).toBe(false)
    memory.release(50)
    expect(served).toEqual(['large'])
    expect(memory.take(10)).toBe(true)
  })

  it('serves the next when the first leaves the line', () => {
    const { memory, served, wait } = setUp(100)
    memory.take(100)
    const large = wait('large', 90)
    wait('small', 10)
    memory.release(50)
    memory.leave(large)
    expect(served).toEqual(['small'])
    expect(memory.exhausted).toBe(false)
  })

  it('leaves the line alone when somebody leaves who is not in it', () => {
    const { memory, served, wait } = setUp(10)
    memory.take(10)
    wait('a', 10)
    memory.leave({ name: 'b', bytes: 1, missing: 0 })
    memory.release(10)
    expect(served).toEqual(['a'])
  })
})
