import { crc32c, InitProducerId, Metadata, Produce, type RecordBatchBuilder, recordBatches, ZERO_UUID } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster, type FakeTopicOptions } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { batchOf, RawClient } from '../support/raw-client.ts'
import { fetch, produce, produceBody } from '../support/requests.ts'

/** A batch whose header says something else than its records; the checksum is right. */
function altered(values: string[], alter: (batch: Buffer) => void, fields: Parameters<RecordBatchBuilder['close']>[0] = {}): Buffer {
  const batch = batchOf(values, fields)
  alter(batch)
  batch.writeUInt32BE(crc32c(batch, 21), 17)
  return batch
}

describe('Produce', () => {
  const clock = new ManualClock()
  let kafka: FakeCluster
  let client: RawClient
  beforeEach(async () => {
    kafka = await FakeCluster.start({ tcp: false, brokers: 3, topics: { orders: 3 }, clock })
    client = await RawClient.connect(kafka, 1)
  })
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
  })

  function now(...values: string[]): Buffer {
    return batchOf(values)
  }

  it.each([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])('appends in version %i', async (version) => {
    const { topics } = await client.request(Metadata, 12, { topics: [{ topicId: ZERO_UUID, name: 'orders' }] })
    const { topicId } = topics[0]!
    const produced = async (records: Buffer, acks: number) => {
      const topicData = [{ name: 'orders', topicId, partitionData: [{ index: 0, records }] }]
      const { responses } = await client.request(Produce, version, { acks, timeoutMs: 1, topicData })
      return responses[0]!.partitionResponses[0]!
    }
    expect(await produced(now('a', 'b'), -1)).toMatchObject({ index: 0, errorCode: 0, baseOffset: 0n, logAppendTimeMs: -1n })
    expect(await produced(now('c'), 1)).toMatchObject({ errorCode: 0, baseOffset: 2n })
    expect(kafka.records('orders').map(({ offset, value }) => `${offset}:${value}`)).toEqual(['0:a', '1:b', '2:c'])
  })

  const refusals: [string, number, string, () => Buffer | null][] = [
    ['of a partition that is not there', 9, 'UNKNOWN_TOPIC_OR_PARTITION', () => now('a')],
    ['whose checksum is wrong', 0, 'CORRUPT_MESSAGE', () => now('a').fill(1, 68, 69)],
    ['of a magic that is not', 0, 'CORRUPT_MESSAGE', () => now('a').fill(3, 16, 17)],
    ['of an old magic', 0, 'INVALID_RECORD', () => now('a').fill(1, 16, 17)],
    ['with a size that is none', 0, 'CORRUPT_MESSAGE', () => now('a').fill(0, 8, 12)],
    [
      'that is shorter than a header',
      0,
      'CORRUPT_MESSAGE',
      () => Buffer.concat([now('a').fill(0, 8, 11).fill(20, 11, 12).subarray(0, 32)]),
    ],
    [
      'with fewer records than its header says',
      0,
      'INVALID_RECORD',
      () => altered(['a'], (batch) => batch.writeInt32BE(2, 57) && batch.writeInt32BE(1, 23)),
    ],
    [
      'with more records than its header says',
      0,
      'INVALID_RECORD',
      () => altered(['a', 'b'], (batch) => batch.writeInt32BE(1, 57) && batch.writeInt32BE(0, 23)),
    ],
    ['in a compression that there is not', 0, 'UNKNOWN_SERVER_ERROR', () => altered(['a'], (batch) => batch.writeInt16BE(5, 21))],
    ['that is cut off', 0, 'INVALID_RECORD', () => now('a').subarray(0, 65)],
    ['that is empty', 0, 'INVALID_RECORD', () => Buffer.alloc(0)],
    ['that is null', 0, 'INVALID_RECORD', () => null],
    ['that comes with another', 0, 'INVALID_RECORD', () => Buffer.concat([now('a'), now('b')])],
    ['that begins elsewhere than at 0', 0, 'INVALID_RECORD', () => altered(['a'], () => {}, { baseOffset: 5 })],
    ['with a wrong count', 0, 'INVALID_RECORD', () => altered(['a', 'b'], (b) => b.writeInt32BE(1, 57))],
    ['with no records', 0, 'INVALID_RECORD', () => altered(['a'], (b) => b.writeInt32BE(0, 57))],
    ['with a negative last offset', 0, 'INVALID_RECORD', () => altered(['a'], (b) => b.writeInt32BE(-1, 23))],
    ['of control records', 0, 'INVALID_RECORD', () => batchOf(['a'], { isControl: true })],
    ['of a producer without a sequence', 0, 'INVALID_RECORD', () => batchOf(['a'], { producerId: 4n, producerEpoch: 0, baseSequence: -1 })],
    [
      'of a transaction without a transactional id',
      0,
      'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      () => batchOf(['a'], { isTransactional: true, producerId: 4n, producerEpoch: 0, baseSequence: 0 }),
    ],
    ['for a leader that is another', 1, 'NOT_LEADER_OR_FOLLOWER', () => now('a')],
  ]
  it.each(refusals)('refuses a batch %s', async (_, partition, code, make) => {
    const answer = await produce(client, 'orders', partition, make())
    expect([nameOf(answer.errorCode), answer.baseOffset]).toEqual([code, -1n])
    expect(kafka.records('orders')).toEqual([])
  })

  it('takes bytes after the batch that are no batch for nothing', async () => {
    expect(await produce(client, 'orders', 0, Buffer.concat([now('a'), Buffer.from('tail')]))).toMatchObject({ errorCode: 0 })
    expect(kafka.records('orders')).toHaveLength(1)
  })

  it('refuses acks that do not exist, topics that do not, and ids that do not', async () => {
    expect(nameOf((await produce(client, 'orders', 0, now('a'), { acks: 2 })).errorCode)).toBe('INVALID_REQUIRED_ACKS')
    expect(nameOf((await produce(client, 'nope', 0, now('a'))).errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(nameOf((await produce(client, 'nope', 0, now('a'), { version: 13 })).errorCode)).toBe('UNKNOWN_TOPIC_ID')
  })

  it('answers each partition for itself', async () => {
    const { responses } = await client.request(Produce, 9, {
      acks: -1,
      timeoutMs: 1,
      topicData: [
        {
          name: 'orders',
          partitionData: [
            { index: 0, records: now('a') },
            { index: 7, records: now('b') },
          ],
        },
        { name: 'nope', partitionData: [{ index: 0, records: now('c') }] },
      ],
    })
    expect(
      responses.flatMap(({ name, partitionResponses }) => partitionResponses.map((p) => [name, p.index, nameOf(p.errorCode)])),
    ).toEqual([
      ['orders', 0, 'NONE'],
      ['orders', 7, 'UNKNOWN_TOPIC_OR_PARTITION'],
      ['nope', 0, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ])
  })

  it('names the leader to who asked another, since version 10', async () => {
    const { responses, nodeEndpoints } = await client.request(Produce, 10, produceBody('orders', 1, now('a')))
    expect(responses[0]!.partitionResponses[0]!.currentLeader).toEqual({ leaderId: 2, leaderEpoch: 0 })
    expect(nodeEndpoints).toEqual([{ nodeId: 2, host: kafka.broker(2).host, port: kafka.broker(2).port, rack: null }])
    const before = await client.request(Produce, 9, produceBody('orders', 1, now('a')))
    expect(before.nodeEndpoints).toEqual([])
  })

  it('does not answer acks 0, and ends the connection where something failed', async () => {
    client.send(Produce, 9, produceBody('orders', 0, now('quiet'), 0))
    expect((await client.request(Metadata, 9, { topics: [] })).brokers).toHaveLength(3)
    expect(kafka.records('orders')).toHaveLength(1)
    client.send(Produce, 9, produceBody('orders', 1, now('elsewhere'), 0))
    await client.closed
  })

  describe('from an idempotent producer', () => {
    const idempotent = (baseSequence: number, count = 1, producerEpoch = 0) =>
      batchOf(Array(count).fill('x'), { producerId: 9n, producerEpoch, baseSequence })
    const outcome = async (batch: Buffer) => {
      const { errorCode, baseOffset } = await produce(client, 'orders', 0, batch)
      return `${nameOf(errorCode)} ${baseOffset}`
    }

    it('takes sequences in order and answers a batch that comes again with its first offset', async () => {
      expect(await outcome(idempotent(0, 2))).toBe('NONE 0')
      expect(await outcome(idempotent(2, 3))).toBe('NONE 2')
      expect(await outcome(idempotent(0, 2))).toBe('NONE 0')
      expect(await outcome(idempotent(9))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER -1')
      expect(await outcome(idempotent(5))).toBe('NONE 5')
      expect(kafka.records('orders')).toHaveLength(6)
    })

    it('fences an older epoch', async () => {
      expect(await outcome(idempotent(0, 1, 3))).toBe('NONE 0')
      expect(await outcome(idempotent(1, 1, 2))).toBe('INVALID_PRODUCER_EPOCH -1')
      expect(await outcome(idempotent(1, 1, 4))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER -1')
      expect(await outcome(idempotent(0, 1, 4))).toBe('NONE 1')
    })

    it('counts sequences of each partition for itself', async () => {
      await produce(client, 'orders', 0, idempotent(0))
      const other = await RawClient.connect(kafka, 2)
      expect(await produce(other, 'orders', 1, idempotent(0))).toMatchObject({ errorCode: 0, baseOffset: 0n })
    })

    it('gives ids that nobody else has', async () => {
      const ids = new Set<bigint>()
      for (let i = 0; i < 5; i++) {
        const { producerId } = await client.request(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1 })
        ids.add(producerId)
      }
      expect(ids.size).toBe(5)
    })
  })

  describe('to a topic with configs', () => {
    const leader = async (configs: FakeTopicOptions['configs'], replicationFactor = 3) => {
      await kafka.createTopic('special', { numPartitions: 1, replicationFactor, configs: configs ?? {} })
      return RawClient.connect(kafka, kafka.leaderOf({ topic: 'special', partition: 0 }))
    }

    it('refuses a batch larger than max.message.bytes', async () => {
      const to = await leader({ 'max.message.bytes': 200 })
      expect(nameOf((await produce(to, 'special', 0, now('x'.repeat(300)))).errorCode)).toBe('MESSAGE_TOO_LARGE')
      expect((await produce(to, 'special', 0, now('x'))).errorCode).toBe(0)
    })

    it('writes its own time where message.timestamp.type says so', async () => {
      const to = await leader({ 'message.timestamp.type': 'LogAppendTime' })
      const produced = await produce(to, 'special', 0, batchOf([{ value: 'a', timestamp: 5 }]))
      expect(produced).toMatchObject({ errorCode: 0, logAppendTimeMs: BigInt(clock.now()) })
      expect(kafka.records('special').map(({ timestamp }) => timestamp)).toEqual([clock.now()])
      const { records } = await fetch(to, 'special', 0, 0)
      const batch = recordBatches(records!).take()!
      expect([batch.timestampType, batch.maxTimestamp, batch.isValid()]).toEqual(['LogAppendTime', clock.now(), true])
    })

    it('refuses timestamps that are too far from its time, and names the records', async () => {
      const to = await leader({ 'message.timestamp.before.max.ms': 1000, 'message.timestamp.after.max.ms': 2000 })
      const times = (...timestamps: number[]) => batchOf(timestamps.map((after) => ({ value: 'x', timestamp: clock.now() + after })))
      const late = await produce(to, 'special', 0, times(0, 2001, 0, 3000))
      expect(nameOf(late.errorCode)).toBe('INVALID_TIMESTAMP')
      expect(late.recordErrors.map(({ batchIndex }) => batchIndex)).toEqual([1, 3])
      expect(late.errorMessage).toMatch(/timestamp/)
      expect(nameOf((await produce(to, 'special', 0, times(-1001, 0))).errorCode)).toBe('INVALID_TIMESTAMP')
      expect((await produce(to, 'special', 0, times(-1000, 2000))).errorCode).toBe(0)
    })

    it('wants keys where it is compacted', async () => {
      const to = await leader({ 'cleanup.policy': 'compact' })
      const refused = await produce(
        to,
        'special',
        0,
        batchOf([
          { key: 'k', value: 'a', timestamp: clock.now() },
          { value: 'b', timestamp: clock.now() },
        ]),
      )
      expect([nameOf(refused.errorCode), refused.recordErrors.map(({ batchIndex }) => batchIndex)]).toEqual(['INVALID_RECORD', [1]])
      expect(refused.errorMessage).toContain('without key in topic partition special-0')
      expect((await produce(to, 'special', 0, batchOf([{ key: 'k', value: null, timestamp: clock.now() }]))).errorCode).toBe(0)
    })

    it('wants min.insync.replicas for acks -1, as far as there are replicas', async () => {
      const to = await leader({ 'min.insync.replicas': 3 })
      const down = kafka.brokers.find(({ id }) => id !== kafka.leaderOf({ topic: 'special', partition: 0 }))!
      await down.kill()
      expect(nameOf((await produce(to, 'special', 0, now('a'))).errorCode)).toBe('NOT_ENOUGH_REPLICAS')
      expect((await produce(to, 'special', 0, now('b'), { acks: 1 })).errorCode).toBe(0)
      await down.revive()
      expect((await produce(to, 'special', 0, now('c'))).errorCode).toBe(0)
    })

    it('never wants more replicas in sync than there are', async () => {
      const to = await leader({ 'min.insync.replicas': 2 }, 1)
      expect((await produce(to, 'special', 0, now('a'))).errorCode).toBe(0)
    })
  })
})
