import { describe, expect, it } from 'vitest'
import { ProducerStates } from '../../src/log/producer-states.ts'

const MAX_SEQUENCE = 2147483647

function statesAfter(...batches: [epoch: number, baseSequence: number, lastSequence: number][]): ProducerStates {
  const states = new ProducerStates()
  batches.forEach(([epoch, baseSequence, lastSequence], i) => {
    states.check(7n, epoch, baseSequence)
    states.appended(7n, epoch, { baseSequence, lastSequence, baseOffset: i * 10, timestamp: 0 })
  })
  return states
}

describe('the producers of a partition', () => {
  it('take any first sequence of a producer that is not known', () => {
    expect(() => new ProducerStates().check(1n, 5, 77)).not.toThrow()
  })

  it('take the next sequence, and no other', () => {
    const states = statesAfter([0, 0, 2])
    expect(() => states.check(7n, 0, 3)).not.toThrow()
    for (const sequence of [0, 2, 4]) {
      expect(() => states.check(7n, 0, sequence)).toThrow(expect.objectContaining({ code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }))
    }
  })

  it('begin again from 0 after the largest number', () => {
    const states = statesAfter([0, MAX_SEQUENCE - 1, MAX_SEQUENCE])
    expect(() => states.check(7n, 0, 0)).not.toThrow()
  })

  it('begin again from 0 with a new epoch, and fence the old one', () => {
    const states = statesAfter([1, 0, 2])
    expect(() => states.check(7n, 2, 3)).toThrow(expect.objectContaining({ code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }))
    expect(() => states.check(7n, 2, 0)).not.toThrow()
    expect(() => states.check(7n, 0, 3)).toThrow(expect.objectContaining({ code: 'INVALID_PRODUCER_EPOCH' }))
  })

  it('recognise the last five batches when they come again, and none before', () => {
    const states = statesAfter([0, 0, 0], [0, 1, 1], [0, 2, 2], [0, 3, 3], [0, 4, 4], [0, 5, 5])
    expect(states.findDuplicate(7n, 0, 0, 0)).toBeUndefined()
    expect(states.findDuplicate(7n, 0, 1, 1)).toMatchObject({ baseOffset: 10 })
    expect(states.findDuplicate(7n, 0, 5, 5)).toMatchObject({ baseOffset: 50 })
    expect(states.findDuplicate(7n, 0, 4, 5)).toBeUndefined()
    expect(states.findDuplicate(7n, 1, 5, 5)).toBeUndefined()
    expect(states.findDuplicate(8n, 0, 5, 5)).toBeUndefined()
  })
})
