import { describe, expect, it } from 'vitest'
import { TransactionIndex } from '../../src/log/transaction-index.ts'

const END = 1000

describe('the transactions of a log', () => {
  it('are unstable from where the first of them is open', () => {
    const index = new TransactionIndex()
    expect(index.firstUnstableOffset(END)).toBe(Number.POSITIVE_INFINITY)
    index.begin(1n, 10)
    index.begin(2n, 20)
    expect(index.firstUnstableOffset(END)).toBe(10)
    index.end(1n, 30, true)
    expect(index.firstUnstableOffset(END)).toBe(20)
    index.end(2n, 31, true)
    expect(index.firstUnstableOffset(END)).toBe(Number.POSITIVE_INFINITY)
  })

  it('stay unstable until their markers are on every replica', () => {
    const index = new TransactionIndex()
    index.begin(1n, 10)
    index.end(1n, 30, true)
    expect(index.firstUnstableOffset(30)).toBe(10)
    expect(index.firstUnstableOffset(31)).toBe(Number.POSITIVE_INFINITY)
  })

  it('are listed where they were aborted and overlap what is read, in the order of their markers', () => {
    const index = new TransactionIndex()
    index.begin(1n, 10)
    index.begin(2n, 12)
    index.begin(3n, 14)
    index.end(3n, 20, true)
    index.end(2n, 21, false)
    index.end(1n, 22, false)
    const [one, two] = [
      { producerId: 1n, firstOffset: 10 },
      { producerId: 2n, firstOffset: 12 },
    ]
    expect(index.aborted(0, END)).toEqual([two, one])
    expect(index.aborted(0, 12)).toEqual([one])
    expect(index.aborted(22, END)).toEqual([one])
    expect(index.aborted(23, END)).toEqual([])
  })

  it('are not touched by a marker of a producer that has none', () => {
    const index = new TransactionIndex()
    index.end(9n, 5, false)
    expect([index.aborted(0, END), index.firstUnstableOffset(END)]).toEqual([[], Number.POSITIVE_INFINITY])
  })
})
