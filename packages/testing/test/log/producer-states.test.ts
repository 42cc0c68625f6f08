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

  it('begin again from 0 after a marker with a new epoch, and go on after one with the same', () => {
    const marker = { producerId: 7n, coordinatorEpoch: 0, isCommit: true }
    const bumped = statesAfter([0, 0, 4])
    bumped.checkMarker({ ...marker, producerEpoch: 1, bumpsEpoch: true }, true)
    bumped.ended({ ...marker, producerEpoch: 1, bumpsEpoch: true }, 0)
    expect(() => bumped.check(7n, 1, 5)).toThrow(expect.objectContaining({ code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }))
    expect(() => bumped.check(7n, 1, 0)).not.toThrow()
    expect(() => bumped.check(7n, 0, 5)).toThrow(expect.objectContaining({ code: 'INVALID_PRODUCER_EPOCH' }))
    const same = statesAfter([0, 0, 4])
    same.ended({ ...marker, producerEpoch: 0, bumpsEpoch: false }, 0)
    expect(() => same.check(7n, 0, 5)).not.toThrow()
  })

  it('take markers in new epochs alone where that is asked, unless the same comes again', () => {
    const states = statesAfter([3, 0, 0])
    const check = (producerEpoch: number, bumpsEpoch: boolean, isOpen = true, coordinatorEpoch = 2) => {
      return () => states.checkMarker({ producerId: 7n, producerEpoch, coordinatorEpoch, isCommit: false, bumpsEpoch }, isOpen)
    }
    const invalid = expect.objectContaining({ code: 'INVALID_PRODUCER_EPOCH' })
    expect(check(2, false)).toThrow(invalid)
    expect(check(3, false)).not.toThrow()
    expect(check(3, true)).toThrow(invalid)
    expect(check(3, true, false)).not.toThrow()
    expect(check(4, true)).not.toThrow()
    states.ended({ producerId: 7n, producerEpoch: 4, coordinatorEpoch: 2, isCommit: false, bumpsEpoch: true }, 0)
    expect(check(4, false, false, 1)).toThrow(expect.objectContaining({ code: 'TRANSACTION_COORDINATOR_FENCED' }))
  })

  it('must send the lowest sequence first of those that they wanted to begin a transaction with', () => {
    const states = new ProducerStates()
    states.expect(7n, 0, 4, false)
    states.expect(7n, 0, 9, false)
    expect(() => states.check(7n, 0, 9)).toThrow(expect.objectContaining({ code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }))
    expect(() => states.check(7n, 0, 4)).not.toThrow()
    states.appended(7n, 0, { baseSequence: 4, lastSequence: 8, baseOffset: 0, timestamp: 0 })
    expect(() => states.check(7n, 0, 9)).not.toThrow()
  })

  it('are told of one by one, and forgotten all at once', () => {
    const states = statesAfter([2, 0, 6])
    expect([...states.all()]).toEqual([[7n, { epoch: 2, lastSequence: 6, lastTimestamp: 0, coordinatorEpoch: -1 }]])
    states.forget()
    expect([...states.all()]).toEqual([])
    expect(() => states.check(7n, 0, 33)).not.toThrow()
  })
})
