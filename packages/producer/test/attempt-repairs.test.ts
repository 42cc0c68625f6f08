import { type RecordReader, recordBatches } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../src/partition-queue.ts'
import { answer, BROKER, setUpOutcomes as setUp } from './outcomes-set-up.ts'

describe('a batch that is too large for its broker', () => {
  const decode = (batch: Batch) => {
    const [decoded] = [...recordBatches(batch.seal(undefined) as Uint8Array)]
    const reader = decoded!.records() as RecordReader
    const timestamps: number[] = []
    while (reader.next()) timestamps.push(reader.timestamp)
    return { baseSequence: decoded!.baseSequence, timestamps }
  }

  it('becomes two, in its place, under its places in the sequence; no attempt is lost and no pause is made', () => {
    const { outcomes, add, leave, queue, replacements } = setUp()
    const first = add(5)
    const second = add(2)
    leave()
    outcomes.answered(first, answer('MESSAGE_TOO_LARGE'))
    expect(queue.next(BROKER)).toBeUndefined()
    outcomes.answered(second, answer('OUT_OF_ORDER_SEQUENCE_NUMBER'))
    expect(queue.retryAt).toBeGreaterThan(0)
    const again = leave()
    expect(again.map(decode)).toEqual([
      { baseSequence: 0, timestamps: [1_000, 1_001] },
      { baseSequence: 2, timestamps: [1_002, 1_003, 1_004] },
      { baseSequence: 5, timestamps: [1_000, 1_001] },
    ])
    expect(replacements).toEqual(again.slice(0, 2))
    expect(again.slice(0, 2).map(({ attempts }) => attempts)).toEqual([1, 1])
    expect(again.map(({ identity }) => identity?.producerEpoch)).toEqual([0, 0, 0])
    for (const [i, batch] of again.entries()) outcomes.answered(batch, answer(0, { baseOffset: BigInt(i * 10) }))
    expect(first.noted.metadata.map(({ offset }) => offset)).toEqual([0, 1, 10, 11, 12])
    expect(second.noted.metadata.map(({ offset }) => offset)).toEqual([20, 21])
  })

  it('is divided until single records remain, of which one that is too large fails alone, with its size, and the others are in order', () => {
    const { outcomes, add, leave } = setUp()
    const { noted } = add(4)
    const offsets: bigint[] = []
    for (let rounds = 0; rounds < 20; rounds++) {
      const left = leave()
      if (left.length === 0) break
      for (const batch of left) {
        const { timestamps } = decode(batch)
        const isTooLarge = timestamps.length > 1 || timestamps[0] === 1_001
        if (!isTooLarge) offsets.push(BigInt(timestamps[0]!))
        outcomes.answered(batch, isTooLarge ? answer('MESSAGE_TOO_LARGE') : answer(0, { baseOffset: BigInt(timestamps[0]!) }))
      }
    }
    expect(offsets).toEqual([1_000n, 1_002n, 1_003n])
    expect(noted.metadata.map(({ offset }) => offset)).toEqual([1_000, 1_002, 1_003])
    expect(noted.errors).toMatchObject([{ code: 'MESSAGE_TOO_LARGE', maybeWritten: false }])
    expect(noted.errors[0]!.message).toMatch(/refused \d+ bytes: .*max.message.bytes of the topic/)
  })

  it('wraps its places in the sequence around 2147483647, like every other', () => {
    const { outcomes, add, leave, queue } = setUp()
    const batch = add(4)
    leave()
    batch.setSequence({ producerId: 7n, producerEpoch: 0 }, 2_147_483_646)
    outcomes.answered(batch, answer('MESSAGE_TOO_LARGE'))
    expect(queue.waiting.map((part) => part.baseSequence)).toEqual([2_147_483_646, 0])
  })

  it('remembers what earlier attempts may have done', () => {
    const { outcomes, add, leave, clock } = setUp({ idempotent: false })
    const batch = add(2)
    leave()
    outcomes.answered(batch, answer('REQUEST_TIMED_OUT'))
    clock.pass(1_000)
    leave()
    outcomes.answered(batch, answer('MESSAGE_TOO_LARGE'))
    for (const part of leave()) outcomes.answered(part, answer('MESSAGE_TOO_LARGE'))
    for (const part of leave()) outcomes.answered(part, answer('MESSAGE_TOO_LARGE'))
    expect(batch.noted.errors.map(({ maybeWritten }) => maybeWritten)).toEqual([true, true])
  })
})

describe('records that a broker names as wrong', () => {
  const errors = (...indexes: number[]) =>
    indexes.map((batchIndex) => ({ batchIndex, batchIndexErrorMessage: batchIndex === 1 ? 'no key' : null }))

  it('fail, by name, and the others of their batch are sent again in order, under a new epoch', () => {
    const { outcomes, add, leave, queue } = setUp()
    const first = add(4)
    const second = add(1)
    leave()
    outcomes.answered(first, answer('INVALID_RECORD', { recordErrors: errors(1, 3), errorMessage: 'two are wrong' }))
    outcomes.answered(second, answer('OUT_OF_ORDER_SEQUENCE_NUMBER'))
    expect(first.noted.errors).toMatchObject([
      { code: 'INVALID_RECORD', maybeWritten: false },
      { code: 'INVALID_RECORD', maybeWritten: false },
    ])
    expect(first.noted.errors[0]!.message).toContain('record 2 of its batch: no key')
    expect(queue.waiting.map(({ count }) => count)).toEqual([2, 1])
    const [rest] = leave()
    expect([rest!.identity?.producerEpoch, rest!.baseSequence, rest!.attempts]).toEqual([1, 0, 1])
    outcomes.answered(rest!, answer(0, { baseOffset: 7n }))
    expect(first.noted.metadata.map(({ timestamp, offset }) => [timestamp, offset])).toEqual([
      [1_000, 7],
      [1_002, 8],
    ])
    expect(leave()).toEqual([second])
  })

  it('fail with all others where none is left, where an earlier attempt may have written them, and where the broker names none that exist', () => {
    const { outcomes, add, leave, clock } = setUp()
    const all = add(2)
    leave()
    outcomes.answered(all, answer('INVALID_TIMESTAMP', { recordErrors: errors(0, 1) }))
    expect(all.noted.errors).toMatchObject([{ code: 'INVALID_TIMESTAMP' }, { code: 'INVALID_TIMESTAMP' }])
    const unclear = add(2)
    leave()
    outcomes.answered(unclear, answer('REQUEST_TIMED_OUT'))
    clock.pass(1_000)
    leave()
    outcomes.answered(unclear, answer('INVALID_RECORD', { recordErrors: errors(0) }))
    expect(unclear.noted.errors.map(({ maybeWritten }) => maybeWritten)).toEqual([true, true])
    const none = add(2)
    leave()
    outcomes.answered(none, answer('INVALID_RECORD', { recordErrors: errors(-1, 2, 99) }))
    expect(none.noted.errors).toHaveLength(2)
  })
})

describe('UNKNOWN_SERVER_ERROR', () => {
  it.each([
    [9, true, true],
    [9, false, false],
    [13, true, false],
  ])('from a broker that speaks Produce %i, for records with headers: %s, is explained: %s', (produceVersion, hasHeaders, isExplained) => {
    const { outcomes, add, leave } = setUp({ produceVersion, idempotent: false })
    const batch = add(1)
    if (hasHeaders) batch.append(1, null, 'a', [['h', 'x']], 1_000, undefined, batch.noted)
    leave()
    outcomes.answered(batch, answer('UNKNOWN_SERVER_ERROR'))
    expect(batch.noted.errors[0]).toMatchObject({ code: 'UNKNOWN_SERVER_ERROR', maybeWritten: true })
    expect(batch.noted.errors[0]!.message.includes('message.format.version')).toBe(isExplained)
  })
})
