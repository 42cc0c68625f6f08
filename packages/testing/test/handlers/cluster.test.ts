import { DescribeCluster, FindCoordinator, InitProducerId } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { RawClient } from '../support/raw-client.ts'

describe('a cluster tells', () => {
  let kafka: FakeCluster
  let client: RawClient
  beforeEach(async () => {
    kafka = await FakeCluster.start({ tcp: false, brokers: 3, racks: ['a', 'b', 'c'] })
    client = await RawClient.connect(kafka, 2)
  })
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
  })

  it.each([0, 1, 2])('its brokers, in version %i of DescribeCluster', async (version) => {
    await kafka.broker(3).kill()
    const response = await client.request(DescribeCluster, version, { includeClusterAuthorizedOperations: version === 1 })
    expect([response.errorCode, response.clusterId, response.controllerId]).toEqual([0, kafka.clusterId, 1])
    expect(response.brokers.map(({ brokerId, rack }) => `${brokerId} ${rack}`)).toEqual(['1 a', '2 b'])
    expect(response.clusterAuthorizedOperations).toBe(version === 1 ? 0x1fa0 : -2147483648)
  })

  it('of brokers that are down where it is asked to', async () => {
    await kafka.broker(3).kill()
    const { brokers } = await client.request(DescribeCluster, 2, { includeClusterAuthorizedOperations: false, includeFencedBrokers: true })
    expect(brokers.map(({ brokerId, isFenced }) => [brokerId, isFenced])).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ])
  })

  it('nothing of controllers, nor of what it does not know', async () => {
    const code = async (endpointType: number) => {
      const { errorCode } = await client.request(DescribeCluster, 1, { includeClusterAuthorizedOperations: false, endpointType })
      return nameOf(errorCode)
    }
    expect([await code(2), await code(7)]).toEqual(['MISMATCHED_ENDPOINT_TYPE', 'UNSUPPORTED_ENDPOINT_TYPE'])
  })

  it.each([0, 1, 2, 3])('who coordinates a group, in version %i of FindCoordinator', async (version) => {
    const { errorCode, nodeId, host, port } = await client.request(FindCoordinator, version, { key: 'g' })
    const broker = kafka.broker(kafka.coordinatorOf('g'))
    expect([errorCode, nodeId, host, port]).toEqual([0, broker.id, broker.host, broker.port])
  })

  it.each([4, 5, 6])('who coordinates several, in version %i of FindCoordinator', async (version) => {
    const coordinatorKeys = ['a', 'b', 'c', 'd', 'e', 'f']
    const { coordinators } = await client.request(FindCoordinator, version, { coordinatorKeys })
    expect(coordinators.map(({ key, errorCode }) => [key, errorCode])).toEqual(coordinatorKeys.map((key) => [key, 0]))
    expect(coordinators.map(({ nodeId }) => nodeId)).toEqual(coordinatorKeys.map((key) => kafka.coordinatorOf(key)))
    expect(new Set(coordinators.map(({ nodeId }) => nodeId)).size).toBe(3)
  })

  it('who coordinates a transaction, and nothing of other kinds', async () => {
    expect(await client.request(FindCoordinator, 2, { key: 'tx', keyType: 1 })).toMatchObject({ errorCode: 0 })
    const { coordinators } = await client.request(FindCoordinator, 4, { coordinatorKeys: ['x'], keyType: 9 })
    expect(coordinators).toMatchObject([{ key: 'x', nodeId: -1, errorCode: 42 }])
  })

  it('another coordinator when that one is down', async () => {
    const before = kafka.coordinatorOf('g')
    const other = kafka.brokers.find(({ id }) => id !== before)!
    const elsewhere = await RawClient.connect(kafka, other.id)
    await kafka.broker(before).kill()
    const { nodeId } = await elsewhere.request(FindCoordinator, 2, { key: 'g' })
    expect(nodeId).not.toBe(before)
    expect(nodeId).toBe(kafka.coordinatorOf('g'))
    await kafka.broker(before).revive()
    expect(kafka.coordinatorOf('g')).toBe(nodeId)
  })

  it.each([0, 1, 2, 3, 4, 5])('ids to idempotent producers, in version %i of InitProducerId', async (version) => {
    const ask = (more: object = {}) => client.request(InitProducerId, version, { transactionalId: null, transactionTimeoutMs: 1, ...more })
    const first = await ask()
    const second = await ask(version >= 3 ? { producerId: first.producerId, producerEpoch: 4 } : {})
    expect([first.errorCode, first.producerEpoch, second.errorCode, second.producerEpoch]).toEqual([0, 0, 0, 0])
    expect(second.producerId).not.toBe(first.producerId)
  })

  it('no id to a transactional producer without a name', async () => {
    const code = async (transactionalId: string) =>
      nameOf((await client.request(InitProducerId, 4, { transactionalId, transactionTimeoutMs: 1 })).errorCode)
    expect([await code('tx'), await code('')]).toEqual(['NONE', 'INVALID_REQUEST'])
  })
})
