import { describe, expect, it } from 'vitest'
import { enteredFrom, type TransactionState, TransactionStates } from '../../src/transaction/transaction-state.ts'

const all = [...Object.keys(enteredFrom), 'FATAL_ERROR'] as TransactionState[]

/** A shortest way to a state by the table. */
function wayTo(target: TransactionState): TransactionState[] {
  const ways: TransactionState[][] = [[]]
  for (const way of ways) {
    const at = way.at(-1) ?? 'UNINITIALIZED'
    if (at === target) return way
    for (const next of all) {
      const from = enteredFrom[next]
      if (from?.includes(at) && !way.includes(next)) ways.push([...way, next])
    }
    if (target === 'FATAL_ERROR') return ['FATAL_ERROR']
  }
  throw new Error(`no way leads to ${target}`)
}

function statesAt(target: TransactionState): TransactionStates {
  const states = new TransactionStates()
  for (const state of wayTo(target)) states.enter(state)
  expect(states.is(target)).toBe(true)
  return states
}

describe('the states of a transaction', () => {
  it.each(all.flatMap((from) => all.map((to) => [from, to] as const)))('go from %s to %s where the table says so alone', (from, to) => {
    const states = statesAt(from)
    const allowed = enteredFrom[to]
    if (to === 'FATAL_ERROR' || allowed?.includes(from)) {
      states.enter(to)
      expect(states.is(to)).toBe(true)
    } else {
      expect(() => states.enter(to)).toThrow(expect.objectContaining({ code: 'INVALID_TXN_STATE' }))
      expect(states.is(from)).toBe(true)
    }
  })

  it('let nothing follow a fatal error, and a commit only a transaction that is open', () => {
    expect(all.filter((state) => enteredFrom[state]?.includes('FATAL_ERROR'))).toEqual([])
    expect(enteredFrom.COMMITTING_TRANSACTION).toEqual(['IN_TRANSACTION'])
    expect(enteredFrom.READY).not.toContain('OUTCOME_UNKNOWN')
  })
})
