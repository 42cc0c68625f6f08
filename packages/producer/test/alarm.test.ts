import { describe, expect, it } from 'vitest'
import { Alarm } from '../src/alarm.ts'
import { ManualClock } from './manual-clock.ts'

function setUp() {
  const clock = new ManualClock()
  const rings: number[] = []
  const start = clock.monotonic()
  const alarm = new Alarm(clock, () => rings.push(clock.monotonic() - start), true)
  return { clock, rings, alarm, at: (ms: number) => alarm.at(start + ms) }
}

describe('Alarm', () => {
  it('rings at the earliest of the times it was given, with one timer', () => {
    const { clock, rings, at } = setUp()
    at(30)
    at(10)
    at(20)
    expect(clock.timers).toBe(1)
    clock.pass(100)
    expect(rings).toEqual([10])
  })

  it('never rings before a time that is a fraction of a millisecond', () => {
    const { clock, rings, at } = setUp()
    at(10.4)
    clock.pass(20)
    expect(rings).toEqual([11])
  })

  it('rings again for a time that is given while it rings, and for one that is past', () => {
    const { clock, rings, at } = setUp()
    at(5)
    clock.pass(5)
    at(-3)
    clock.pass(1)
    expect(rings).toEqual([5, 5])
  })

  it('forgets everything when it is cleared, and can be set again', () => {
    const { clock, rings, alarm, at } = setUp()
    at(5)
    alarm.clear()
    expect(clock.timers).toBe(0)
    clock.pass(10)
    expect(rings).toEqual([])
    at(20)
    clock.pass(10)
    expect(rings).toEqual([20])
  })
})
