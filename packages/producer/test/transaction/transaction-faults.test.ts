import { type AnyApi, DescribeTransactions, EndTxn, InitProducerId, Produce, TxnOffsetCommit } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { newProducer, rejectionOf } from '../fake-set-up.ts'
import { committedValues, endings, group, kinds, offsets, transactional, transactionalId } from './transaction-set-up.ts'

const record = (value: string, partition = 0) => ({ topic: 'orders', partition, value })

describe.each(kinds)('with %s', (_, version) => {
  describe('an end that nobody confirmed', () => {
    it('is asked for again, and counts once where the answer was lost', async () => {
      const { kafka, producer } = await transactional(version)
      kafka.on(EndTxn).once().disconnect({ afterWork: true })
      await producer.transaction((tx) => tx.send(record('a')))
      expect(await committedValues(kafka)).toEqual(['a'])
      await producer.transaction((tx) => tx.send(record('b')))
      expect(await committedValues(kafka)).toEqual(['a', 'b'])
    })

    const doubts = {
      'every answer is lost': (kafka: Awaited<ReturnType<typeof transactional>>['kafka']) =>
        kafka.on(EndTxn).disconnect({ afterWork: true }),
      'every request is lost': (kafka: Awaited<ReturnType<typeof transactional>>['kafka']) => kafka.on(EndTxn).disconnect(),
      'nobody answers': (kafka: Awaited<ReturnType<typeof transactional>>['kafka']) => kafka.on(EndTxn).blackhole(),
      'the broker fails, having done it': (kafka: Awaited<ReturnType<typeof transactional>>['kafka']) =>
        kafka.on(EndTxn).fail('UNKNOWN_SERVER_ERROR', { afterWork: true }),
      'the broker fails, not having done it': (kafka: Awaited<ReturnType<typeof transactional>>['kafka']) =>
        kafka.on(EndTxn).fail('UNKNOWN_SERVER_ERROR'),
      'the coordinator wrote it down, and cannot replicate it': (kafka: Awaited<ReturnType<typeof transactional>>['kafka']) =>
        kafka.on(EndTxn).fail('COORDINATOR_NOT_AVAILABLE', { afterWork: true }),
      'the coordinator wrote it down, and stepped down': (kafka: Awaited<ReturnType<typeof transactional>>['kafka']) =>
        kafka.on(EndTxn).fail('NOT_COORDINATOR', { afterWork: true }),
      'the coordinator did it, and says something that no coordinator says': (kafka: Awaited<ReturnType<typeof transactional>>['kafka']) =>
        kafka.on(EndTxn).fail('NOT_LEADER_OR_FOLLOWER', { afterWork: true }),
    }

    it.each(Object.entries(doubts))('is reported as unknown, never as done: %s', async (_, doubt) => {
      const { kafka, producer } = await transactional(version, { maxBlockMs: 300, requestTimeoutMs: 100 })
      const tx = await producer.beginTransaction()
      await tx.send(record('a'))
      const rule = doubt(kafka)
      const error = await rejectionOf(tx.commit())
      expect(error).toMatchObject({ name: 'TransactionError', code: 'TRANSACTION_OUTCOME_UNKNOWN', outcome: 'unknown' })
      // Neither a second commit nor an abort makes it known.
      expect(await rejectionOf(tx.commit())).toMatchObject({ code: 'TRANSACTION_ENDED' })
      expect(await rejectionOf(tx.abort())).toBe(error)

      rule.remove()
      const before = kafka.requests.list().length
      await producer.transaction((next) => next.send(record('b')))
      const after = kafka.requests.list().slice(before)
      // An end and, where that gives none, a new epoch: before anything else.
      const firstWrite = after.findIndex(({ api }) => api === 'Produce')
      expect(after.slice(0, firstWrite).map(({ api }) => api)).toContain('EndTxn')
      const epochs = kafka.requests.list(EndTxn).map(({ body }) => body.producerEpoch)
      expect(epochs.at(-1)).toBeGreaterThan(epochs[0]!)
      const values = await committedValues(kafka)
      expect([['b'], ['a', 'b']]).toContainEqual(values)
    })

    it('is no doubt where the coordinator cannot have done it: the transaction is aborted', async () => {
      // Pauses double, so that the time is up in the middle of a long one, and not of an attempt.
      const { kafka, producer } = await transactional(version, { maxBlockMs: 900, retryBackoffMs: 1_000, retryBackoffMaxMs: 1_000 })
      const tx = await producer.beginTransaction()
      await tx.send(record('a'))
      const rule = kafka.on(EndTxn).fail('COORDINATOR_LOAD_IN_PROGRESS')
      expect(await rejectionOf(tx.commit())).toMatchObject({ code: 'TRANSACTION_ABORTED', outcome: 'aborted' })
      rule.remove()
      await producer.transaction((next) => next.send(record('b')))
      expect(await committedValues(kafka)).toEqual(['b'])
    })

    it('of an abort rejects it, and is seen to before the next transaction', async () => {
      const { kafka, producer } = await transactional(version, { maxBlockMs: 300, requestTimeoutMs: 100 })
      const tx = await producer.beginTransaction()
      await tx.send(record('a'))
      const rule = kafka.on(EndTxn).blackhole()
      expect(await rejectionOf(tx.abort())).toMatchObject({ code: 'TIMED_OUT', deadline: 'maxBlockMs' })
      rule.remove()
      await producer.transaction((next) => next.send(record('b')))
      expect(await committedValues(kafka)).toEqual(['b'])
      expect(endings(kafka).slice(-2)).toEqual([false, true])
    })
  })

  describe('a request that may yet be carried out', () => {
    // From an old connection of a broker that was frozen: with the same epoch it would count as part of what is open by then.
    it.each([
      ['commit of offsets', TxnOffsetCommit],
      ['end', EndTxn],
    ])('has no part in the next transaction, which has another epoch: %s', async (_, api) => {
      const { kafka, producer } = await transactional(version, { requestTimeoutMs: 100 })
      const copy = async (value: string) => {
        await using tx = await producer.beginTransaction()
        await tx.send(record(value))
        await tx.sendOffsets(offsets, group)
        await tx.commit()
      }
      kafka.on(api).once().dropAnswer()
      await copy('a')
      await copy('b')
      const [before, after] = [kafka.requests.list(EndTxn)[0]!, kafka.requests.list(EndTxn).at(-1)!]
      expect(after.body.producerEpoch).toBeGreaterThan(before.body.producerEpoch)
      expect(await committedValues(kafka)).toEqual(['a', 'b'])
    })

    it('has no part in it where its own transaction was aborted', async () => {
      const { kafka, producer } = await transactional(version, { maxBlockMs: 300, requestTimeoutMs: 100 })
      const rule = kafka.on(TxnOffsetCommit).blackhole()
      const aborted = await producer.beginTransaction()
      await aborted.send(record('a'))
      expect(await rejectionOf(aborted.sendOffsets(offsets, group))).toMatchObject({ code: 'TIMED_OUT' })
      await aborted.abort()
      rule.remove()
      await producer.transaction((tx) => tx.send(record('b')))
      const [before, after] = kafka.requests.list(EndTxn)
      expect(after!.body.producerEpoch).toBeGreaterThan(before!.body.producerEpoch)
      expect(await committedValues(kafka)).toEqual(['b'])
    })
  })

  describe('the coordinator', () => {
    it('moves in the middle of a transaction, which goes on', async () => {
      const { kafka, producer } = await transactional(version, { brokers: 3 })
      await producer.transaction(async (tx) => {
        await tx.send(record('a'))
        kafka.moveTransactionCoordinator(transactionalId, (kafka.transactionCoordinatorOf(transactionalId) % 3) + 1)
        await tx.send(record('b', 1))
        kafka.moveTransactionCoordinator(transactionalId, (kafka.transactionCoordinatorOf(transactionalId) % 3) + 1)
      })
      expect(await committedValues(kafka)).toEqual(['a', 'b'])
    })

    it('is down in the middle of a transaction, which is committed when there is one again', async () => {
      const { kafka, producer } = await transactional(version, { brokers: 3, maxBlockMs: 20_000 })
      const tx = await producer.beginTransaction()
      await tx.send(record('a'))
      const broker = kafka.broker(kafka.transactionCoordinatorOf(transactionalId))
      await broker.kill()
      await tx.commit()
      await broker.revive()
      expect(await committedValues(kafka)).toEqual(['a'])
    })

    it('is nowhere for longer than maxBlockMs: begin rejects, and goes well later', async () => {
      const { kafka, producer } = await transactional(version, { maxBlockMs: 200 })
      const rule = kafka.on(InitProducerId).fail('COORDINATOR_NOT_AVAILABLE')
      expect(await rejectionOf(producer.beginTransaction())).toMatchObject({ code: 'TIMED_OUT', deadline: 'maxBlockMs' })
      rule.remove()
      await producer.transaction((tx) => tx.send(record('a')))
      expect(await committedValues(kafka)).toEqual(['a'])
    })
  })

  describe('a transaction that took too long', () => {
    it.each([
      ['and sends', true],
      ['and commits', false],
    ])('is aborted, %s, and the next works', async (_, sends) => {
      const { kafka, producer } = await transactional(version)
      const tx = await producer.beginTransaction()
      await tx.send(record('a'))
      kafka.expireTransaction(transactionalId)
      if (sends) await rejectionOf(tx.send(record('b')))
      expect(await rejectionOf(tx.commit())).toMatchObject({ code: 'TRANSACTION_ABORTED', outcome: 'aborted' })
      await producer.transaction((next) => next.send(record('c')))
      expect(await committedValues(kafka)).toEqual(['c'])
    })

    it('is not taken for one where another producer has the id since', async () => {
      const { kafka, producer } = await transactional(version)
      const tx = await producer.beginTransaction()
      await tx.send(record('a'))
      kafka.expireTransaction(transactionalId)
      const young = newProducer(kafka, { transactionalId } as never)
      await young.transaction((next) => next.send(record('young')))
      expect(await rejectionOf(tx.commit())).toMatchObject({ name: 'FencedError' })
      await young.transaction((next) => next.send(record('young too')))
      expect(await committedValues(kafka)).toEqual(['young', 'young too'])
    })
  })

  it('a lost answer to anything is asked for again, and nothing is written twice', async () => {
    for (const api of [InitProducerId, Produce, TxnOffsetCommit, EndTxn] as const) {
      const { kafka, producer } = await transactional(version)
      kafka
        .on(api as AnyApi)
        .once()
        .disconnect({ afterWork: true })
      await producer.transaction(async (tx) => {
        tx.send([record('a'), record('b', 1)])
        await tx.sendOffsets(offsets, group)
      })
      expect(await committedValues(kafka)).toEqual(['a', 'b'])
      expect(kafka.committed('billing')).toMatchObject([{ offset: 7 }])
    }
  })

  it('records that cannot be delivered in time are no part of anything: commit aborts at maxBlockMs', async () => {
    const { kafka, producer } = await transactional(version, { maxBlockMs: 200 })
    const tx = await producer.beginTransaction()
    await tx.send(record('a'))
    const rule = kafka.on(Produce).fail('NOT_ENOUGH_REPLICAS')
    const sent = rejectionOf(tx.send(record('b')))
    expect(await rejectionOf(tx.commit())).toMatchObject({ code: 'TRANSACTION_ABORTED', outcome: 'aborted' })
    expect(await sent).toMatchObject({ name: 'ProduceError', maybeWritten: false })
    rule.remove()
    await producer.transaction((next) => next.send(record('c')))
    expect(await committedValues(kafka)).toEqual(['c'])
  })

  it('many transactions one after the other, some aborted, among lost connections: each counts once or not at all', async () => {
    const { kafka, producer } = await transactional(version, { brokers: 3 })
    const committed: string[] = []
    for (let i = 0; i < 40; i++) {
      if (i % 5 === 0) kafka.broker((i % 3) + 1).disconnect()
      if (i % 7 === 0) kafka.on(Produce).once().disconnect({ afterWork: true })
      if (i % 11 === 0) kafka.on(EndTxn).once().disconnect({ afterWork: true })
      const values = [0, 1, 2].map((partition) => `${i}-${partition}`)
      const work = producer.transaction(async (tx) => {
        values.map((value, partition) => tx.send(record(value, partition)))
        if (i % 3 === 0) tx.sendOffsets([{ topic: 'orders', partition: 0, offset: i }], group)
        if (i % 4 === 1) throw new Error('no')
      })
      if (i % 4 === 1) await rejectionOf(work)
      else {
        await work
        committed.push(...values)
      }
    }
    expect(await committedValues(kafka)).toEqual(committed.sort())
    expect(kafka.committed('billing')).toMatchObject([{ offset: 39 }])
  })
})

it('a broker that cannot describe transactions leaves one that took too long fenced', async () => {
  const { kafka, producer } = await transactional(1)
  kafka.on(DescribeTransactions).fail('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
  const tx = await producer.beginTransaction()
  await tx.send(record('a'))
  kafka.expireTransaction(transactionalId)
  const error = (await rejectionOf(tx.commit())) as Error
  expect(error).toMatchObject({ name: 'FencedError' })
  expect(error.message).toMatch(/transactionTimeoutMs \(60000 ms\)/)
})
