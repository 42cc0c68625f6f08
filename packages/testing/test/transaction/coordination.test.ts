import {
  AddPartitionsToTxn,
  DescribeProducers,
  DescribeTransactions,
  ListTransactions,
  type RequestInputOf,
  WriteTxnMarkers,
} from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { batchOf, RawClient } from '../support/raw-client.ts'
import { fetch, produce } from '../support/requests.ts'
import { addOffsets, addPartitions, endTxn, initProducerId, type ProducerName, produceInTransaction } from '../support/transactions.ts'

describe('the coordinator of transactions', () => {
  let clock: ManualClock
  let kafka: FakeCluster
  let client: RawClient
  beforeEach(async () => {
    clock = new ManualClock()
    kafka = await FakeCluster.start({ tcp: false, topics: { orders: 2 }, clock })
    client = await RawClient.connect(kafka)
  })
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
  })

  const orders = ['orders', 0] as const
  const older = ({ producerId, producerEpoch }: ProducerName) => ({ producerId, producerEpoch: producerEpoch - 1 })
  const ended = async (...args: Parameters<typeof endTxn>) => {
    const { errorCode, producerEpoch } = await endTxn(...args)
    return `${nameOf(errorCode)} ${producerEpoch}`
  }
  const inited = async (...args: Parameters<typeof initProducerId>) => {
    const { errorCode, producerEpoch } = await initProducerId(...args)
    return `${nameOf(errorCode)} ${producerEpoch}`
  }

  it('takes timeouts up to its limit, and names of at least one letter', async () => {
    expect(await inited(client, 'tx', { timeoutMs: 0 })).toBe('INVALID_TRANSACTION_TIMEOUT -1')
    expect(await inited(client, 'tx', { timeoutMs: 900_001 })).toBe('INVALID_TRANSACTION_TIMEOUT -1')
    expect(await inited(client, 'tx', { timeoutMs: 900_000 })).toBe('NONE 0')
    expect(await inited(client, '')).toBe('INVALID_REQUEST -1')
  })

  it('lets a producer go on with what it has, and nobody else (KIP-360)', async () => {
    const first = await initProducerId(client, 'tx')
    const second = await initProducerId(client, 'tx', { former: first })
    expect(second).toMatchObject({ errorCode: 0, producerId: first.producerId, producerEpoch: 1 })
    // The same again, as after a lost answer.
    expect(await inited(client, 'tx', { former: first })).toBe('NONE 1')
    expect(await inited(client, 'tx', { former: second })).toBe('NONE 2')
    expect(await inited(client, 'tx', { former: first })).toBe('PRODUCER_FENCED -1')
    expect(await inited(client, 'tx', { former: first, version: 3 })).toBe('INVALID_PRODUCER_EPOCH -1')
    expect(await inited(client, 'tx', { former: { ...second, producerId: 77n } })).toBe('PRODUCER_FENCED -1')
    expect(await inited(client, 'tx', { former: { ...second, producerId: -1n } })).toBe('INVALID_REQUEST -1')
  })

  it('tells the fenced in the words of their version', async () => {
    const producer = await initProducerId(client, 'tx')
    const zombie = older(producer)
    const added = async (version: number) => (await addPartitions(client, 'tx', zombie, 'orders', [0], version))[0]
    expect([await added(1), await added(2)]).toEqual(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'])
    const offsets = (version: number) => addOffsets(client, 'tx', zombie, 'g', version)
    expect([await offsets(1), await offsets(2)]).toEqual(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'])
    const ends = [1, 2, 5].map((version) => ended(client, 'tx', zombie, true, version))
    expect(await Promise.all(ends)).toEqual(['INVALID_PRODUCER_EPOCH -1', 'PRODUCER_FENCED -1', 'PRODUCER_FENCED -1'])
    expect(await ended(client, 'tx', { ...producer, producerId: 9n }, true)).toBe('INVALID_PRODUCER_ID_MAPPING -1')
    expect(await ended(client, 'nobody', producer, true)).toBe('INVALID_PRODUCER_ID_MAPPING -1')
  })

  it('adds all partitions or none', async () => {
    const producer = await initProducerId(client, 'tx')
    const codes = await addPartitions(client, 'tx', producer, 'orders', [0, 77])
    expect(codes).toEqual(['OPERATION_NOT_ATTEMPTED', 'UNKNOWN_TOPIC_OR_PARTITION'])
    expect(kafka.transactions()).toMatchObject([{ state: 'Empty', partitions: [], startedAt: undefined }])
  })

  it('takes several transactions at once from brokers, and only looks where that is asked', async () => {
    const { producerId, producerEpoch } = await initProducerId(client, 'tx')
    const ask = async (verifyOnly: boolean, partitions: number[]) => {
      const topics = [{ name: 'orders', partitions }]
      const transactions = [{ transactionalId: 'tx', producerId, producerEpoch, verifyOnly, topics }]
      const body = { transactions } as unknown as RequestInputOf<typeof AddPartitionsToTxn>
      const { resultsByTransaction } = await client.request(AddPartitionsToTxn, 5, body)
      return resultsByTransaction[0]!.topicResults[0]!.resultsByPartition.map(({ partitionErrorCode }) => nameOf(partitionErrorCode))
    }
    expect(await ask(true, [0])).toEqual(['TRANSACTION_ABORTABLE'])
    expect(await ask(false, [0])).toEqual(['NONE'])
    expect(await ask(true, [0, 1])).toEqual(['NONE', 'TRANSACTION_ABORTABLE'])
  })

  it('knows an end that comes again, by its state (KIP-98)', async () => {
    const producer = await initProducerId(client, 'tx')
    expect(await ended(client, 'tx', producer, true, 4)).toBe('INVALID_TXN_STATE -1')
    await addPartitions(client, 'tx', producer, 'orders', [0])
    expect(await ended(client, 'tx', producer, true, 4)).toBe('NONE -1')
    expect(await ended(client, 'tx', producer, true, 4)).toBe('NONE -1')
    expect(await ended(client, 'tx', producer, false, 4)).toBe('INVALID_TXN_STATE -1')
  })

  it('knows an end that comes again, by its epoch (KIP-890)', async () => {
    const producer = await initProducerId(client, 'tx')
    expect(await ended(client, 'tx', producer, true)).toBe('INVALID_TXN_STATE -1')
    await produceInTransaction(client, 'tx', producer, orders, ['a'])
    const next = await endTxn(client, 'tx', producer, true)
    expect(next.producerEpoch).toBe(1)
    expect(await ended(client, 'tx', producer, true)).toBe('NONE 1')
    expect(await ended(client, 'tx', producer, false)).toBe('INVALID_TXN_STATE -1')
    expect(await ended(client, 'tx', next, true)).toBe('INVALID_TXN_STATE -1')
    // Nothing in it, and aborted all the same.
    expect(await ended(client, 'tx', next, false)).toBe('NONE 2')
    expect(await ended(client, 'tx', producer, false)).toBe('PRODUCER_FENCED -1')
  })

  it.each([
    [1, 4, ['PRODUCER_FENCED -1', 'PRODUCER_FENCED -1']],
    [2, 5, ['NONE 1', 'INVALID_TXN_STATE -1']],
  ] as const)('fences a producer whose time is up, with transaction.version %i', async (level, version, ends) => {
    await kafka.close()
    kafka = await FakeCluster.start({ tcp: false, topics: { orders: 2 }, clock, features: { 'transaction.version': level } })
    client = await RawClient.connect(kafka)
    const producer = await initProducerId(client, 'tx', { timeoutMs: 1000 })
    await addPartitions(client, 'tx', producer, 'orders', [0])
    expect(await produceInTransaction(client, 'tx', producer, orders, ['a'])).toBe('NONE')
    await clock.advance(1000)
    expect(kafka.transactions()).toMatchObject([{ state: 'CompleteAbort', producerEpoch: 1 }])
    expect(await produceInTransaction(client, 'tx', producer, orders, ['b'], { baseSequence: 1 })).toBe('INVALID_PRODUCER_EPOCH')
    expect(await ended(client, 'tx', producer, false, version)).toBe(ends[0])
    expect(await ended(client, 'tx', producer, true, version)).toBe(ends[1])
    expect(clock.pending).toBe(0)
  })

  it('aborts on command as if the time were up', async () => {
    const producer = await initProducerId(client, 'tx')
    expect(() => kafka.expireTransaction('tx')).toThrow(/no transaction open/)
    await produceInTransaction(client, 'tx', producer, orders, ['a'])
    kafka.expireTransaction('tx')
    expect(kafka.transactions()).toMatchObject([{ state: 'CompleteAbort' }])
  })

  it('waits for a leader to write the last marker to, and lets nothing else begin meanwhile', async () => {
    const producer = await initProducerId(client, 'tx')
    await addPartitions(client, 'tx', producer, 'orders', [0, 1])
    await produceInTransaction(client, 'tx', producer, orders, ['a'])
    kafka.removeLeader({ topic: 'orders', partition: 0 })
    expect(await ended(client, 'tx', producer, true, 4)).toBe('NONE -1')
    expect(kafka.transactions()).toMatchObject([{ state: 'PrepareCommit', partitions: [{ topic: 'orders', partition: 0 }] }])
    expect(await ended(client, 'tx', producer, true, 4)).toBe('CONCURRENT_TRANSACTIONS -1')
    expect(await ended(client, 'tx', producer, false, 4)).toBe('INVALID_TXN_STATE -1')
    expect(await addPartitions(client, 'tx', producer, 'orders', [1])).toEqual(['CONCURRENT_TRANSACTIONS'])
    expect(await inited(client, 'tx')).toBe('CONCURRENT_TRANSACTIONS -1')
    const late = (version: number) => produceInTransaction(client, 'tx', producer, ['orders', 1], ['b'], { version })
    expect([await late(11), await late(12)]).toEqual(['NOT_ENOUGH_REPLICAS', 'CONCURRENT_TRANSACTIONS'])
    kafka.moveLeader({ topic: 'orders', partition: 0 }, 1)
    expect(kafka.transactions()).toMatchObject([{ state: 'CompleteCommit', partitions: [] }])
    expect((await fetch(client, 'orders', 0, 0)).lastStableOffset).toBe(2n)
  })

  it('can move, and takes its transactions along', async () => {
    await kafka.close()
    kafka = await FakeCluster.start({ tcp: false, brokers: 2, topics: { orders: 2 }, clock })
    const [one, two] = [await RawClient.connect(kafka, 1), await RawClient.connect(kafka, 2)]
    kafka.moveTransactionCoordinator('tx', 1)
    const producer = await initProducerId(one, 'tx')
    await addPartitions(one, 'tx', producer, 'orders', [0])
    kafka.moveTransactionCoordinator('tx', 2)
    expect(kafka.transactionCoordinatorOf('tx')).toBe(2)
    expect(await inited(one, 'tx')).toBe('NOT_COORDINATOR -1')
    expect(await ended(one, 'tx', producer, true)).toBe('NOT_COORDINATOR -1')
    expect(await addPartitions(one, 'tx', producer, 'orders', [0])).toEqual(['NOT_COORDINATOR'])
    expect(await addOffsets(one, 'tx', producer, 'g')).toBe('NOT_COORDINATOR')
    expect(await ended(two, 'tx', producer, true)).toBe('NONE 1')
    await kafka.broker(1).kill()
    expect(() => kafka.moveTransactionCoordinator('tx', 1)).toThrow(/is down/)
  })

  it('tells how transactions stand, and lists them by what is asked', async () => {
    const open = await initProducerId(client, 'open', { timeoutMs: 5000 })
    await produceInTransaction(client, 'open', open, orders, ['a'])
    await initProducerId(client, 'idle')
    const { transactionStates } = await client.request(DescribeTransactions, 0, { transactionalIds: ['open', 'none', ''] })
    expect(transactionStates.map(({ errorCode, transactionState }) => `${nameOf(errorCode)} ${transactionState}`)).toEqual([
      'NONE Ongoing',
      'TRANSACTIONAL_ID_NOT_FOUND ',
      'INVALID_REQUEST ',
    ])
    expect(transactionStates[0]).toMatchObject({
      transactionTimeoutMs: 5000,
      transactionStartTimeMs: BigInt(clock.now()),
      producerId: open.producerId,
      producerEpoch: 0,
      topics: [{ topic: 'orders', partitions: [0] }],
    })
    await clock.advance(100)
    const list = async (filters: Partial<RequestInputOf<typeof ListTransactions>>, version = 2) => {
      const {
        errorCode,
        unknownStateFilters,
        transactionStates: found,
      } = await client.request(ListTransactions, version, {
        stateFilters: [],
        producerIdFilters: [],
        ...filters,
      })
      return [nameOf(errorCode), ...unknownStateFilters, ...found.map(({ transactionalId }) => transactionalId)].join(' ')
    }
    expect(await list({}, 0)).toBe('NONE open idle')
    expect(await list({ stateFilters: ['Ongoing', 'Nope'] })).toBe('NONE Nope open')
    expect(await list({ producerIdFilters: [open.producerId] })).toBe('NONE open')
    expect(await list({ durationFilter: 100n, stateFilters: ['Ongoing'] })).toBe('NONE')
    expect(await list({ durationFilter: 99n, stateFilters: ['Ongoing'] })).toBe('NONE open')
    expect(await list({ transactionalIdPattern: 'i.*' })).toBe('NONE idle')
    expect(await list({ transactionalIdPattern: '(' })).toBe('INVALID_REGULAR_EXPRESSION')
  })

  it('can be passed over by markers for single partitions', async () => {
    const { producerId, producerEpoch } = await initProducerId(client, 'tx')
    await produceInTransaction(client, 'tx', { producerId, producerEpoch }, orders, ['a'])
    const write = async (fields: {
      producerEpoch?: number
      coordinatorEpoch?: number
      partition?: number
      transactionVersion?: number
    }) => {
      const { partition = 0, transactionVersion = 0, ...rest } = fields
      const marker = { producerId, producerEpoch, transactionResult: false, coordinatorEpoch: 1, transactionVersion, ...rest }
      const topics = [{ name: 'orders', partitionIndexes: [partition] }]
      const { markers } = await client.request(WriteTxnMarkers, 2, { markers: [{ ...marker, topics }] })
      return nameOf(markers[0]!.topics[0]!.partitions[0]!.errorCode)
    }
    expect(await write({ partition: 9 })).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await write({ transactionVersion: 2 })).toBe('INVALID_PRODUCER_EPOCH')
    expect(await write({})).toBe('NONE')
    expect(await write({ coordinatorEpoch: 0 })).toBe('TRANSACTION_COORDINATOR_FENCED')
    const { lastStableOffset, abortedTransactions } = await fetch(client, 'orders', 0, 0, { isolationLevel: 1 })
    expect([lastStableOffset, abortedTransactions]).toEqual([2n, [{ producerId, firstOffset: 0n }]])
    // The coordinator has heard nothing of it.
    expect(kafka.transactions()).toMatchObject([{ state: 'Ongoing' }])
    const { topics } = await client.request(DescribeProducers, 0, { topics: [{ name: 'orders', partitionIndexes: [0, 9] }] })
    expect(topics[0]!.partitions.map(({ errorCode }) => nameOf(errorCode))).toEqual(['NONE', 'UNKNOWN_TOPIC_OR_PARTITION'])
    expect(topics[0]!.partitions[0]!.activeProducers).toMatchObject([
      { producerId, producerEpoch: 0, lastSequence: 0, coordinatorEpoch: 1, currentTxnStartOffset: -1n },
    ])
  })

  it('lets a producer begin with 0 alone, where each transaction has an epoch of its own', async () => {
    const producer = await initProducerId(client, 'tx')
    const send = (baseSequence: number, version: number) =>
      produceInTransaction(client, 'tx', producer, orders, ['a'], { baseSequence, version })
    expect(await send(3, 12)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(await send(0, 12)).toBe('NONE')
    expect(await send(2, 12)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  })
})

describe('brokers that forget producers', () => {
  it('take any sequence as the first again', async () => {
    const kafka = await FakeCluster.start({ tcp: false, topics: { orders: 1 }, clock: new ManualClock() })
    const client = await RawClient.connect(kafka)
    const { producerId, producerEpoch } = await initProducerId(client, null)
    const send = async (baseSequence: number) =>
      nameOf((await produce(client, 'orders', 0, batchOf(['a'], { producerId, producerEpoch, baseSequence }))).errorCode)
    expect([await send(0), await send(5)]).toEqual(['NONE', 'OUT_OF_ORDER_SEQUENCE_NUMBER'])
    kafka.forgetProducers({ topic: 'orders', partition: 0 })
    expect([await send(5), await send(6)]).toEqual(['NONE', 'NONE'])
    await kafka.close()
  })
})
