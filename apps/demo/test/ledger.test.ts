import { describe, expect, it } from 'vitest'
import { Ledger } from '../src/ledger.ts'

describe('Ledger', () => {
  it('counts a record once, however often it comes', () => {
    const ledger = new Ledger(2)
    expect(ledger.markRead(0, 5000)).toBe(true)
    expect(ledger.markRead(0, 5000)).toBe(false)
    expect(ledger.markRead(1, 5000)).toBe(true)
    expect(ledger.totalRead).toBe(2)
    expect(ledger.deliveredAgain).toBe(1)
  })

  it('counts acknowledged records per partition', () => {
    const ledger = new Ledger(2)
    ledger.acknowledge(1)
    ledger.acknowledge(1)
    expect(ledger.written).toEqual([0, 2])
    expect(ledger.totalWritten).toBe(2)
  })
})
