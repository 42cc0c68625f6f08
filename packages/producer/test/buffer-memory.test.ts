import { describe, expect, it } from 'vitest'
import { BufferMemory } from '../src/buffer-memory.ts'

function setUp(capacity: number) {
  const served: string[] = []
  const wants = new Map<string, number>()
  const memory: BufferMemory<string> = new BufferMemory(capacity, (who) => {
    served.push(who)
    expect(memory.take(wants.get(who)!)).toBe(true)
  })
  const wait = (who: string, bytes: number) => {
    wants.set(who, bytes)
    memory.wait(who, bytes)
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
    wait('large', 90)
    wait('small', 10)
    memory.release(50)
    memory.leave('large')
    expect(served).toEqual(['small'])
    expect(memory.exhausted).toBe(false)
  })

  it('leaves the line alone when somebody leaves who is not in it', () => {
    const { memory, served, wait } = setUp(10)
    memory.take(10)
    wait('a', 10)
    memory.leave('b')
    memory.release(10)
    expect(served).toEqual(['a'])
  })
})
