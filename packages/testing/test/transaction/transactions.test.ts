import { recordBatches } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { RawClient } from '../support/raw-client.ts'
import { fetch, produce } from '../support/requests.ts'
import { addPartitions, endTxn, initProducerId, type ProducerName, produceInTransaction } from '../support/transactions.ts'

describe('a transaction', () => {
  const clock = new ManualClock()
  let kafka: FakeCluster
  let client: RawClient
  beforeEach(async () => {
    kafka = await FakeCluster.start({ tcp: false, topics: { orders: 2 }, clock })
    client = await RawClient.connect(kafka)
  })
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
  })

  const orders = ['orders', 0] as const

  /** What the log holds, batch by batch. */
  async function batches(partition = 0): Promise<string[]> {
    const { records } = await fetch(client, 'orders', partition, 0)
    return [...recordBatches(records!)].map(({ isControl, baseOffset, producerEpoch }) => {
      return `${baseOffset} ${isControl ? 'marker' : 'data'} epoch ${producerEpoch}`
    })
  }

  it('of KIP-98 has partitions added, keeps its epoch, and is readable as committed after its end', async () => {
    const producer = await initProducerId(client, 'tx')
    expect(producer).toMatchObject({ errorCode: 0, producerEpoch: 0 })
    expect(await addPartitions(client, 'tx', producer, 'orders', [0, 1])).toEqual(['NONE', 'NONE'])
    expect(await produceInTransaction(client, 'tx', producer, orders, ['a', 'b'], { version: 11 })).toBe('NONE')
    const open = await fetch(client, 'orders', 0, 0, { isolationLevel: 1 })
    expect([open.highWatermark, open.lastStableOffset, open.records?.length]).toEqual([2n, 0n, 0])
    expect(await endTxn(client, 'tx', producer, true, 4)).toMatchObject({ errorCode: 0, producerId: -1n, producerEpoch: -1 })
    const closed = await fetch(client, 'orders', 0, 0, { isolationLevel: 1 })
    expect([closed.highWatermark, closed.lastStableOffset, closed.abortedTransactions]).toEqual([3n, 3n, []])
    expect(await batches()).toEqual(['0 data epoch 0', '2 marker epoch 0'])
    expect(await batches(1)).toEqual(['0 marker epoch 0'])
    expect(kafka.records('orders').map(({ value }) => String(value))).toEqual(['a', 'b'])
    // The next one goes on with the sequence.
    expect(await addPartitions(client, 'tx', producer, 'orders', [0])).toEqual(['NONE'])
    expect(await produceInTransaction(client, 'tx', producer, orders, ['c'], { version: 11, baseSequence: 2 })).toBe('NONE')
  })

  it('of KIP-890 needs nobody to add partitions, and gives a new epoch with its end', async () => {
    const first = await initProducerId(client, 'tx')
    expect(await produceInTransaction(client, 'tx', first, orders, ['a'])).toBe('NONE')
    const second: ProducerName = await endTxn(client, 'tx', first, true)
    expect(second).toMatchObject({ errorCode: 0, producerId: first.producerId, producerEpoch: 1 })
    expect(await produceInTransaction(client, 'tx', second, orders, ['b'])).toBe('NONE')
    expect(await endTxn(client, 'tx', second, true)).toMatchObject({ errorCode: 0, producerEpoch: 2 })
    expect(await batches()).toEqual(['0 data epoch 0', '1 marker epoch 1', '2 data epoch 1', '3 marker epoch 2'])
  })

  it('that is aborted is listed for those who read committed records', async () => {
    const producer = await initProducerId(client, 'tx')
    await produce(client, 'orders', 0, null)
    await produceInTransaction(client, 'tx', producer, orders, ['a', 'b'])
    expect(await endTxn(client, 'tx', producer, false)).toMatchObject({ errorCode: 0 })
    const { abortedTransactions, lastStableOffset } = await fetch(client, 'orders', 0, 0, { isolationLevel: 1 })
    expect([abortedTransactions, lastStableOffset]).toEqual([[{ producerId: producer.producerId, firstOffset: 0n }], 3n])
    expect((await fetch(client, 'orders', 0, 0)).abortedTransactions).toBeNull()
    expect((await fetch(client, 'orders', 0, 3, { isolationLevel: 1 })).abortedTransactions).toEqual([])
  })

  it('refuses a partition that was not added, in the words of the version', async () => {
    const producer = await initProducerId(client, 'tx')
    await addPartitions(client, 'tx', producer, 'orders', [1])
    expect(await produceInTransaction(client, 'tx', producer, orders, ['a'], { version: 10 })).toBe('INVALID_TXN_STATE')
    expect(await produceInTransaction(client, 'tx', producer, orders, ['a'], { version: 11 })).toBe('TRANSACTION_ABORTABLE')
    expect(await produceInTransaction(client, null, producer, orders, ['a'])).toBe('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
    expect(kafka.records('orders')).toEqual([])
  })

  it('fences the producer that had the id before, and aborts what it left open', async () => {
    const zombie = await initProducerId(client, 'tx')
    await produceInTransaction(client, 'tx', zombie, orders, ['a'])
    expect(nameOf((await initProducerId(client, 'tx')).errorCode)).toBe('CONCURRENT_TRANSACTIONS')
    const successor = await initProducerId(client, 'tx')
    expect(successor).toMatchObject({ errorCode: 0, producerId: zombie.producerId, producerEpoch: 2 })
    expect(nameOf((await endTxn(client, 'tx', zombie, true)).errorCode)).toBe('PRODUCER_FENCED')
    expect(await produceInTransaction(client, 'tx', zombie, orders, ['b'], { baseSequence: 1 })).toBe('INVALID_PRODUCER_EPOCH')
    expect((await fetch(client, 'orders', 0, 0, { isolationLevel: 1 })).abortedTransactions).toHaveLength(1)
  })

  it('is aborted when its time is up', async () => {
    const producer = await initProducerId(client, 'tx', { timeoutMs: 10_000 })
    await produceInTransaction(client, 'tx', producer, orders, ['a'])
    await clock.advance(9_999)
    expect((await fetch(client, 'orders', 0, 0)).lastStableOffset).toBe(0n)
    await clock.advance(1)
    expect((await fetch(client, 'orders', 0, 0)).lastStableOffset).toBe(2n)
    expect(nameOf((await endTxn(client, 'tx', producer, true)).errorCode)).toBe('INVALID_TXN_STATE')
  })
})

describe('a log that is cut', () => {
  it('has its transactions as they were at that place', async () => {
    const kafka = await FakeCluster.start({ tcp: false, topics: { orders: 1 } })
    const client = await RawClient.connect(kafka)
    const producer = await initProducerId(client, 'tx')
    const orders = ['orders', 0] as const
    await produceInTransaction(client, 'tx', producer, orders, ['a'])
    const next = await endTxn(client, 'tx', producer, false)
    await produceInTransaction(client, 'tx', next, orders, ['b'])
    await endTxn(client, 'tx', next, true)
    const read = async () => {
      const { highWatermark, lastStableOffset, abortedTransactions } = await fetch(client, 'orders', 0, 0, { isolationLevel: 1 })
      return [highWatermark, lastStableOffset, abortedTransactions?.length]
    }
    expect(await read()).toEqual([4n, 4n, 1])
    // Without the second marker, then without the second transaction, then without the first marker.
    kafka.truncate({ topic: 'orders', partition: 0 }, 3)
    expect(await read()).toEqual([3n, 2n, 1])
    kafka.truncate({ topic: 'orders', partition: 0 }, 2)
    expect(await read()).toEqual([2n, 2n, 1])
    kafka.truncate({ topic: 'orders', partition: 0 }, 1)
    expect(await read()).toEqual([1n, 0n, 0])
    await kafka.close()
  })
})

describe('a marker that not every replica has', () => {
  it('is written by the next leader again, in whose log the transaction would never end otherwise', async () => {
    const kafka = await FakeCluster.start({ tcp: false, brokers: 2, topics: { orders: { numPartitions: 1, replicationFactor: 2 } } })
    const client = await RawClient.connect(kafka)
    const producer = await initProducerId(client, 'tx')
    await produceInTransaction(client, 'tx', producer, ['orders', 0], ['a'])
    kafka.lagReplica({ topic: 'orders', partition: 0 }, 2)
    await endTxn(client, 'tx', producer, false)
    kafka.moveLeader({ topic: 'orders', partition: 0 }, 2)
    const next = await RawClient.connect(kafka, 2)
    const { highWatermark, lastStableOffset, abortedTransactions } = await fetch(next, 'orders', 0, 0, { isolationLevel: 1 })
    expect([highWatermark, lastStableOffset, abortedTransactions]).toEqual([2n, 2n, [{ producerId: producer.producerId, firstOffset: 0n }]])
    await kafka.close()
  })
})
