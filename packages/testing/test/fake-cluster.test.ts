import { Fetch, ListOffsets, Metadata, Produce, ZERO_UUID } from '@k/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../src/index.ts'
import { batchOf, RawClient, type Way } from './support/raw-client.ts'

describe.each<Way>(['tcp', 'memory'])('a cluster over %s', (way) => {
  let kafka: FakeCluster
  afterEach(() => kafka.close())

  it('takes records and gives them back', async () => {
    kafka = await FakeCluster.start({ brokers: 3, tcp: way === 'tcp' })
    await kafka.createTopic('orders', { numPartitions: 3 })
    const client = await RawClient.connect(kafka, 2, way)
    const metadata = await client.request(Metadata, 13, { topics: [{ topicId: ZERO_UUID, name: 'orders' }] })
    const [topic] = metadata.topics
    expect(metadata.brokers.map(({ host, port }) => `${host}:${port}`).join(',')).toBe(kafka.bootstrapServers)
    expect(topic!.partitions.map(({ leaderId }) => leaderId)).toEqual([1, 2, 3])

    const produced = await client.request(Produce, 13, {
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ topicId: topic!.topicId, partitionData: [{ index: 1, records: batchOf([{ key: 'a', value: 'paid' }, 'shipped']) }] }],
    })
    expect(produced.responses[0]!.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: 0n, logStartOffset: 0n })

    const fetched = await client.request(Fetch, 18, {
      maxWaitMs: 1000,
      minBytes: 1,
      topics: [{ topicId: topic!.topicId, partitions: [{ partition: 1, fetchOffset: 0n, partitionMaxBytes: 1_000_000 }] }],
    })
    expect(fetched.responses[0]!.partitions[0]).toMatchObject({ errorCode: 0, highWatermark: 2n })
    expect(kafka.records('orders').map(({ offset, key, value }) => [offset, key?.toString(), value?.toString()])).toEqual([
      [0, 'a', 'paid'],
      [1, undefined, 'shipped'],
    ])
    const end = await client.request(ListOffsets, 11, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: 'orders', partitions: [{ partitionIndex: 1, timestamp: -1n }] }],
    })
    expect(end.topics[0]!.partitions[0]).toMatchObject({ errorCode: 0, offset: 2n })
    expect(kafka.failures).toEqual([])
  })
})
