import { describe, expect, it, vi } from 'vitest'
import { ReaderIterator, type Reading } from '../src/reader-iterator.ts'
import { Wakeup } from '../src/wakeup.ts'
import { turns } from './support/manual-clock.ts'

/** Something to read from, as far as an iterator can tell. */
function reading() {
  const items: string[] = []
  const arrival = new Wakeup()
  const state = { isClosed: false, error: undefined as unknown }
  const fake: Reading<string> = {
    take: () => items.shift(),
    more: async () => {
      if (state.error !== undefined) throw state.error
      await arrival.wait()
    },
    get isClosed() {
      return state.isClosed
    },
    begin: vi.fn(),
    end: vi.fn(),
    overlapped: vi.fn(),
    wake: () => arrival.wake(),
  }
  const add = (...more: string[]) => {
    items.push(...more)
    arrival.wake()
  }
  return { fake, add, state, arrival }
}

describe('ReaderIterator', () => {
  it('answers at once with what is there, and waits for what is not', async () => {
    const { fake, add } = reading()
    const iterator = new ReaderIterator(fake, undefined)
    const first = iterator.next()
    await turns()
    add('a', 'b')
    expect(await first).toEqual({ done: false, value: 'a' })
    expect(await iterator.next()).toEqual({ done: false, value: 'b' })
  })

  it('answers overlapping calls in order, and tells of them', async () => {
    const { fake, add } = reading()
    const iterator = new ReaderIterator(fake, undefined)
    const results = Promise.all([iterator.next(), iterator.next(), iterator.next()])
    add('a', 'b', 'c')
    expect((await results).map(({ value }) => value)).toEqual(['a', 'b', 'c'])
    expect(fake.overlapped).toHaveBeenCalledTimes(2)
  })

  it('leaves with return(): what is pending ends too, and nothing comes after', async () => {
    const { fake, add } = reading()
    const iterator = new ReaderIterator(fake, undefined)
    const pending = iterator.next()
    await turns()
    expect(await iterator.return()).toEqual({ done: true, value: undefined })
    expect(await pending).toEqual({ done: true, value: undefined })
    add('late')
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    expect(fake.end).toHaveBeenCalledTimes(1)
    expect(fake.end).toHaveBeenCalledWith(iterator, true)
  })

  it('does nothing with return() before the first next()', async () => {
    const { fake } = reading()
    await new ReaderIterator(fake, undefined).return()
    expect(fake.end).not.toHaveBeenCalled()
  })

  it('ends with the reading, and may be asked again', async () => {
    const { fake, state, arrival } = reading()
    const iterator = new ReaderIterator(fake, undefined)
    const pending = iterator.next()
    await turns()
    state.isClosed = true
    arrival.wake()
    expect(await pending).toEqual({ done: true, value: undefined })
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    expect(fake.end).toHaveBeenCalledWith(iterator, false)
  })

  it('rejects with what the reading rejects with, gives up its seat, and takes it again with the next call', async () => {
    const { fake, add, state } = reading()
    const iterator = new ReaderIterator(fake, undefined)
    state.error = new Error('corrupt')
    await expect(iterator.next()).rejects.toThrow('corrupt')
    expect(fake.end).toHaveBeenCalledWith(iterator, false)
    state.error = undefined
    add('a')
    expect(await iterator.next()).toEqual({ done: false, value: 'a' })
    expect(fake.begin).toHaveBeenCalledTimes(2)
  })

  it('rejects with the reason of its signal, also where something is at hand', async () => {
    const { fake, add } = reading()
    const controller = new AbortController()
    const iterator = new ReaderIterator(fake, controller.signal)
    add('a', 'b')
    expect(await iterator.next()).toEqual({ done: false, value: 'a' })
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(iterator.next()).rejects.toBe(reason)
    const waiting = new AbortController()
    const other = new ReaderIterator(reading().fake, waiting.signal)
    const pending = other.next()
    await turns()
    waiting.abort(reason)
    await expect(pending).rejects.toBe(reason)
  })
})
