import { FakeCluster } from '@k/testing'
import { Kafka, logLevel } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { kafkajsJudge } from '../../src/judges/kafkajs.ts'
import { judgeOrSkip } from '../../src/judges/skip-judge.ts'
import { claims } from './claims.ts'

const open = await judgeOrSkip('kafkajs', async () => kafkajsJudge)

// Its headers have no nulls.
for (const version of ['4.3', '1.1'] as const) claims({ name: 'kafkajs', version, open, nullHeaders: false })

describe.skipIf(open === undefined)('kafkajs as an administrator', () => {
  it('finds brokers, controller, cluster id and the offsets of topics, and that a name is bad', async () => {
    await using kafka = await FakeCluster.start({ brokers: 3, topics: { orders: { numPartitions: 2, replicationFactor: 3 } } })
    const judge = await open!(kafka.bootstrapServers)
    await judge.send({ topic: 'orders', records: Array.from({ length: 9 }, (_, i) => ({ key: `${i}`, value: `${i}`, headers: [] })) })
    await expect(judge.createTopic('bad name', { partitions: 1, replicationFactor: 1 })).rejects.toThrow(/topic/i)
    await judge.close()
    const admin = new Kafka({ brokers: kafka.bootstrapServers.split(','), logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    const { brokers, controller, clusterId } = await admin.describeCluster()
    expect(brokers.map(({ nodeId, port }) => [nodeId, port])).toEqual(kafka.brokers.map(({ id, port }) => [id, port]))
    expect([controller, clusterId]).toEqual([1, kafka.clusterId])
    const ends = (await admin.fetchTopicOffsets('orders')).sort((a, b) => a.partition - b.partition)
    const { partitions } = kafka.snapshot().topics[0]!
    expect(ends.map(({ low, high }) => [low, high])).toEqual(
      partitions.map(({ logStartOffset, highWatermark }) => [`${logStartOffset}`, `${highWatermark}`]),
    )
    expect(partitions.reduce((sum, { highWatermark }) => sum + highWatermark, 0)).toBe(9)
    await admin.disconnect()
    expect(kafka.failures).toEqual([])
  })
})
