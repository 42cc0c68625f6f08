import { describe, expect, it } from 'vitest'
import { Alarm } from '../src/alarm.ts'
import { ManualClock } from './support/manual-clock.ts'

function setUp() {
  const clock = new ManualClock()
  const rings: number[] = []
  return { clock, rings, alarm: new Alarm(clock, () => rings.push(clock.monotonic())) }
}

describe('Alarm', () => {
  it('rings once, at the earliest time it was asked for, with one timer', async () => {
    const { clock, rings, alarm } = setUp()
    for (const at of [500, 300, 400]) alarm.ringAt(at)
    expect(clock.timers).toHaveLength(1)
    await clock.advance(1_000)
    expect(rings).toEqual([300])
  })

  it('rings again when asked again, at once for a time that has passed', async () => {
    const { clock, rings, alarm } = setUp()
    alarm.ringAt(100)
    await clock.advance(200)
    alarm.ringAt(50)
    await clock.advance(0)
    expect(rings).toEqual([100, 200])
  })

  it('sets no timer for never', () => {
    const { clock, alarm } = setUp()
    alarm.ringAt(Number.POSITIVE_INFINITY)
    expect(clock.timers).toEqual([])
  })

  it('is silent for good once cancelled', async () => {
    const { clock, rings, alarm } = setUp()
    alarm.ringAt(100)
    alarm.cancel()
    alarm.ringAt(50)
    await clock.advance(1_000)
    expect(rings).toEqual([])
    expect(clock.timers).toEqual([])
  })
})
