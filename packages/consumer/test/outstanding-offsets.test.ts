import { describe, expect, it } from 'vitest'
import { OutstandingOffsets } from '../src/outstanding-offsets.ts'

function handedOut(...offsets: number[]): OutstandingOffsets {
  const outstanding = new OutstandingOffsets()
  for (const offset of offsets) outstanding.handOut(offset)
  return outstanding
}

describe('OutstandingOffsets', () => {
  it('tells the lowest that is not finished, whatever the order', () => {
    const outstanding = handedOut(3, 4, 8, 9)
    const lowest = [8, 4, 3, 9].map((offset) => {
      outstanding.finish(offset)
      return outstanding.lowest
    })
    expect(lowest).toEqual([3, 3, 9, undefined])
  })

  it('ignores what is not outstanding', () => {
    const outstanding = handedOut(3, 4)
    for (const offset of [0, 2, 5, 100]) outstanding.finish(offset)
    expect(outstanding.lowest).toBe(3)
    outstanding.finish(3)
    outstanding.finish(3)
    expect(outstanding.lowest).toBe(4)
  })

  it('does not let an offset between those handed out pass for a finished one', () => {
    const outstanding = handedOut(3, 8)
    outstanding.finish(5)
    outstanding.finish(3)
    expect(outstanding.lowest).toBe(8)
  })

  it('finishes all below an offset', () => {
    const outstanding = handedOut(1, 2, 5, 9)
    outstanding.finishBelow(6)
    expect(outstanding.lowest).toBe(9)
    outstanding.finishBelow(100)
    expect(outstanding.lowest).toBeUndefined()
  })

  it('takes back what is handed out again', () => {
    const outstanding = handedOut(1, 2, 3, 4)
    outstanding.finish(4)
    outstanding.takeBack(3)
    outstanding.finish(1)
    outstanding.finish(2)
    expect(outstanding.lowest).toBeUndefined()
    outstanding.handOut(3)
    outstanding.handOut(4)
    outstanding.finish(3)
    expect(outstanding.lowest).toBe(4)
  })

  it('forgets what is finished, so that it does not grow', () => {
    const outstanding = new OutstandingOffsets()
    for (let offset = 0; offset < 100_000; offset++) {
      outstanding.handOut(offset)
      if (offset >= 10) outstanding.finish(offset - 10)
    }
    expect(outstanding.lowest).toBe(99_990)
    outstanding.clear()
    expect(outstanding.lowest).toBeUndefined()
  })
})
