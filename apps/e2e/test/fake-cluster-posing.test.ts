import { Admin } from '@k/admin'
import { Consumer } from '@k/consumer'
import { Producer } from '@k/producer'
import { Fetch, JoinGroup, Produce } from '@k/protocol'
import { FakeCluster, type FakeVersion, fakeVersions } from '@k/testing'
import { describe, expect, it } from 'vitest'

/** Before these there were no record batches, and no idempotent producers. */
const withMessages: readonly FakeVersion[] = ['0.10.2']

describe.each(fakeVersions)('our clients against a FakeCluster that poses as Kafka %s', (version) => {
  it.each(['memory', 'tcp'] as const)('create a topic, write, read in a group and commit, over %s', async (way) => {
    await using kafka = await FakeCluster.start({ version, brokers: 3, tcp: way === 'tcp' })
    const common = {
      bootstrapServers: kafka.bootstrapServers,
      ...(way === 'memory' && { transport: kafka.transport }),
      logger: null,
    }
    await using admin = new Admin(common)
    await admin.createTopics([{ topic: 'orders', numPartitions: 3, replicationFactor: 3 }])
    await using producer = new Producer({ ...common, ...(withMessages.includes(version) && { enableIdempotence: false }) })
    const values = ['a', 'b', 'c', 'd']
    for (const [i, value] of values.entries()) await producer.send({ topic: 'orders', partition: i % 3, key: `${i}`, value })
    await using consumer = new Consumer({ ...common, groupId: 'billing', topics: ['orders'], autoOffsetReset: 'earliest' })
    const read: string[] = []
    for await (const record of consumer) {
      read.push(`${record.value}`)
      if (read.length < values.length) continue
      await consumer.commit()
      break
    }
    expect(read.sort()).toEqual(values)
    const committed = kafka.committed('billing').map(({ partition, offset }) => `${partition}: ${offset}`)
    expect(committed.sort()).toEqual(['0: 2', '1: 1', '2: 1'])
    expect(kafka.failures, kafka.requests.format()).toEqual([])
    const highest = withMessages.includes(version) ? [2, 3, 1] : [3, 4, 2]
    for (const [i, api] of [Produce, Fetch, JoinGroup].entries()) {
      expect(kafka.requests.list(api)[0]?.version).toBeGreaterThanOrEqual(highest[i]!)
    }
  })
})
