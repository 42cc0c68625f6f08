import { describe, expect, it } from 'vitest'
import { RecentValues } from '../src/recent-values.ts'

describe('RecentValues', () => {
  it('tells nothing of nothing', () => {
    const values = new RecentValues(1_000)
    expect(values.read(1_000)).toEqual({ total: 0, count: 0, rate: 0, countRate: 0, average: undefined, max: undefined })
  })

  it('tells sum for each second, number for each second, average and maximum', () => {
    const values = new RecentValues(0)
    values.add(10, 1_000)
    values.add(30, 2_000)
    expect(values.read(10_000)).toEqual({ total: 40, count: 2, rate: 4, countRate: 0.2, average: 20, max: 30 })
  })

  it('forgets what is older than 30 seconds, and nothing that is younger than 15', () => {
    const values = new RecentValues(0)
    values.add(100, 1_000)
    values.add(1, 16_000)
    expect(values.read(29_000).max).toBe(100)
    values.add(3, 30_000)
    expect(values.read(31_500).max).toBe(3)
    expect(values.read(31_500).average).toBe(2)
    values.add(5, 46_500)
    expect(values.read(46_500).average).toBe(5)
    expect(values.read(100_000)).toEqual({ total: 109, count: 4, rate: 0, countRate: 0, average: undefined, max: undefined })
  })
})
