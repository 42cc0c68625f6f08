import { describe, expect, it, vi } from 'vitest'
import { FetchBuffer } from '../src/fetch-buffer.ts'
import { batchOf, fetchable, fetched, numbers } from './support/batches.ts'

describe('FetchBuffer', () => {
  it('gives room as long as there is any, with what is under way counted', () => {
    const onRoom = vi.fn()
    const buffer = new FetchBuffer(1_000, onRoom)
    expect(buffer.reserve(600, 100)).toBe(600)
    expect(buffer.reserve(600, 100)).toBe(400)
    expect(buffer.reserve(600, 100)).toBe(0)
    buffer.release(400)
    const state = fetchable()
    const one = fetched(state, batchOf(numbers(0, 30)))
    buffer.add(one)
    expect([buffer.bytes, state.bufferedBytes]).toEqual([one.sizeInBytes, one.sizeInBytes])
    expect(buffer.reserve(600, 400)).toBe(0)
    expect(onRoom).not.toHaveBeenCalled()
    buffer.remove(one)
    expect(onRoom).toHaveBeenCalledTimes(1)
    expect(buffer.reserve(600, 400)).toBe(400)
    expect([buffer.bytes, state.bufferedBytes]).toEqual([0, 0])
  })

  it('serves partitions in the order in which they came, paused and revoked ones not at all', () => {
    const buffer = new FetchBuffer(10_000, () => {})
    const [a, b] = [fetchable('a'), fetchable('b')]
    const [one, two] = [fetched(a, batchOf([0])), fetched(b, batchOf([0]))]
    buffer.add(one)
    buffer.add(two)
    expect(buffer.first()).toBe(one)
    buffer.rotate(a)
    expect(buffer.first()).toBe(two)
    b.paused = true
    expect(buffer.first()).toBe(one)
    a.revoke()
    expect(buffer.first()).toBeUndefined()
  })

  it('keeps the fetches of one partition in order when others go first', () => {
    const buffer = new FetchBuffer(10_000, () => {})
    const [a, b] = [fetchable('a'), fetchable('b')]
    const fetches = [fetched(a, batchOf([0])), fetched(b, batchOf([0])), fetched(a, batchOf([1]))]
    for (const one of fetches) buffer.add(one)
    buffer.rotate(a)
    const order = fetches.map(() => {
      const first = buffer.first()!
      buffer.remove(first)
      return first
    })
    expect(order).toEqual([fetches[1], fetches[0], fetches[2]])
  })

  it('drops what is paused when others need the room: it is fetched again from the position', () => {
    const buffer = new FetchBuffer(1_000, () => {})
    const state = fetchable()
    buffer.add(fetched(state, batchOf(numbers(0, 90))))
    expect(buffer.reserve(500, 500)).toBe(0)
    state.paused = true
    expect(buffer.reserve(500, 500)).toBe(500)
    expect([buffer.bytes, state.bufferedBytes, state.fetchOffset]).toEqual([0, 0, 0])
  })
})
