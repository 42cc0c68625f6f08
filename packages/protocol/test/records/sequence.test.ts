import { decrementSequence, incrementSequence } from '@k/protocol'
import { describe, expect, it } from 'vitest'

const MAX = 2147483647

describe('sequence numbers', () => {
  it.each([
    [0, 0, 0],
    [0, 1, 1],
    [5, 7, 12],
    [MAX - 1, 1, MAX],
    [MAX, 1, 0],
    [MAX - 1, 4, 2],
    [MAX, MAX, MAX - 1],
  ])('%i and %i more is %i, and back', (sequence, by, after) => {
    expect(incrementSequence(sequence, by)).toBe(after)
    expect(decrementSequence(after, by)).toBe(sequence)
  })
})
