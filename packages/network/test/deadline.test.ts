import { describe, expect, it } from 'vitest'
import { abortable, sleep, withDeadline } from '../src/index.ts'
import { ManualClock, settled } from './support/manual-clock.ts'
import { errorOf, Outcome } from './support/outcome.ts'

const never = () => new Promise<never>(() => {})

describe('withDeadline', () => {
  it('settles as the promise does, and leaves no timer', async () => {
    const clock = new ManualClock()
    expect(await withDeadline(clock, Promise.resolve(5), 100, { what: 'it' })).toBe(5)
    const error = new Error('x')
    expect(await errorOf(withDeadline(clock, Promise.reject(error), 100, { what: 'it' }))).toBe(error)
    expect(clock.timers).toEqual([])
  })

  it('rejects with TimeoutError that names deadline and time', async () => {
    const clock = new ManualClock()
    const outcome = new Outcome(withDeadline(clock, never(), 100, { what: 'metadata of topic orders', deadline: 'maxBlockMs' }))
    await clock.advance(100)
    expect(outcome.error).toMatchObject({
      name: 'TimeoutError',
      deadline: 'maxBlockMs',
      elapsedMs: 100,
      message: 'metadata of topic orders timed out after 100 ms (maxBlockMs)',
    })
  })

  it('rejects with the reason of the signal', async () => {
    const clock = new ManualClock()
    const aborter = new AbortController()
    const outcome = new Outcome(withDeadline(clock, never(), 100, { what: 'it', signal: aborter.signal }))
    aborter.abort('why not')
    await settled()
    expect(outcome.error).toBe('why not')
    expect(clock.timers).toEqual([])
    expect(await errorOf(withDeadline(clock, never(), 100, { what: 'it', signal: aborter.signal }))).toBe('why not')
  })

  it('does not mind what the promise does afterwards', async () => {
    const clock = new ManualClock()
    let fail = (_: Error) => {}
    const late = new Promise<void>((_, reject) => {
      fail = reject
    })
    const outcome = new Outcome(withDeadline(clock, late, 10, { what: 'it' }))
    await clock.advance(10)
    fail(new Error('late'))
    await settled()
    expect(outcome.error).toMatchObject({ code: 'TIMED_OUT' })
  })

  it('without an end only passes the promise on', async () => {
    const clock = new ManualClock()
    const promise = Promise.resolve(1)
    expect(withDeadline(clock, promise, Number.POSITIVE_INFINITY, { what: 'it' })).toBe(promise)
  })
})

describe('abortable', () => {
  it('settles as the promise does unless the signal aborts', async () => {
    const aborter = new AbortController()
    expect(await abortable(Promise.resolve(1), aborter.signal)).toBe(1)
    expect(await abortable(Promise.resolve(1), undefined)).toBe(1)
    const error = new Error('x')
    expect(await errorOf(abortable(Promise.reject(error), aborter.signal))).toBe(error)
    const outcome = new Outcome(abortable(never(), aborter.signal))
    aborter.abort('stop')
    await settled()
    expect(outcome.error).toBe('stop')
    expect(await errorOf(abortable(Promise.reject(error), aborter.signal))).toBe('stop')
  })
})

describe('sleep', () => {
  it('waits, and keeps the process alive meanwhile', async () => {
    const clock = new ManualClock()
    const outcome = new Outcome(sleep(clock, 50))
    expect(clock.timers.map(({ keepAlive }) => keepAlive)).toEqual([true])
    await clock.advance(49)
    expect(outcome.state).toBe('pending')
    await clock.advance(1)
    expect(outcome.state).toBe('resolved')
  })

  it('ends early with the reason of its signal', async () => {
    const clock = new ManualClock()
    const aborter = new AbortController()
    const outcome = new Outcome(sleep(clock, 50, aborter.signal))
    aborter.abort('up')
    await settled()
    expect(outcome.error).toBe('up')
    expect(clock.timers).toEqual([])
    expect(await errorOf(sleep(clock, 50, aborter.signal))).toBe('up')
  })
})
