import { Fetch, Metadata, Produce, recordBatches, ZERO_UUID } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { ManualClock, settle } from '../support/manual-clock.ts'
import { batchOf, RawClient } from '../support/raw-client.ts'
import { fetch, fetchBody, produce } from '../support/requests.ts'

const offsetsIn = (records: Buffer | null) => [...recordBatches(records ?? Buffer.alloc(0))].map(({ baseOffset }) => baseOffset)

describe('Fetch', () => {
  let clock: ManualClock
  let kafka: FakeCluster
  let client: RawClient
  beforeEach(async () => {
    clock = new ManualClock()
    kafka = await FakeCluster.start({ tcp: false, brokers: 2, topics: { orders: 2, single: { replicationFactor: 1 } }, clock })
    client = await RawClient.connect(kafka, 1)
  })
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
    expect(clock.pending).toBe(0)
  })

  const append = async (...values: string[]) => {
    const to = await RawClient.connect(kafka, kafka.leaderOf({ topic: 'orders', partition: 0 }))
    const { errorCode } = await produce(to, 'orders', 0, batchOf(values))
    expect(errorCode).toBe(0)
    to.close()
  }

  it.each(Array.from({ length: 15 }, (_, i) => i + 4))('reads in version %i', async (version) => {
    await append('a', 'b')
    await append('c')
    const { topics } = await client.request(Metadata, 12, { topics: [{ topicId: ZERO_UUID, name: 'orders' }] })
    const partitions = [{ partition: 0, fetchOffset: 1n, partitionMaxBytes: 10_000 }]
    const { topicId } = topics[0]!
    const response = await client.request(Fetch, version, { maxWaitMs: 0, minBytes: 1, topics: [{ topic: 'orders', topicId, partitions }] })
    expect([response.errorCode, response.sessionId]).toEqual([0, 0])
    const [partition] = response.responses[0]!.partitions
    expect(partition).toMatchObject({ errorCode: 0, highWatermark: 3n, lastStableOffset: 3n, abortedTransactions: null })
    expect(offsetsIn(partition!.records)).toEqual([0, 2])
  })

  it('serves the first batch even if it is larger than every limit, and no other', async () => {
    await append('x'.repeat(1000))
    await append('y')
    const { records } = await fetch(client, 'orders', 0, 0, { maxBytes: 1, partitionMaxBytes: 1 })
    expect(offsetsIn(records)).toEqual([0])
  })

  it('has room for one partition after the other', async () => {
    kafka.moveLeader({ topic: 'orders', partition: 1 }, 1)
    const batch = batchOf(['x'.repeat(100)])
    for (const partition of [0, 1]) for (let i = 0; i < 3; i++) await produce(client, 'orders', partition, batch)
    const partitions = [0, 1].map((partition) => ({ partition, fetchOffset: 0n, partitionMaxBytes: batch.length * 2 }))
    const limits = async (maxBytes: number) => {
      const { responses } = await client.request(Fetch, 12, {
        maxWaitMs: 0,
        minBytes: 1,
        maxBytes,
        topics: [{ topic: 'orders', partitions }],
      })
      return responses[0]!.partitions.map(({ records }) => offsetsIn(records))
    }
    expect(await limits(1_000_000)).toEqual([
      [0, 1],
      [0, 1],
    ])
    expect(await limits(batch.length * 3)).toEqual([[0, 1], [0]])
    expect(await limits(batch.length)).toEqual([[0], []])
    expect(await limits(1)).toEqual([[0], []])
  })

  it('answers a partition that is named twice once, as it was named last', async () => {
    await append('a')
    const partitions = [0n, 1n].map((fetchOffset) => ({ partition: 0, fetchOffset, partitionMaxBytes: 1000 }))
    const { responses } = await client.request(Fetch, 12, { maxWaitMs: 0, minBytes: 1, topics: [{ topic: 'orders', partitions }] })
    expect(responses[0]!.partitions.map(({ records }) => records!.length)).toEqual([0])
  })

  it('tells of what is not there last, and does not answer for its sake', async () => {
    const topics = ['nope', 'orders'].map((topic) => ({ topic, partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1000 }] }))
    const waiting = client.request(Fetch, 12, { maxWaitMs: 500, minBytes: 1, topics })
    await settle()
    await append('a')
    const { responses } = await waiting
    expect(responses.map(({ topic, partitions }) => [topic, nameOf(partitions[0]!.errorCode), offsetsIn(partitions[0]!.records)])).toEqual([
      ['orders', 'NONE', [0]],
      ['nope', 'UNKNOWN_TOPIC_OR_PARTITION', []],
    ])
  })

  it('knows what can not be read', async () => {
    await append('a')
    const codeOf = async (...args: Parameters<typeof fetch> extends [unknown, ...infer Rest] ? Rest : never) =>
      nameOf((await fetch(client, ...args)).errorCode)
    expect(await codeOf('orders', 0, 1)).toBe('NONE')
    expect(await codeOf('orders', 0, 2)).toBe('OFFSET_OUT_OF_RANGE')
    expect(await codeOf('orders', 0, -1)).toBe('OFFSET_OUT_OF_RANGE')
    expect(await codeOf('orders', 1, 0, { version: 10 })).toBe('NOT_LEADER_OR_FOLLOWER')
    expect(await codeOf('single', 0, 0)).toBe('NOT_LEADER_OR_FOLLOWER')
    expect(await codeOf('orders', 5, 0)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await codeOf('nope', 0, 0)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await codeOf('nope', 0, 0, { version: 13 })).toBe('UNKNOWN_TOPIC_ID')
    kafka.moveLeader({ topic: 'orders', partition: 0 }, 1)
    expect(await codeOf('orders', 0, 0, { currentLeaderEpoch: 0 })).toBe('FENCED_LEADER_EPOCH')
    expect(await codeOf('orders', 0, 0, { currentLeaderEpoch: 1 })).toBe('NONE')
    expect(await codeOf('orders', 0, 0, { currentLeaderEpoch: 2 })).toBe('UNKNOWN_LEADER_EPOCH')
  })

  it('is served by every replica, since version 11', async () => {
    await append('a')
    const follower = await RawClient.connect(kafka, 2)
    expect(offsetsIn((await fetch(follower, 'orders', 0, 0, { version: 11 })).records)).toEqual([0])
    expect(nameOf((await fetch(follower, 'orders', 0, 0, { version: 10 })).errorCode)).toBe('NOT_LEADER_OR_FOLLOWER')
    const waiting = fetch(follower, 'orders', 0, 1, { maxWaitMs: 500 })
    await settle()
    await append('b')
    expect(offsetsIn((await waiting).records)).toEqual([1])
  })

  it('names the leader to who asked another, since version 16', async () => {
    const { topics } = await client.request(Metadata, 12, { topics: [{ topicId: ZERO_UUID, name: 'single' }] })
    const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1000 }]
    const ask = (version: number) => {
      return client.request(Fetch, version, { maxWaitMs: 0, minBytes: 1, topics: [{ topicId: topics[0]!.topicId, partitions }] })
    }
    const { responses, nodeEndpoints } = await ask(16)
    expect(responses[0]!.partitions[0]!.currentLeader).toEqual({ leaderId: 2, leaderEpoch: 0 })
    expect(nodeEndpoints.map(({ nodeId }) => nodeId)).toEqual([2])
    expect((await ask(15)).responses[0]!.partitions[0]!.currentLeader).toEqual({ leaderId: -1, leaderEpoch: -1 })
  })

  it('lists no aborted transactions to who reads committed records', async () => {
    await append('a')
    expect((await fetch(client, 'orders', 0, 0, { isolationLevel: 1 })).abortedTransactions).toEqual([])
  })

  describe('that waits', () => {
    const patient = { maxWaitMs: 500 }

    it('answers with nothing when the time is over', async () => {
      let answered = false
      const answer = fetch(client, 'orders', 0, 0, patient).finally(() => {
        answered = true
      })
      await settle()
      await clock.advance(499)
      expect(answered).toBe(false)
      await clock.advance(1)
      expect((await answer).records!.length).toBe(0)
    })

    it('answers as soon as there is something', async () => {
      const answer = fetch(client, 'orders', 0, 0, patient)
      await settle()
      await append('a')
      expect(offsetsIn((await answer).records)).toEqual([0])
      expect(clock.pending).toBe(0)
    })

    it('answers with all of the request that came', async () => {
      kafka.moveLeader({ topic: 'orders', partition: 1 }, 1)
      const partitions = [0, 1].map((partition) => ({ partition, fetchOffset: 0n, partitionMaxBytes: 1000 }))
      const answer = client.request(Fetch, 12, { ...patient, minBytes: 1, topics: [{ topic: 'orders', partitions }] })
      await settle()
      const producer = await RawClient.connect(kafka, 1)
      const partitionData = [0, 1].map((index) => ({ index, records: batchOf(['a']) }))
      await producer.request(Produce, 9, { acks: 1, timeoutMs: 1, topicData: [{ name: 'orders', partitionData }] })
      expect((await answer).responses[0]!.partitions.map(({ records }) => offsetsIn(records))).toEqual([[0], [0]])
    })

    it('waits for minBytes', async () => {
      let answered = false
      const answer = fetch(client, 'orders', 0, 0, { ...patient, minBytes: 200 }).finally(() => {
        answered = true
      })
      await settle()
      await append('a')
      await settle()
      expect(answered).toBe(false)
      await append('x'.repeat(150))
      expect(offsetsIn((await answer).records)).toEqual([0, 1])
    })

    it('does not wait where nothing is wanted', async () => {
      expect((await fetch(client, 'orders', 0, 0, { ...patient, minBytes: 0 })).errorCode).toBe(0)
      expect((await client.request(Fetch, 12, { ...patient, minBytes: 1, topics: [] })).responses).toEqual([])
    })

    it('hears at once that the leader has moved or the topic is gone', async () => {
      const moved = fetch(client, 'orders', 0, 0, { ...patient, currentLeaderEpoch: 0 })
      await settle()
      kafka.moveLeader({ topic: 'orders', partition: 0 }, 2)
      expect(nameOf((await moved).errorCode)).toBe('FENCED_LEADER_EPOCH')
      kafka.moveLeader({ topic: 'orders', partition: 0 }, 1)
      const deleted = fetch(client, 'orders', 0, 0, patient)
      await settle()
      await kafka.deleteTopic('orders')
      expect(nameOf((await deleted).errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    })

    it('keeps the later requests of its connection waiting, and those of others not', async () => {
      const order: string[] = []
      const long = client.request(Fetch, 12, fetchBody('orders', 0, 0, patient)).then(() => order.push('fetch'))
      const behind = client.request(Metadata, 9, { topics: [] }).then(() => order.push('behind'))
      const other = await RawClient.connect(kafka, 1)
      await other.request(Metadata, 9, { topics: [] })
      order.push('other')
      await clock.advance(500)
      await Promise.all([long, behind])
      expect(order).toEqual(['other', 'fetch', 'behind'])
    })

    it('leaves no timer behind when the cluster closes', async () => {
      const answer = fetch(client, 'orders', 0, 0, patient).catch((error: Error) => error.message)
      await settle()
      const closing = kafka.close()
      expect(clock.pending).toBe(0)
      await closing
      expect(await answer).toBe('connection closed')
    })

    it('leaves no timer behind when the client goes', async () => {
      const answer = fetch(client, 'orders', 0, 0, patient).catch((error: Error) => error.message)
      await settle()
      expect(clock.pending).toBe(1)
      client.close()
      expect(await answer).toBe('connection closed')
      await settle()
      expect(clock.pending).toBe(0)
    })
  })

  it('stumbles, as Kafka does, over limits below zero and isolation levels that there are not', async () => {
    await append('a')
    const to = await RawClient.connect(kafka, kafka.leaderOf({ topic: 'orders', partition: 0 }))
    const codes = []
    for (const extras of [{ maxBytes: -1 }, { partitionMaxBytes: -1 }, { isolationLevel: 2 }]) {
      codes.push(nameOf((await fetch(to, 'orders', 0, 0, extras)).errorCode))
    }
    expect(codes).toEqual(Array(3).fill('UNKNOWN_SERVER_ERROR'))
  })

  it('serves nobody who says that he is a replica where there is none', async () => {
    await append('a')
    const to = await RawClient.connect(kafka, kafka.leaderOf({ topic: 'orders', partition: 0 }))
    const { responses } = await to.request(Fetch, 12, { ...fetchBody('orders', 0, 0), replicaId: 7 })
    expect(nameOf(responses[0]!.partitions[0]!.errorCode)).toBe('NOT_LEADER_OR_FOLLOWER')
  })
})
