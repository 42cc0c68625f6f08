import { describe, expect, it, vi } from 'vitest'
import { drain } from '../src/drain.ts'
import { Heartbeats } from '../src/group/heartbeats.ts'
import type { Membership } from '../src/group/membership.ts'
import { Listening } from '../src/listening.ts'
import { PollWatch } from '../src/poll-watch.ts'
import type { RecordStream } from '../src/record-stream.ts'
import { TopicRefresh } from '../src/topic-refresh.ts'
import { Wakeup } from '../src/wakeup.ts'
import { ManualClock, turns } from './support/manual-clock.ts'
import { Log } from './support/rig.ts'

describe('Heartbeats', () => {
  it('beat at intervals, one at a time, until they are stopped', async () => {
    const clock = new ManualClock()
    let answer = () => {}
    const beat = vi.fn(
      () =>
        new Promise<void>((resolve) => {
          answer = resolve
        }),
    )
    const heartbeats = new Heartbeats(clock, 100, beat, () => undefined)
    heartbeats.start()
    await clock.advance(350)
    expect(beat).toHaveBeenCalledTimes(1)
    answer()
    await clock.advance(1)
    expect(beat).toHaveBeenCalledTimes(2)
    expect(heartbeats.lastMs).toBe(350)
    heartbeats.stop()
    answer()
    await clock.advance(1_000)
    expect(beat).toHaveBeenCalledTimes(2)
    expect(clock.timers).toBe(0)
  })

  it('hurry after an error where they are told to, and do not speak of a generation that is over', async () => {
    const clock = new ManualClock()
    const beat = vi.fn(async () => {
      throw new Error('gone')
    })
    const onError = vi.fn(() => 10)
    const heartbeats = new Heartbeats(clock, 100, beat, onError)
    heartbeats.start()
    await clock.advance(135)
    expect(beat).toHaveBeenCalledTimes(4)
    let refuse = (_: Error) => {}
    beat.mockImplementation(
      () =>
        new Promise<never>((_, reject) => {
          refuse = reject
        }),
    )
    await clock.advance(10)
    const calls = onError.mock.calls.length
    heartbeats.start()
    refuse(new Error('late'))
    await turns()
    expect(onError).toHaveBeenCalledTimes(calls)
    heartbeats.stop()
  })
})

describe('PollWatch', () => {
  it('warns at half time, has the member leave at full time, and come back when the record is done', async () => {
    const clock = new ManualClock()
    const log = new Log()
    const stream = { handedOut: 1, inHand: { topic: 'orders', partition: 3, offset: 42 } as object | undefined }
    const membership = { suspend: vi.fn(), resume: vi.fn() }
    const watch = new PollWatch(clock, stream as unknown as RecordStream<unknown, unknown>, membership as unknown as Membership, 1_000, log)
    watch.start()
    await clock.advance(400)
    stream.handedOut++
    await clock.advance(500)
    expect(log.lines).toEqual([])
    await clock.advance(100)
    expect(log.lines).toEqual([expect.objectContaining({ fields: expect.objectContaining({ topic: 'orders', partition: 3, offset: 42 }) })])
    await clock.advance(400)
    expect(membership.suspend).not.toHaveBeenCalled()
    await clock.advance(2_000)
    expect(membership.suspend).toHaveBeenCalledTimes(1)
    expect(membership.resume).not.toHaveBeenCalled()
    stream.inHand = undefined
    await clock.advance(100)
    expect(membership.resume).toHaveBeenCalledTimes(1)
    await clock.advance(5_000)
    expect(log.lines).toHaveLength(2)
    watch.stop()
    expect(clock.timers).toBe(0)
  })
})

describe('drain', () => {
  it('ends when nothing is in hand, when time is over, or when there is no reason any more', async () => {
    const clock = new ManualClock()
    const progress = new Wakeup()
    let isBusy = true
    const finished = drain(progress, () => isBusy, clock, 1_000)
    await clock.advance(500)
    isBusy = false
    progress.wake()
    expect(await finished).toBe(true)
    isBusy = true
    const late = drain(progress, () => isBusy, clock, 1_000)
    await clock.advance(1_000)
    expect(await late).toBe(false)
    const controller = new AbortController()
    const pointless = drain(progress, () => isBusy, clock, 1_000, controller.signal)
    controller.abort()
    expect(await pointless).toBe(false)
    expect(await drain(progress, () => isBusy, clock, 0)).toBe(false)
    expect(clock.timers).toBe(0)
  })
})

describe('Listening', () => {
  const partitions = [{ topic: 'orders', partition: 0 }]

  it('knows who calls from inside a listener, and who only calls meanwhile', async () => {
    const listening = new Listening(new ManualClock(), 1_000, new Log(), () => {})
    const seen: boolean[] = []
    let end = () => {}
    const listener = {
      onPartitionsAssigned: async () => {
        seen.push(listening.isInside)
        await new Promise<void>((resolve) => {
          end = resolve
        })
        seen.push(listening.isInside)
        expect(() => listening.refuseInside('close()')).toThrow(expect.objectContaining({ code: 'CALLED_IN_LISTENER' }))
      },
    }
    const call = listening.call(listener, 'onPartitionsAssigned', partitions)
    expect(listening.isInside).toBe(false)
    await turns()
    end()
    await call
    expect(seen).toEqual([true, true])
    listening.refuseInside('close()')
  })

  it('does not call where there is nothing to tell', async () => {
    const hear = vi.fn()
    const listening = new Listening(new ManualClock(), 1_000, new Log(), () => {})
    await listening.call({ onPartitionsRevoked: hear }, 'onPartitionsRevoked', [])
    await listening.call({ onPartitionsRevoked: hear }, 'onPartitionsAssigned', partitions)
    await listening.call(undefined, 'onPartitionsRevoked', partitions)
    expect(hear).not.toHaveBeenCalled()
  })

  it('passes on what a listener throws, and goes on when one takes too long', async () => {
    const clock = new ManualClock()
    const log = new Log()
    const onError = vi.fn()
    const listening = new Listening(clock, 1_000, log, onError)
    const mine = new Error('mine')
    await listening.call({ onPartitionsLost: () => Promise.reject(mine) }, 'onPartitionsLost', partitions)
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ code: 'LISTENER_FAILED', cause: mine }))
    const slow = listening.call({ onPartitionsLost: () => new Promise(() => {}) }, 'onPartitionsLost', partitions)
    await clock.advance(1_000)
    await slow
    expect(log.of('warn')).toEqual([expect.stringContaining('onPartitionsLost')])
    expect(onError).toHaveBeenCalledTimes(1)
  })
})

describe('TopicRefresh', () => {
  it('looks topics up at once, one request at a time, and again after growing pauses while there is doubt', async () => {
    const clock = new ManualClock()
    const asked: (readonly string[])[] = []
    const cluster = {
      clock,
      random: { next: () => 0.5 },
      refresh: async (topics: readonly string[]) => {
        asked.push(topics)
        if (asked.length < 4) refresh.doubt('a')
      },
    }
    const refresh = new TopicRefresh(cluster as never, { retryBackoffMs: 100, retryBackoffMaxMs: 1_000, allowAutoTopicCreation: false })
    refresh.doubt('a')
    refresh.doubt('b')
    await turns()
    expect(asked).toEqual([['a']])
    await clock.advance(100)
    expect(asked).toEqual([['a'], ['a', 'b']])
    await clock.advance(199)
    expect(asked).toHaveLength(2)
    await clock.advance(1 + 400)
    expect(asked).toHaveLength(4)
    await clock.advance(10_000)
    expect(asked).toHaveLength(4)
    refresh.doubt('c')
    await turns()
    expect(asked.at(-1)).toEqual(['c'])
  })

  it('keeps doubting what could not be looked up, until it is closed', async () => {
    const clock = new ManualClock()
    const ask = vi.fn(() => Promise.reject(new Error('down')))
    const refresh = new TopicRefresh({ clock, random: { next: () => 0.5 }, refresh: ask } as never, {
      retryBackoffMs: 100,
      retryBackoffMaxMs: 100,
      allowAutoTopicCreation: true,
    })
    refresh.doubt('a')
    await clock.advance(1_000)
    expect(ask.mock.calls.length).toBeGreaterThan(7)
    refresh.close()
    expect(clock.timers).toBe(0)
  })
})
