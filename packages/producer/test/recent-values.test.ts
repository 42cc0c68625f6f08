import { describe, expect, it } from 'vitest'
import { RecentValues } from '../src/recent-values.ts'

describe('RecentValues', () => {
  it('tells nothing of nothing', () => {
    const values = new RecentValues(1_000)
    expect([values.perSecond(1_000), values.average(1_000), values.max(1_000)]).toEqual([0, undefined, undefined])
  })

  it('tells sum for each second, number for each second, average and maximum', () => {
    const values = new RecentValues(0)
    values.add(10, 1_000)
    values.add(30, 2_000)
    expect(values.perSecond(10_000)).toBe(4)
    expect(values.countPerSecond(10_000)).toBe(0.2)
    expect(values.average(10_000)).toBe(20)
    expect(values.max(10_000)).toBe(30)
  })

  it('forgets what is older than 30 seconds, and nothing that is younger than 15', () => {
    const values = new RecentValues(0)
    values.add(100, 1_000)
    values.add(1, 16_000)
    expect(values.max(29_000)).toBe(100)
    values.add(3, 30_000)
    expect(values.max(31_500)).toBe(3)
    expect(values.average(31_500)).toBe(2)
    values.add(5, 46_500)
    expect(values.average(46_500)).toBe(5)
    expect(values.average(100_000)).toBeUndefined()
    expect(values.perSecond(100_000)).toBe(0)
  })
})
