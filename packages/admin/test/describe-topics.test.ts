import { Cluster, type ItemsError, type RequestBody, resolveClientOptions } from '@k/network'
import { KafkaError, Metadata, type MetadataResponse } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { AdminCall } from '../src/admin-call.ts'
import { describeTopics } from '../src/describe-topics.ts'

/** A call of a cluster whose one broker has one topic, and would create whatever it is asked about by name. */
function setUp(version: number) {
  const asked: unknown[] = []
  const cluster = new Cluster({ bootstrapServers: 'localhost:1', logger: null })
  cluster.request = (async (_: unknown, body: RequestBody<typeof Metadata>): Promise<MetadataResponse> => {
    asked.push(typeof body === 'function' ? body(version) : body)
    const partitions = [{ errorCode: 0, partitionIndex: 0, leaderId: 1, replicaNodes: [1], isrNodes: [1] }]
    const topics = [{ errorCode: 0, name: 'orders', partitions }]
    return Metadata.response.decode(version, Metadata.response.encode(version, { brokers: [], controllerId: 1, topics }))
  }) as never
  const call = new AdminCall('describeTopics', cluster, resolveClientOptions({ logger: null }), {})
  return { call, asked }
}

describe('describeTopics of a broker that would create the topics that it is asked about by name', () => {
  it('asks for all topics and picks', async () => {
    const { call, asked } = setUp(2)
    expect(await describeTopics(call, ['orders'])).toMatchObject([{ topic: 'orders', partitions: [{ partition: 0, leader: 1 }] }])
    expect(asked).toEqual([{ topics: null }])
  })

  it('tells that a topic is not there', async () => {
    const { call } = setUp(2)
    const error = (await describeTopics(call, ['orders', 'gone']).catch((reason: unknown) => reason)) as ItemsError
    expect(error.failed.map(({ item }) => item)).toEqual(['gone'])
    expect(KafkaError.is(error.failed[0]?.error, 'UNKNOWN_TOPIC_OR_PARTITION')).toBe(true)
  })

  it('asks a newer broker by name, and asks it not to create', async () => {
    const { call, asked } = setUp(4)
    await describeTopics(call, ['orders'])
    expect(asked).toEqual([{ topics: [{ name: 'orders' }], allowAutoTopicCreation: false }])
  })
})
