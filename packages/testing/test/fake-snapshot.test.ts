import { ApiVersions, Produce } from '@k/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { FakeCluster, formatRequest, SeededRandom, VirtualClock } from '../src/index.ts'
import { batchOf, RawClient } from './support/raw-client.ts'
import { commit, produce } from './support/requests.ts'
import { addPartitions, initProducerId } from './support/transactions.ts'

describe('what a test can look at', () => {
  let kafka: FakeCluster
  afterEach(() => kafka.close())

  it('is the whole cluster, in values that JSON can hold and that do not change', async () => {
    const clock = new VirtualClock()
    const random = new SeededRandom(1)
    const topics = { orders: { numPartitions: 2, replicationFactor: 2 } }
    kafka = await FakeCluster.start({ tcp: false, brokers: 2, racks: ['a', 'b'], topics, clock, random, version: '4.1' })
    const client = await RawClient.connect(kafka)
    await produce(client, 'orders', 0, batchOf(['a', 'b']))
    kafka.moveCoordinator('billing', 1)
    await commit(client, 'billing', 'orders', 0, 2)
    kafka.moveTransactionCoordinator('writer', 1)
    const writer = await initProducerId(client, 'writer')
    await addPartitions(client, 'writer', writer, 'orders', [0])
    await kafka.broker(2).kill()
    const snapshot = kafka.snapshot()
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual({
      clusterId: kafka.clusterId,
      version: '4.1',
      controller: 1,
      brokers: [
        { id: 1, address: expect.stringMatching(/^broker-1\..*:9092$/), rack: 'a', isAlive: true },
        { id: 2, address: expect.any(String), rack: 'b', isAlive: false },
      ],
      topics: [
        {
          name: 'orders',
          topicId: expect.any(String),
          partitions: [
            partition(0, { leaderEpoch: 0, replicas: [1, 2], lastStableOffset: 2, highWatermark: 2, logEndOffset: 2 }),
            partition(1, { leaderEpoch: 1, replicas: [2, 1] }),
          ],
        },
      ],
      groups: [expect.objectContaining({ groupId: 'billing', state: 'Empty', coordinator: 1, committed: kafka.committed('billing') })],
      transactions: [
        expect.objectContaining({ transactionalId: 'writer', state: 'Ongoing', producerId: `${writer.producerId}`, coordinator: 1 }),
      ],
    })
    const before = structuredClone(snapshot)
    await produce(client, 'orders', 0, batchOf(['c']))
    await kafka.broker(2).revive()
    expect(snapshot).toEqual(before)
    expect(kafka.snapshot()).not.toEqual(before)
  })

  it('is every request, readable in a line', async () => {
    kafka = await FakeCluster.start({ tcp: false, topics: { orders: 1 } })
    const client = await RawClient.connect(kafka)
    await client.request(ApiVersions, 3, { clientSoftwareName: 'raw', clientSoftwareVersion: '1' })
    await produce(client, 'orders', 0, batchOf(['a']))
    client.clientId = null
    await produce(client, 'orders', 0, batchOf(['b']))
    const [first, second, third] = kafka.requests.format().split('\n')
    expect(first).toBe(formatRequest([...kafka.requests][0]!))
    expect(first).toContain("ApiVersions v3 from raw to broker 1 (connection 1, correlation id 1): { clientSoftwareName: 'raw'")
    expect(second).toMatch(/^Produce v12 from raw to broker 1 .*: \{ transactionalId: null, acks: -1, .*records: <\d+ bytes>/)
    expect(third).toContain('Produce v12 from a client without an id to broker 1')
    expect(kafka.requests.format(Produce).split('\n')).toEqual([second, third])
  })
})

function partition(number: number, fields: object) {
  const offsets = { logStartOffset: 0, lastStableOffset: 0, highWatermark: 0, logEndOffset: 0 }
  return { partition: number, leader: 1, isr: [1], ...offsets, ...fields }
}
