import { describe, expect, it } from 'vitest'
import { queueSetUp } from './queue-set-up.ts'

describe('PartitionQueue', () => {
  it('lets batches leave in order, each with the next place in the sequence', () => {
    const { add, leave } = queueSetUp()
    const a = add(10)
    const b = add(3)
    const c = add(1)
    expect(leave()).toEqual([a, b, c])
    expect([a, b, c].map((batch) => batch.baseSequence)).toEqual([0, 10, 13])
    expect([a, b, c].map((batch) => [batch.identity?.producerId, batch.identity?.producerEpoch])).toEqual([
      [7n, 0],
      [7n, 0],
      [7n, 0],
    ])
  })

  it('holds back what comes after as many batches as may be on their way', () => {
    const { queue, add, leave } = queueSetUp({ maxInFlight: 2 })
    const [a, b, c] = [add(), add(), add()]
    expect(leave()).toEqual([a, b])
    queue.complete(a!)
    expect(leave()).toEqual([c])
  })

  it('lets nothing leave before the producer has an id', () => {
    const { add, leave, source } = queueSetUp({ known: false })
    const { identity } = source
    source.identity = undefined
    const a = add()
    expect(leave()).toEqual([])
    source.identity = identity
    expect(leave()).toEqual([a])
  })

  it('waits for the answers of the old leader before anything goes to the new one', () => {
    const { queue, add, leave } = queueSetUp()
    const [a, b] = [add(), add()]
    queue.take(1)
    expect(leave(2)).toEqual([])
    queue.complete(a!)
    expect(leave(2)).toEqual([b])
  })

  it('sends a batch again under the same place in the sequence, before everything that came later', () => {
    const { queue, add, leave } = queueSetUp()
    const [a, b, c, d] = [add(), add(), add(), add()]
    queue.take(1)
    queue.take(1)
    queue.take(1)
    for (const batch of [a, b]) {
      batch!.maybeWritten = true
      queue.putBack(batch!)
      expect(leave()).toEqual([])
    }
    queue.complete(c!)
    expect(leave()).toEqual([a, b, d])
    expect([a, b, d].map((batch) => batch?.baseSequence)).toEqual([0, 10, 30])
  })

  it('puts batches back in their order, whichever comes back first', () => {
    const { queue, add, leave } = queueSetUp()
    const [a, b, c] = [add(), add(), add()]
    leave()
    queue.putBack(b!)
    queue.putBack(c!)
    queue.putBack(a!)
    expect(leave()).toEqual([a, b, c])
  })

  it('knows whether a batch that left earlier has no outcome yet', () => {
    const { queue, add, leave } = queueSetUp()
    const [a, b] = [add(), add()]
    leave()
    expect(queue.hasEarlier(a!)).toBe(false)
    expect(queue.hasEarlier(b!)).toBe(true)
    queue.putBack(a!)
    expect(queue.hasEarlier(b!)).toBe(true)
    queue.drop(a!)
    expect(queue.hasEarlier(b!)).toBe(false)
  })

  it('begins a new epoch after a batch was given up, once everything on its way is answered', () => {
    const { queue, add, leave } = queueSetUp()
    const [a, b, c, d] = [add(), add(), add(), add()]
    queue.take(1)
    queue.take(1)
    queue.take(1)
    queue.drop(a!)
    expect(leave()).toEqual([])
    queue.putBack(b!)
    queue.putBack(c!)
    expect(leave()).toEqual([b])
    queue.complete(b!)
    expect(leave()).toEqual([c, d])
    expect([b, c, d].map((batch) => [batch?.identity?.producerEpoch, batch?.baseSequence])).toEqual([
      [1, 0],
      [1, 10],
      [1, 20],
    ])
  })

  it('lets the first batch of an epoch leave alone: a broker that knows nothing of the producer would take a later one for the first', () => {
    const { queue, add, leave } = queueSetUp({ known: false })
    const [a, b, c] = [add(), add(), add()]
    expect(leave()).toEqual([a])
    queue.putBack(a!)
    expect(leave()).toEqual([a])
    queue.complete(a!)
    expect(leave()).toEqual([b, c])
  })

  it('lets the first batch leave alone where the topic was made anew', () => {
    const { queue, add, leave } = queueSetUp()
    const [a, b] = [add(), add()]
    queue.recreated()
    expect(leave()).toEqual([a])
    queue.complete(a!)
    expect(leave()).toEqual([b])
  })

  it('goes on in the same epoch after a batch was given up that never left', () => {
    const { queue, add, leave } = queueSetUp()
    const [a, b] = [add(), add()]
    queue.drop(a!)
    expect(leave()).toEqual([b])
    expect([b?.identity?.producerEpoch, b?.baseSequence]).toEqual([0, 0])
  })

  it('asks for a batch that may be in the log under its old place before it begins a new epoch', () => {
    const { queue, add, leave } = queueSetUp()
    const [a, b, c] = [add(), add(), add()]
    queue.take(1)
    queue.take(1)
    queue.drop(a!)
    b!.maybeWritten = true
    queue.putBack(b!)
    expect(leave()).toEqual([b])
    expect([b?.identity?.producerEpoch, b?.baseSequence]).toEqual([0, 10])
    queue.complete(b!)
    expect(leave()).toEqual([c])
    expect([c?.identity?.producerEpoch, c?.baseSequence]).toEqual([1, 0])
  })

  it('gives up a batch that may be in the log when one before it needs the new epoch', () => {
    const { queue, add, leave, lost } = queueSetUp()
    const [a, b, c] = [add(), add(), add()]
    leave()
    b!.maybeWritten = true
    queue.putBack(b!)
    queue.putBack(c!)
    queue.putBack(a!, true)
    expect(lost).toEqual([b])
    expect(leave()).toEqual([a])
    queue.complete(a!)
    expect(leave()).toEqual([c])
    expect([a, c].map((batch) => [batch?.identity?.producerEpoch, batch?.baseSequence])).toEqual([
      [1, 0],
      [1, 10],
    ])
  })

  it('gives up a batch that was refused when the broker took a later one all the same', () => {
    const { queue, add, leave, lost } = queueSetUp()
    const [a, b, c, d] = [add(), add(), add(), add()]
    queue.take(1)
    queue.take(1)
    queue.take(1)
    queue.putBack(a!)
    b!.maybeWritten = true
    queue.putBack(b!)
    queue.complete(c!)
    expect(lost).toEqual([a])
    expect(leave()).toEqual([b])
    queue.complete(b!)
    expect(leave()).toEqual([d])
    expect([d?.identity?.producerEpoch, d?.baseSequence]).toEqual([1, 0])
  })

  it('gives up every batch that was refused when the broker took a later one, not only the first', () => {
    const { queue, add, leave, lost } = queueSetUp()
    const [a, b, c, d, e] = [add(), add(), add(), add(), add()]
    for (let i = 0; i < 4; i++) queue.take(1)
    queue.putBack(a!, true)
    queue.putBack(b!)
    queue.putBack(c!)
    // The broker forgot the producer before this one came, and took its place in the sequence for the first.
    queue.complete(d!)
    expect(lost).toEqual([a, b, c])
    expect(leave()).toEqual([e])
    expect([e?.identity?.producerEpoch, e?.baseSequence]).toEqual([1, 0])
  })

  it('keeps everything back while the outcome of a batch that is too late is unknown, and needs no new epoch if it was written', () => {
    const { queue, add, leave } = queueSetUp()
    const [a, b] = [add(), add()]
    queue.take(1)
    queue.hold()
    expect(leave()).toEqual([])
    queue.complete(a!)
    expect(leave()).toEqual([b])
    expect([b?.identity?.producerEpoch, b?.baseSequence]).toEqual([0, 10])
  })

  it('asks for another producer id when the epochs of the first are used up', () => {
    const { queue, add, leave, source, renewed } = queueSetUp({ producerEpoch: 32_767 })
    const [a, b] = [add(), add()]
    queue.take(1)
    queue.drop(a!)
    expect(renewed).toEqual([{ producerId: 7n, producerEpoch: 32_767 }])
    expect(leave()).toEqual([])
    source.identity = { producerId: 8n, producerEpoch: 0 }
    expect(leave()).toEqual([b])
    expect([b?.identity?.producerId, b?.identity?.producerEpoch, b?.baseSequence]).toEqual([8n, 0, 0])
  })

  it('begins the sequence anew at 0 after 2147483647', () => {
    const { queue, add, leave } = queueSetUp()
    const a = add(5)
    // As if so many records had been written before.
    Object.defineProperty(a, 'count', { value: 2 ** 31 - 3 })
    const [b, c] = [add(5), add(5)]
    leave()
    expect(a.baseSequence).toBe(0)
    expect(b.baseSequence).toBe(2 ** 31 - 3)
    expect(c.baseSequence).toBe(2)
    queue.complete(a)
  })

  it('takes records into the last batch until it has left', () => {
    const { queue, add } = queueSetUp()
    expect(queue.open).toBe(undefined)
    const a = add()
    expect(queue.open).toBe(a)
    queue.take(1)
    expect(queue.open).toBe(undefined)
    queue.putBack(a)
    expect(queue.open).toBe(undefined)
  })

  it('numbers nothing without idempotence, and keeps the order all the same', () => {
    const { queue, add, leave } = queueSetUp({ idempotent: false, maxInFlight: 1 })
    const [a, b] = [add(), add()]
    expect(leave()).toEqual([a])
    queue.putBack(a!)
    expect(leave()).toEqual([a])
    queue.drop(a!)
    expect(leave()).toEqual([b])
    expect(b?.hasSequence).toBe(false)
  })
})
