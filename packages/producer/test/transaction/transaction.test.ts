import { AddOffsetsToTxn, AddPartitionsToTxn, EndTxn, InitProducerId, Produce, TxnOffsetCommit } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import type { Producer } from '../../src/producer.ts'
import { newProducer, rejectionOf } from '../fake-set-up.ts'
import { committedValues, endings, group, kinds, offsets, transactional, transactionalId } from './transaction-set-up.ts'

describe.each(kinds)('a transaction, with %s', (_, version) => {
  it('commits when the work resolves, and resolves with its result', async () => {
    const { kafka, producer } = await transactional(version)
    const result = await producer.transaction(async (tx) => {
      expect((await tx.send({ topic: 'orders', partition: 0, value: 'a' })).offset).toBe(0)
      await tx.send([1, 2].map((partition) => ({ topic: 'orders', partition, value: 'b' })))
      return 42
    })
    expect(result).toBe(42)
    expect(await committedValues(kafka)).toEqual(['a', 'b', 'b'])
    expect(endings(kafka)).toEqual([true])
  })

  it('aborts when the work throws, and rejects with that very error', async () => {
    const { kafka, producer } = await transactional(version)
    const mine = new Error('mine')
    const work = producer.transaction(async (tx) => {
      await tx.send({ topic: 'orders', value: 'a' })
      throw mine
    })
    expect(await rejectionOf(work)).toBe(mine)
    expect(await committedValues(kafka)).toEqual([])
    expect(endings(kafka)).toEqual([false])
    await producer.transaction((tx) => tx.send({ topic: 'orders', value: 'b' }))
    expect(await committedValues(kafka)).toEqual(['b'])
  })

  it('rejects with the error of the work, also where the abort fails', async () => {
    const { kafka, producer } = await transactional(version)
    kafka.on(EndTxn).fail('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
    const mine = new Error('mine')
    const work = producer.transaction(async (tx) => {
      await tx.send({ topic: 'orders', value: 'a' })
      throw mine
    })
    expect(await rejectionOf(work)).toBe(mine)
  })

  it('waits for sends that nobody awaited before it commits', async () => {
    const { kafka, producer } = await transactional(version)
    await producer.transaction((tx) => {
      for (let i = 0; i < 50; i++) tx.send({ topic: 'orders', value: `${i}` })
      tx.enqueue({ topic: 'orders', value: 'enqueued' })
      tx.sendOffsets(offsets, group)
    })
    expect(await committedValues(kafka)).toHaveLength(51)
    expect(kafka.requests.list(TxnOffsetCommit)).toHaveLength(1)
    const order = kafka.requests.list().map(({ api }) => api)
    expect(order.lastIndexOf('Produce')).toBeLessThan(order.indexOf('EndTxn'))
    expect(order.indexOf('TxnOffsetCommit')).toBeLessThan(order.indexOf('EndTxn'))
  })

  it('costs nothing where nothing was sent', async () => {
    const { kafka, producer } = await transactional(version)
    await producer.transaction(() => {})
    await (await producer.beginTransaction()).abort()
    expect(endings(kafka)).toEqual([])
  })

  it('commits by hand, and aborts by hand, once', async () => {
    const { kafka, producer } = await transactional(version)
    const first = await producer.beginTransaction()
    await first.send({ topic: 'orders', value: 'a' })
    await first.commit()
    expect(first.isOpen).toBe(false)
    for (const call of [
      () => first.commit(),
      () => first.abort(),
      () => first.send({ topic: 'orders', value: 'b' }),
      () => first.sendOffsets(offsets, group),
    ]) {
      expect(await rejectionOf(call())).toMatchObject({ code: 'TRANSACTION_ENDED' })
    }
    expect(() => first.enqueue({ topic: 'orders', value: 'b' })).toThrow(expect.objectContaining({ code: 'TRANSACTION_ENDED' }))
    const second = await producer.beginTransaction()
    await second.send({ topic: 'orders', value: 'c' })
    await second.abort()
    await second.abort()
    expect(await committedValues(kafka)).toEqual(['a'])
    expect(endings(kafka)).toEqual([true, false])
  })

  it('is aborted by `await using` where it was not committed, and left alone where it was', async () => {
    const { kafka, producer } = await transactional(version)
    {
      await using tx = await producer.beginTransaction()
      await tx.send({ topic: 'orders', value: 'a' })
    }
    {
      await using tx = await producer.beginTransaction()
      await tx.send({ topic: 'orders', value: 'b' })
      await tx.commit()
    }
    expect(await committedValues(kafka)).toEqual(['b'])
    expect(endings(kafka)).toEqual([false, true])
  })

  it('is the only one of its producer: a second is refused while it is open', async () => {
    const { kafka, producer } = await transactional(version)
    const beginning = producer.beginTransaction()
    expect(await rejectionOf(producer.beginTransaction())).toMatchObject({ code: 'TRANSACTION_IN_PROGRESS' })
    const tx = await beginning
    await tx.send({ topic: 'orders', value: 'a' })
    expect(await rejectionOf(producer.transaction(async () => {}))).toMatchObject({ code: 'TRANSACTION_IN_PROGRESS' })
    await tx.commit()
    await producer.transaction((next) => next.send({ topic: 'orders', value: 'b' }))
    expect(await committedValues(kafka)).toEqual(['a', 'b'])
  })

  it('is aborted where a send failed, handled or not', async () => {
    const { kafka, producer } = await transactional(version)
    for (const fail of [
      (tx: Awaited<ReturnType<Producer['beginTransaction']>>) => void tx.send({ topic: 'orders', partition: 99, value: 'x' }),
      (tx: Awaited<ReturnType<Producer['beginTransaction']>>) => tx.send({ topic: 'orders', value: 'x'.repeat(2_000_000) }).catch(() => {}),
      (tx: Awaited<ReturnType<Producer['beginTransaction']>>) => tx.send([{ topic: 'orders', value: 7 as never }]).catch(() => {}),
      (tx: Awaited<ReturnType<Producer['beginTransaction']>>) =>
        void tx.enqueue({ topic: 'orders', partition: 99, value: 'x' }, { onDelivery: () => {} }),
    ]) {
      const tx = await producer.beginTransaction()
      await tx.send({ topic: 'orders', value: 'a' })
      await fail(tx)
      const error = await rejectionOf(tx.commit())
      expect(error).toMatchObject({ name: 'TransactionError', code: 'TRANSACTION_ABORTED', outcome: 'aborted' })
      await tx.abort()
    }
    expect(await committedValues(kafka)).toEqual([])
    await producer.transaction((tx) => tx.send({ topic: 'orders', value: 'good' }))
    expect(await committedValues(kafka)).toEqual(['good'])
  })

  it('commits the offsets of a group with it, and none where it aborts', async () => {
    const { kafka, producer } = await transactional(version)
    const committed = () => kafka.committed('billing')
    const failing = producer.transaction(async (tx) => {
      await tx.sendOffsets([{ topic: 'orders', partition: 0, offset: 5 }], group)
      throw new Error('no')
    })
    await rejectionOf(failing)
    expect(committed()).toEqual([])
    await producer.transaction((tx) => tx.sendOffsets(offsets, { ...group, groupInstanceId: undefined }))
    expect(committed()).toMatchObject([{ topic: 'orders', partition: 0, offset: 7 }])
    const asked = kafka.requests.list(AddOffsetsToTxn).length
    expect(asked).toBe(version === 1 ? 2 : 0)
  })

  it('refuses the offsets of a consumer that commits by itself, and what is no offset', async () => {
    const { producer } = await transactional(version)
    for (const [given, as, why] of [
      [offsets, { ...group, enableAutoCommit: true }, /enableAutoCommit: false/],
      [[{ topic: 'orders', partition: 0, offset: 1, value: Buffer.alloc(1) }], group, /not a record/],
      [[{ topic: 'orders', partition: -1, offset: 1 }], group, /partition/],
      [[{ topic: 'orders', partition: 0, offset: -1 }], group, /offset/],
      [offsets, 'billing', /groupMetadata\(\)/],
      [offsets, { groupId: 'billing' }, /memberId/],
      ['orders', group, /array/],
      [[null], group, /undefined/],
      [Array(1), group, /undefined/],
    ] as const) {
      const tx = await producer.beginTransaction()
      const error = (await rejectionOf(tx.sendOffsets(given as never, as as never))) as Error
      expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' })
      expect(error.message).toMatch(why)
      expect(await rejectionOf(tx.commit())).toMatchObject({ code: 'TRANSACTION_ABORTED' })
    }
  })

  it.each([
    ['partition', { partition: 2 ** 40 }],
    ['leaderEpoch', { leaderEpoch: 1.5 }],
    ['metadata', { metadata: 7 as never }],
  ])('is aborted, and its producer goes on, where a %s of an offset cannot be written', async (_, wrong) => {
    const { kafka, producer } = await transactional(version)
    const work = producer.transaction((tx) => tx.sendOffsets([{ topic: 'orders', partition: 0, offset: 7, ...wrong }], group))
    expect(await rejectionOf(work)).toMatchObject({ code: 'INVALID_ARGUMENT' })
    await producer.transaction((tx) => tx.send({ topic: 'orders', value: 'a' }))
    expect(await committedValues(kafka)).toEqual(['a'])
  })

  it('adds partitions and offsets first only where brokers do not do it by themselves', async () => {
    const { kafka, producer } = await transactional(version)
    for (let i = 0; i < 2; i++) {
      await producer.transaction(async (tx) => {
        tx.send([0, 1, 2].map((partition) => ({ topic: 'orders', partition, value: 'a' })))
        await tx.send({ topic: 'orders', partition: 0, value: 'b' })
        await tx.sendOffsets(offsets, group)
      })
    }
    const added = kafka.requests.list(AddPartitionsToTxn).map(({ body }) => body.v3AndBelowTopics)
    if (version === 2) expect(added).toEqual([])
    else expect(added).toEqual(Array(2).fill([{ name: 'orders', partitions: [0, 1, 2] }]))
    const versions = (api: typeof Produce | typeof EndTxn | typeof TxnOffsetCommit) => kafka.requests.list(api).map((one) => one.version)
    expect(versions(Produce).every((used) => (version === 1 ? used <= 11 : used >= 12))).toBe(true)
    expect(versions(EndTxn).every((used) => (version === 1 ? used <= 4 : used >= 5))).toBe(true)
    expect(versions(TxnOffsetCommit).every((used) => (version === 1 ? used <= 4 : used === 5))).toBe(true)
    const epochs = kafka.requests.list(EndTxn).map(({ body }) => body.producerEpoch)
    expect(epochs).toEqual(version === 1 ? [0, 0] : [0, 1])
    expect(kafka.requests.list(InitProducerId)).toHaveLength(1)
  })

  it('takes nothing more at once when something of it has failed', async () => {
    const { kafka, producer } = await transactional(version)
    const tx = await producer.beginTransaction()
    await rejectionOf(tx.send({ topic: 'orders', partition: 99, value: 'x' }))
    const before = kafka.requests.list().length
    const refused = { name: 'ProduceError', code: 'TRANSACTION_ABORTED', maybeWritten: false, topic: 'nowhere' }
    expect(await rejectionOf(tx.send({ topic: 'nowhere', value: 'a' }))).toMatchObject(refused)
    expect(await rejectionOf(tx.send([{ topic: 'nowhere', value: 'a' }]))).toMatchObject({
      name: 'ItemsError',
      failed: [{ error: refused }],
    })
    expect(() => tx.enqueue({ topic: 'nowhere', value: 'a' })).toThrow(expect.objectContaining(refused))
    expect(await rejectionOf(tx.sendOffsets(offsets, group))).toMatchObject({ code: 'TRANSACTION_ABORTED' })
    expect(kafka.requests.list()).toHaveLength(before)
    await tx.abort()
  })

  it('rejects everything with the same error once its producer is fenced', async () => {
    const { kafka, producer } = await transactional(version)
    const tx = await producer.beginTransaction()
    kafka.on(Produce).once().fail('PRODUCER_FENCED')
    await rejectionOf(tx.send({ topic: 'orders', value: 'a' }))
    const error = await rejectionOf(tx.send({ topic: 'orders', value: 'b' }))
    expect(error).toMatchObject({ name: 'FencedError', code: 'PRODUCER_FENCED' })
    expect(() => tx.enqueue({ topic: 'orders', value: 'b' })).toThrow(error as Error)
    for (const call of [() => tx.sendOffsets(offsets, group), () => tx.commit(), () => producer.beginTransaction()]) {
      expect(await rejectionOf(call())).toBe(error)
    }
  })

  it('is aborted by close(), which takes no longer than it may', async () => {
    const { kafka, producer } = await transactional(version)
    const tx = await producer.beginTransaction()
    await tx.send({ topic: 'orders', value: 'a' })
    await producer.close()
    expect(endings(kafka)).toEqual([false])
    expect(await committedValues(kafka)).toEqual([])
    await rejectionOf(tx.send({ topic: 'orders', value: 'b' }))
    expect(await rejectionOf(producer.beginTransaction())).toMatchObject({ code: 'CLOSED' })
  })

  it('commits with what waits for room, and what nobody awaited', async () => {
    const { kafka, producer } = await transactional(version, { bufferMemory: 2_000, batchSize: 1_000 })
    const values = Array.from({ length: 40 }, (_, i) => String(i).padStart(200, '0'))
    await producer.transaction((tx) => {
      for (const value of values.slice(0, 20)) void tx.enqueue({ topic: 'orders', partition: 0, value })
      for (const value of values.slice(20)) void tx.send({ topic: 'orders', partition: 1, value })
    })
    expect(await committedValues(kafka)).toEqual(values)
  })

  it('aborts where what waits for room finds none in time', async () => {
    const { kafka, producer } = await transactional(version, { bufferMemory: 1_000, batchSize: 1_000, maxBlockMs: 300 })
    const tx = await producer.beginTransaction()
    const held = kafka.on(Produce).hold()
    void tx.enqueue({ topic: 'orders', partition: 0, value: 'a'.repeat(900) })
    void tx.enqueue({ topic: 'orders', partition: 0, value: 'b'.repeat(900) })
    const committing = rejectionOf(tx.commit())
    await held.struck()
    setTimeout(() => held.release(), 350)
    expect(await committing).toMatchObject({ code: 'TRANSACTION_ABORTED', outcome: 'aborted' })
    held.remove()
    await producer.transaction((next) => next.send({ topic: 'orders', value: 'c' }))
    expect(await committedValues(kafka)).toEqual(['c'])
  })

  it('may be flushed, which ends nothing', async () => {
    const { kafka, producer } = await transactional(version, { lingerMs: 60_000, deliveryTimeoutMs: 120_000 })
    const tx = await producer.beginTransaction()
    let delivered = 0
    for (let i = 0; i < 3; i++) tx.enqueue({ topic: 'orders', value: `${i}` }, { onDelivery: () => delivered++ })
    await producer.flush()
    expect(delivered).toBe(3)
    expect(await committedValues(kafka)).toEqual([])
    tx.enqueue({ topic: 'orders', value: '3' })
    await tx.commit()
    expect(await committedValues(kafka)).toEqual(['0', '1', '2', '3'])
  })

  it('of two producers with one id is committed by exactly one, and the other is told why it lost', async () => {
    const { kafka, producer: a } = await transactional(version)
    const b = newProducer(kafka, { transactionalId } as never)
    const first = await a.beginTransaction()
    await first.send({ topic: 'orders', value: 'a' })
    const second = await b.beginTransaction()
    await second.send({ topic: 'orders', value: 'b' })
    const [lost, won] = await Promise.allSettled([first.commit(), second.commit()])
    expect(won.status).toBe('fulfilled')
    expect(lost).toMatchObject({ reason: { name: 'FencedError' } })
    const { message } = (lost as PromiseRejectedResult).reason
    expect(message).toMatch(/another producer has begun with billing/)
    expect(message).toMatch(/transactionTimeoutMs/)
    expect(await committedValues(kafka)).toEqual(['b'])
  })

  it('does not wait for work that goes on after its signal aborted, and takes nothing more from it', async () => {
    const { kafka, producer } = await transactional(version)
    const controller = new AbortController()
    let later: Promise<unknown> | undefined
    const work = producer.transaction(
      async (tx) => {
        await tx.send({ topic: 'orders', value: 'a' })
        controller.abort(new Error('enough'))
        later = new Promise((resolve) =>
          controller.signal.addEventListener('late', () => resolve(rejectionOf(tx.send({ topic: 'orders', value: 'b' })))),
        )
        await new Promise(() => {})
      },
      { signal: controller.signal },
    )
    expect(await rejectionOf(work)).toMatchObject({ message: 'enough' })
    controller.signal.dispatchEvent(new Event('late'))
    expect(await later).toMatchObject({ code: 'TRANSACTION_ENDED' })
    await producer.transaction((tx) => tx.send({ topic: 'orders', value: 'c' }))
    expect(await committedValues(kafka)).toEqual(['c'])
  })

  it('commits nothing where its signal aborted before the work had ended', async () => {
    const { kafka, producer } = await transactional(version)
    const controller = new AbortController()
    const work = producer.transaction(
      async (tx) => {
        await tx.send({ topic: 'orders', value: 'a' })
        controller.abort(new Error('enough'))
      },
      { signal: controller.signal },
    )
    expect(await rejectionOf(work)).toMatchObject({ message: 'enough' })
    expect(await committedValues(kafka)).toEqual([])
  })
})
