import {
  AddOffsetsToTxn,
  AddPartitionsToTxn,
  type AnyApi,
  type BrokerErrorCode,
  EndTxn,
  InitProducerId,
  Produce,
  TxnOffsetCommit,
} from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { rejectionOf } from '../fake-set-up.ts'
import { committedValues, endings, group, kinds, offsets, transactional } from './transaction-set-up.ts'

const both = [1, 2]

/** What becomes of a producer that one answer of an API refuses so: every cell of Kafka's table that concerns transactions. */
const table: readonly {
  readonly api: AnyApi
  readonly versions?: readonly number[]
  readonly retried: readonly BrokerErrorCode[]
  readonly abortable: readonly BrokerErrorCode[]
  readonly fatal: readonly BrokerErrorCode[]
}[] = [
  {
    api: AddPartitionsToTxn,
    versions: [1],
    retried: [
      'COORDINATOR_NOT_AVAILABLE',
      'NOT_COORDINATOR',
      'COORDINATOR_LOAD_IN_PROGRESS',
      'CONCURRENT_TRANSACTIONS',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'REQUEST_TIMED_OUT',
    ],
    abortable: [
      'TOPIC_AUTHORIZATION_FAILED',
      'OPERATION_NOT_ATTEMPTED',
      'UNKNOWN_PRODUCER_ID',
      'INVALID_PRODUCER_ID_MAPPING',
      'TRANSACTION_ABORTABLE',
      'UNKNOWN_SERVER_ERROR',
    ],
    fatal: ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_TXN_STATE', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'],
  },
  {
    api: AddOffsetsToTxn,
    versions: [1],
    retried: ['COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR', 'COORDINATOR_LOAD_IN_PROGRESS', 'CONCURRENT_TRANSACTIONS'],
    abortable: ['GROUP_AUTHORIZATION_FAILED', 'INVALID_PRODUCER_ID_MAPPING', 'UNKNOWN_PRODUCER_ID', 'TRANSACTION_ABORTABLE'],
    fatal: [
      'INVALID_PRODUCER_EPOCH',
      'PRODUCER_FENCED',
      'INVALID_TXN_STATE',
      'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      'UNKNOWN_SERVER_ERROR',
    ],
  },
  {
    api: TxnOffsetCommit,
    versions: both,
    retried: [
      'UNKNOWN_TOPIC_OR_PARTITION',
      'REQUEST_TIMED_OUT',
      'COORDINATOR_LOAD_IN_PROGRESS',
      'COORDINATOR_NOT_AVAILABLE',
      'NOT_COORDINATOR',
      'CONCURRENT_TRANSACTIONS',
    ],
    abortable: [
      'ILLEGAL_GENERATION',
      'UNKNOWN_MEMBER_ID',
      'FENCED_INSTANCE_ID',
      'STALE_MEMBER_EPOCH',
      'GROUP_AUTHORIZATION_FAILED',
      'TOPIC_AUTHORIZATION_FAILED',
      'OFFSET_METADATA_TOO_LARGE',
      'TRANSACTION_ABORTABLE',
    ],
    fatal: [
      'INVALID_PRODUCER_EPOCH',
      'PRODUCER_FENCED',
      'UNSUPPORTED_FOR_MESSAGE_FORMAT',
      'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      'UNKNOWN_SERVER_ERROR',
    ],
  },
  {
    api: EndTxn,
    versions: both,
    retried: ['COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR', 'CONCURRENT_TRANSACTIONS'],
    abortable: ['INVALID_PRODUCER_ID_MAPPING', 'UNKNOWN_PRODUCER_ID', 'TRANSACTION_ABORTABLE'],
    fatal: ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_TXN_STATE', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'],
  },
  {
    api: Produce,
    versions: both,
    retried: [
      'CORRUPT_MESSAGE',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'LEADER_NOT_AVAILABLE',
      'NOT_LEADER_OR_FOLLOWER',
      'REQUEST_TIMED_OUT',
      'REPLICA_NOT_AVAILABLE',
      'NETWORK_EXCEPTION',
      'NOT_ENOUGH_REPLICAS',
      'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
      'KAFKA_STORAGE_ERROR',
      'FENCED_LEADER_EPOCH',
      'UNKNOWN_LEADER_EPOCH',
      'CONCURRENT_TRANSACTIONS',
    ],
    abortable: [
      'MESSAGE_TOO_LARGE',
      'INVALID_TOPIC_EXCEPTION',
      'RECORD_LIST_TOO_LARGE',
      'INVALID_REQUIRED_ACKS',
      'TOPIC_AUTHORIZATION_FAILED',
      'INVALID_TIMESTAMP',
      'POLICY_VIOLATION',
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
      'INVALID_PRODUCER_EPOCH',
      'INVALID_TXN_STATE',
      'UNKNOWN_PRODUCER_ID',
      'UNSUPPORTED_COMPRESSION_TYPE',
      'INVALID_RECORD',
      'TRANSACTION_ABORTABLE',
      'UNKNOWN_SERVER_ERROR',
    ],
    fatal: [
      'CLUSTER_AUTHORIZATION_FAILED',
      'UNSUPPORTED_VERSION',
      'UNSUPPORTED_FOR_MESSAGE_FORMAT',
      'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      'PRODUCER_FENCED',
    ],
  },
]

const FENCING: readonly BrokerErrorCode[] = ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED']

const cells = (kind: 'retried' | 'abortable' | 'fatal') =>
  table.flatMap(({ api, versions = both, [kind]: codes }) =>
    versions.flatMap((version) => codes.map((code) => ({ api, name: api.name, version, code }))),
  )

/** A whole transaction. */
async function wholeTransaction({ producer }: Awaited<ReturnType<typeof transactional>>, value: string): Promise<void> {
  await producer.transaction(async (tx) => {
    tx.send({ topic: 'orders', partition: 0, value })
    tx.sendOffsets(offsets, group)
  })
}

describe('an error of a broker', () => {
  it.each(cells('retried'))(
    '$code of $name is overcome by asking again, with transaction.version $version',
    async ({ api, version, code }) => {
      const set = await transactional(version)
      const rule = set.kafka.on(api).once().fail(code)
      await wholeTransaction(set, 'a')
      expect(rule.hits).toBe(1)
      expect(await committedValues(set.kafka)).toEqual(['a'])
      expect(set.kafka.committed('billing')).toMatchObject([{ offset: 7 }])
    },
  )

  it.each(cells('abortable'))(
    '$code of $name aborts the transaction, not the producer, with transaction.version $version',
    async (cell) => {
      const { api, version, code } = cell
      const set = await transactional(version)
      const rule = set.kafka.on(api).once().fail(code)
      const error = await rejectionOf(wholeTransaction(set, 'a'))
      expect(rule.hits).toBe(1)
      expect(error).toMatchObject({ name: 'TransactionError', code: 'TRANSACTION_ABORTED', outcome: 'aborted', cause: { code } })
      await wholeTransaction(set, 'b')
      expect(await committedValues(set.kafka)).toEqual(['b'])
      expect(endings(set.kafka).at(-1)).toBe(true)
    },
  )

  it.each(cells('fatal'))('$code of $name ends the producer, with transaction.version $version', async ({ api, version, code }) => {
    const set = await transactional(version)
    const rule = set.kafka.on(api).once().fail(code)
    const error = (await rejectionOf(wholeTransaction(set, 'a'))) as Error & { code: string }
    expect(rule.hits).toBe(1)
    expect(error).toMatchObject({ code, cause: { code } })
    expect(error.name === 'FencedError').toBe(FENCING.includes(code))
    expect(error.message).toMatch(FENCING.includes(code) ? /, close it: another producer/ : /is at its end, close it and make another/)
    expect(await rejectionOf(set.producer.beginTransaction())).toBe(error)
    expect(await rejectionOf(set.producer.connect())).toBe(error)
    expect(await committedValues(set.kafka)).toEqual([])
  })

  it.each(
    kinds.flatMap(([, version]) =>
      (['COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR', 'CONCURRENT_TRANSACTIONS'] as const).map(
        (code) => [code, version] as const,
      ),
    ),
  )('%s of InitProducerId is overcome by asking again, with transaction.version %i', async (code, version) => {
    const set = await transactional(version)
    const rule = set.kafka.on(InitProducerId).times(2).fail(code)
    await wholeTransaction(set, 'a')
    expect(rule.hits).toBe(2)
    expect(await committedValues(set.kafka)).toEqual(['a'])
  })

  it('TRANSACTION_ABORTABLE of InitProducerId rejects the begin, and the next may go well', async () => {
    const set = await transactional(2)
    set.kafka.on(InitProducerId).once().fail('TRANSACTION_ABORTABLE')
    expect(await rejectionOf(set.producer.beginTransaction())).toMatchObject({ code: 'TRANSACTION_ABORTABLE' })
    await wholeTransaction(set, 'a')
  })

  it.each([
    'CLUSTER_AUTHORIZATION_FAILED',
    'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
    'INVALID_PRODUCER_EPOCH',
    'PRODUCER_FENCED',
    'INVALID_TRANSACTION_TIMEOUT',
    'UNKNOWN_SERVER_ERROR',
  ] as const)('%s of InitProducerId ends the producer', async (code) => {
    const { kafka, producer } = await transactional(2)
    kafka.on(InitProducerId).once().fail(code)
    const error = (await rejectionOf(producer.beginTransaction())) as Error & { code: string }
    expect(error).toMatchObject({ code, cause: { name: 'BrokerError', code } })
    expect(error.name === 'FencedError').toBe(FENCING.includes(code))
    expect(error.message).toMatch(FENCING.includes(code) ? /, close it: another producer/ : /is at its end, close it and make another/)
    expect(await rejectionOf(producer.beginTransaction())).toBe(error)
  })

  it('tells of what a producer at its end does not take as of every other record', async () => {
    const { kafka, producer } = await transactional(1)
    const tx = await producer.beginTransaction()
    kafka.on(AddPartitionsToTxn).once().fail('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
    const record = { topic: 'orders', partition: 0, value: 'a' }
    const told = { name: 'ProduceError', code: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', maybeWritten: false }
    expect(await rejectionOf(tx.send(record))).toMatchObject(told)
    expect(await rejectionOf(tx.send(record))).toMatchObject(told)
    expect(() => tx.enqueue(record)).toThrow(expect.objectContaining(told))
    expect(await rejectionOf(tx.commit())).toMatchObject({ name: 'KafkaError', code: told.code, cause: { name: 'BrokerError' } })
  })

  it('names the partitions that AddPartitionsToTxn refuses', async () => {
    const { kafka, producer } = await transactional(1)
    kafka.on(AddPartitionsToTxn).once().fail('TOPIC_AUTHORIZATION_FAILED')
    const work = producer.transaction((tx) => {
      tx.send([0, 1].map((partition) => ({ topic: 'orders', partition, value: 'a' })))
    })
    expect(((await rejectionOf(work)) as Error).message).toMatch(/orders-0, orders-1/)
  })

  it.each([
    ['asks again', [55, 3], undefined],
    ['aborts for the one that another attempt does not help', [3, 29], 'TOPIC_AUTHORIZATION_FAILED'],
    ['aborts for the one that the others were left out for', [55, 29], 'TOPIC_AUTHORIZATION_FAILED'],
  ] as const)('%s where AddPartitionsToTxn refuses partitions in different ways', async (_, codes, code) => {
    const { kafka, producer } = await transactional(1)
    const rule = kafka.on(AddPartitionsToTxn).once()
    rule.answer((response) => {
      const resultsByPartition = codes.map((partitionErrorCode, partitionIndex) => ({ partitionIndex, partitionErrorCode }))
      return { ...response, resultsByTopicV3AndBelow: [{ name: 'orders', resultsByPartition }] }
    })
    const work = producer.transaction((tx) => {
      tx.send([0, 1].map((partition) => ({ topic: 'orders', partition, value: `${partition}` })))
    })
    if (code === undefined) await work
    else expect(await rejectionOf(work)).toMatchObject({ code: 'TRANSACTION_ABORTED', cause: { code } })
    expect(kafka.requests.list(AddPartitionsToTxn)).toHaveLength(code === undefined ? 2 : 1)
  })

  it('asks for another epoch after an abort that left a gap, and never inside of the transaction', async () => {
    for (const code of ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH'] as const) {
      const { kafka, producer } = await transactional(1)
      await producer.transaction((tx) => tx.send({ topic: 'orders', partition: 0, value: 'a' }))
      kafka.on(Produce).once().fail(code)
      const tx = await producer.beginTransaction()
      await rejectionOf(tx.send({ topic: 'orders', partition: 0, value: 'b' }))
      await rejectionOf(tx.send({ topic: 'orders', partition: 0, value: 'c' }))
      expect(kafka.requests.list(InitProducerId)).toHaveLength(1)
      await rejectionOf(tx.commit())
      await producer.transaction((next) => next.send({ topic: 'orders', partition: 0, value: 'd' }))
      const order = kafka.requests.list().map(({ api }) => api)
      expect(order.lastIndexOf('InitProducerId')).toBeGreaterThan(order.indexOf('EndTxn', order.indexOf('EndTxn') + 1))
      const [, renewed] = kafka.requests.list(InitProducerId)
      expect(renewed!.body).toMatchObject({ producerEpoch: 0 })
      expect(await committedValues(kafka)).toEqual(['a', 'd'])
    }
  })
})
