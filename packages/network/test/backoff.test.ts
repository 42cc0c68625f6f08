import { describe, expect, it } from 'vitest'
import { Backoff } from '../src/backoff.ts'

const constant = (value: number) => ({ next: () => value })

describe('Backoff', () => {
  it('doubles up to its limit', () => {
    const backoff = new Backoff({ retryBackoffMs: 100, retryBackoffMaxMs: 1_000, random: constant(0.5) })
    expect([1, 2, 3, 4, 5, 6].map(() => backoff.next())).toEqual([100, 200, 400, 800, 1_000, 1_000])
    expect(backoff.attempts).toBe(6)
  })

  it('begins again after a reset', () => {
    const backoff = new Backoff({ retryBackoffMs: 100, retryBackoffMaxMs: 1_000, random: constant(0.5) })
    backoff.next()
    backoff.next()
    backoff.reset()
    expect(backoff.next()).toBe(100)
  })

  it('moves each delay by a fifth either way, never above the limit', () => {
    const low = new Backoff({ retryBackoffMs: 100, retryBackoffMaxMs: 1_000, random: constant(0) })
    const high = new Backoff({ retryBackoffMs: 100, retryBackoffMaxMs: 110, random: constant(0.9999) })
    expect(low.next()).toBe(80)
    expect(high.next()).toBe(110)
  })

  it('stays at its limit after very many attempts', () => {
    const backoff = new Backoff({ retryBackoffMs: 100, retryBackoffMaxMs: 1_000, random: constant(0.5) })
    for (let attempt = 0; attempt < 2_000; attempt++) expect(backoff.next()).toBeLessThanOrEqual(1_000)
  })

  it('waits not at all where the first delay is 0', () => {
    const backoff = new Backoff({ retryBackoffMs: 0, retryBackoffMaxMs: 1_000, random: constant(0.9) })
    for (let attempt = 0; attempt < 2_000; attempt++) expect(backoff.next()).toBe(0)
  })
})
