import { describe, expect, it } from 'vitest'
import { Ledger } from '../src/ledger.ts'
import { differingWords, isEqual, type Outcome, reportOf } from '../src/report.ts'

function outcome(change: Partial<Outcome> = {}): Outcome {
  const ledger = new Ledger(1)
  ledger.acknowledge(0)
  ledger.markRead(0, 0)
  return { records: 1, bytes: 10, seconds: 2, connectionsLost: 0, rebalances: 1, wrongWords: [], ledger, ...change }
}

describe('the report of the demo', () => {
  it('calls a run equal only when every record was written and read and every word agrees', () => {
    expect(isEqual(outcome())).toBe(true)
    expect(isEqual(outcome({ records: 2 }))).toBe(false)
    expect(isEqual(outcome({ wrongWords: ['the'] }))).toBe(false)
  })

  it('finds words that are missing, extra or miscounted', () => {
    const expected = new Map([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ])
    const counted = new Map([
      ['a', 1],
      ['b', 3],
      ['d', 1],
    ])
    expect(differingWords(expected, counted).sort()).toEqual(['b', 'c', 'd'])
  })

  it('shows rates, partitions and what came twice', () => {
    const table = reportOf(outcome({ connectionsLost: 3 }))
    expect(table).toMatch(/connections lost +3/)
    expect(table).toMatch(/records\/s +1$/m)
    expect(table).toMatch(/partition 0 +1 written, 1 read/)
    expect(table).toMatch(/counts +equal/)
  })
})
