import { Admin } from '@k/admin'
import { FakeCluster, fakeVersions } from '@k/testing'
import { describe, expect, it } from 'vitest'

describe.each(fakeVersions)('an admin client before Kafka %s', (version) => {
  it('creates, lists, describes and deletes topics', async () => {
    await using kafka = await FakeCluster.start({ version, brokers: 3, tcp: false })
    await using admin = new Admin({ bootstrapServers: kafka.bootstrapServers, transport: kafka.transport, logger: null })
    await admin.createTopics([
      { topic: 'orders', numPartitions: 3, replicationFactor: 2 },
      { topic: 'events', numPartitions: 1, replicationFactor: 3 },
    ])
    expect((await admin.listTopics()).map(({ topic }) => topic).sort()).toEqual(['events', 'orders'])
    const [described] = await admin.describeTopics(['orders'])
    expect(described?.partitions.map(({ replicas }) => replicas.length)).toEqual([2, 2, 2])
    await admin.deleteTopics(['orders'])
    expect((await admin.listTopics()).map(({ topic }) => topic)).toEqual(['events'])
    expect(kafka.failures).toEqual([])
  })

  it('describes the cluster', async () => {
    await using kafka = await FakeCluster.start({ version, brokers: 3, tcp: false })
    await using admin = new Admin({ bootstrapServers: kafka.bootstrapServers, transport: kafka.transport, logger: null })
    const { brokers, clusterId } = await admin.describeCluster()
    expect(brokers.length).toBe(3)
    expect(clusterId).toBe(kafka.clusterId)
  })
})
