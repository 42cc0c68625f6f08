import { Metadata, Produce, ZERO_UUID } from '@k/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { FakeCluster, type FakeClusterOptions } from '../src/index.ts'
import { nameOf } from './support/codes.ts'
import { settle } from './support/manual-clock.ts'
import { batchOf, RawClient, type Way } from './support/raw-client.ts'
import { enter, fetch, heartbeat, leadersOf, produce } from './support/requests.ts'

describe.each<Way>(['tcp', 'memory'])('a broker over %s', (way) => {
  let kafka: FakeCluster
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
  })
  const start = async (options: FakeClusterOptions = {}) => {
    kafka = await FakeCluster.start({ tcp: way === 'tcp', brokers: 3, topics: { t: 3 }, ...options })
  }
  const connect = (id: number) => RawClient.connect(kafka, id, way)

  it('ends its connections, and takes new ones', async () => {
    await start()
    const client = await connect(1)
    const other = await connect(2)
    await kafka.until(() => kafka.broker(1).connectionCount === 1)
    kafka.broker(1).disconnect()
    await client.closed
    await kafka.until(() => kafka.broker(1).connectionCount === 0)
    expect((await (await connect(1)).request(Metadata, 9, { topics: [] })).brokers).toHaveLength(3)
    expect(other.isClosed).toBe(false)
  })

  it('that is killed leaves what it led to others, in the next epoch', async () => {
    await start()
    const client = await connect(1)
    await kafka.broker(1).kill()
    await client.closed
    await expect(connect(1)).rejects.toThrow('ECONNREFUSED')
    const other = await connect(2)
    const { brokers, controllerId, topics } = await other.request(Metadata, 12, { topics: null })
    expect([brokers.map(({ nodeId }) => nodeId), controllerId, kafka.broker(1).isAlive]).toEqual([[2, 3], 2, false])
    const rows = topics[0]!.partitions.map((p) => [p.leaderId, p.leaderEpoch, p.isrNodes, p.offlineReplicas, p.errorCode])
    expect(rows).toEqual([
      [2, 1, [2, 3], [1], 0],
      [2, 0, [2, 3], [1], 0],
      [3, 0, [3, 2], [1], 0],
    ])
  })

  it('that is killed has lost nothing of what was written', async () => {
    await start()
    await produce(await connect(1), 't', 0, batchOf(['before']))
    await kafka.broker(1).kill()
    const leader = await connect(2)
    expect(await produce(leader, 't', 0, batchOf(['after']))).toMatchObject({ errorCode: 0, baseOffset: 1n })
    expect(kafka.records('t').map(({ value }) => `${value}`)).toEqual(['before', 'after'])
    expect(nameOf((await fetch(leader, 't', 0, 0, { currentLeaderEpoch: 0 })).errorCode)).toBe('FENCED_LEADER_EPOCH')
  })

  it('that is revived comes back on its address, in sync, and leads nothing', async () => {
    await start()
    const { host, port } = kafka.broker(1)
    await kafka.broker(1).kill()
    await kafka.broker(1).kill()
    await kafka.broker(1).revive()
    await kafka.broker(1).revive()
    expect([kafka.broker(1).host, kafka.broker(1).port]).toEqual([host, port])
    const client = await connect(1)
    expect(await leadersOf(client, 't')).toEqual([2, 2, 3])
    const { topics } = await client.request(Metadata, 12, { topics: null })
    expect(topics[0]!.partitions.map(({ isrNodes }) => [...isrNodes].sort())).toEqual([
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ])
    kafka.moveLeader({ topic: 't', partition: 0 }, 1)
    expect(await leadersOf(client, 't')).toEqual([1, 2, 3])
  })

  it('is up and down as often as it is told to, waited for or not', async () => {
    await start()
    void kafka.broker(1).kill()
    await Promise.all([kafka.broker(1).revive(), kafka.broker(1).revive()])
    expect((await (await connect(1)).request(Metadata, 9, { topics: [] })).brokers).toHaveLength(3)
    void kafka.broker(1).kill()
    void kafka.broker(1).revive()
    await kafka.close()
    await expect(connect(1)).rejects.toThrow(/ECONNREFUSED|the FakeCluster was closed/)
  })

  it('leaves partitions without a leader when it was the last in sync, and leads them again', async () => {
    await start()
    await kafka.createTopic('single', { numPartitions: 3, replicationFactor: 1 })
    const leader = kafka.leaderOf({ topic: 'single', partition: 0 })
    await kafka.broker(leader).kill()
    const survivor = await connect(kafka.brokers.find(({ isAlive }) => isAlive)!.id)
    const { topics } = await survivor.request(Metadata, 12, { topics: [{ topicId: 'A'.repeat(22), name: 'single' }] })
    const orphan = topics[0]!.partitions.find(({ leaderId }) => leaderId === -1)!
    expect([nameOf(orphan.errorCode), orphan.partitionIndex, orphan.leaderEpoch]).toEqual(['LEADER_NOT_AVAILABLE', 0, 1])
    await kafka.broker(leader).revive()
    expect(kafka.leaderOf({ topic: 'single', partition: 0 })).toBe(leader)
    expect((await produce(await connect(leader), 'single', 0, batchOf(['a']))).errorCode).toBe(0)
  })

  it('has no part in topics that were made while it was down', async () => {
    await start({ topics: {} })
    await kafka.broker(3).kill()
    await kafka.createTopic('two', { numPartitions: 2 })
    await kafka.broker(3).revive()
    const client = await connect(3)
    const { topics } = await client.request(Metadata, 12, { topics: null })
    expect(topics[0]!.partitions.map(({ replicaNodes }) => replicaNodes)).toEqual([
      [1, 2],
      [2, 1],
    ])
  })

  it('moves to another port, of which the others tell', async () => {
    await start()
    const client = await connect(2)
    const { host, port } = kafka.broker(2)
    await kafka.broker(2).moveTo()
    await client.closed
    expect(kafka.broker(2).port).not.toBe(port)
    const { brokers } = await (await connect(1)).request(Metadata, 9, { topics: [] })
    expect(brokers.find(({ nodeId }) => nodeId === 2)).toMatchObject({ host, port: kafka.broker(2).port })
    expect((await produce(await connect(2), 't', 1, batchOf(['a']))).errorCode).toBe(0)
    await kafka.broker(2).moveTo(port)
    expect(kafka.broker(2).port).toBe(port)
    await kafka.broker(2).kill()
    await expect(kafka.broker(2).moveTo()).rejects.toThrow('broker 2 is down')
  })

  it('that is frozen takes connections and answers nobody, until it thaws', async () => {
    await start()
    const client = await connect(1)
    const held = kafka.on(Produce).once().hold({ afterWork: true })
    const early = produce(client, 't', 0, batchOf(['a']))
    await held.struck()
    kafka.broker(1).freeze()
    held.release()
    const newcomer = await connect(1)
    const late = newcomer.request(Metadata, 9, { topics: [] })
    const answered: string[] = []
    const both = [early.then(() => answered.push('early')), late.then(() => answered.push('late'))]
    await (await connect(2)).request(Metadata, 9, { topics: [] })
    await settle()
    expect([answered, kafka.broker(1).connectionCount]).toEqual([[], 2])
    kafka.broker(1).thaw()
    await Promise.all(both)
    expect(answered.sort()).toEqual(['early', 'late'])
  })

  it('that lags tells what it knew, until it is released', async () => {
    await start()
    const client = await connect(2)
    const topicId = (await client.request(Metadata, 12, { topics: null })).topics[0]!.topicId
    const lag = kafka.broker(2).lagMetadata()
    kafka.moveLeader({ topic: 't', partition: 0 }, 3)
    await kafka.createTopic('new')
    const leaderAt = async (id: number) => (await leadersOf(await connect(id), 't'))[0]
    expect([await leaderAt(2), await leaderAt(1)]).toEqual([1, 3])
    const known = async (topics: { name: string | null; topicId: string }[] | null) => {
      const answer = await client.request(Metadata, 12, { topics })
      return answer.topics.map(({ name, errorCode }) => `${name} ${nameOf(errorCode)}`)
    }
    expect(await known(null)).toEqual(['t NONE'])
    expect(await known([{ name: 'new', topicId: ZERO_UUID }])).toEqual(['new UNKNOWN_TOPIC_OR_PARTITION'])
    expect(await known([{ name: null, topicId }])).toEqual(['t NONE'])
    expect(await known([{ name: null, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' }])).toEqual(['null UNKNOWN_TOPIC_ID'])
    // A lag that begins later takes the place of the former, whose release does nothing any more.
    const later = kafka.broker(2).lagMetadata()
    kafka.moveLeader({ topic: 't', partition: 0 }, 2)
    lag.release()
    expect(await leaderAt(2)).toBe(3)
    later.release()
    expect([await leaderAt(2), await known(null)]).toEqual([2, ['t NONE', 'new NONE']])
  })

  it('leads nothing of a partition that is without a leader', async () => {
    await start()
    kafka.removeLeader({ topic: 't', partition: 0 })
    expect(kafka.leaderOf({ topic: 't', partition: 0 })).toBe(-1)
    const client = await connect(1)
    expect(await leadersOf(client, 't')).toEqual([-1, 2, 3])
    expect(nameOf((await produce(client, 't', 0, batchOf(['a']))).errorCode)).toBe('NOT_LEADER_OR_FOLLOWER')
    kafka.moveLeader({ topic: 't', partition: 0 }, 1)
    expect((await produce(client, 't', 0, batchOf(['a']))).errorCode).toBe(0)
  })

  it('gives its groups to another when it is killed', async () => {
    await start()
    kafka.moveCoordinator('g', 1)
    const member = await enter(await connect(1), 'g')
    await kafka.broker(1).kill()
    const coordinator = kafka.coordinatorOf('g')
    expect(coordinator).not.toBe(1)
    // The generation was never completed, so it was never written down.
    expect(nameOf(await heartbeat(await connect(coordinator), 'g', member))).toBe('UNKNOWN_MEMBER_ID')
  })
})

describe('a broker', () => {
  it('can not lead or coordinate what it can not', async () => {
    await using kafka = await FakeCluster.start({ tcp: false, brokers: 3, topics: { t: { numPartitions: 1, replicationFactor: 2 } } })
    const at = { topic: 't', partition: 0 }
    expect(() => kafka.moveLeader(at, 3)).toThrow('broker 3 cannot lead t-0: its replicas are on 1, 2')
    await kafka.broker(2).kill()
    expect(() => kafka.moveLeader(at, 2)).toThrow('must be up')
    expect(() => kafka.moveCoordinator('g', 2)).toThrow('it is down')
    expect(() => kafka.moveLeader({ topic: 't', partition: 4 }, 1)).toThrow('no partition 4')
    expect(() => kafka.moveLeader({ topic: 'nope', partition: 0 }, 1)).toThrow('no topic nope')
    expect(() => kafka.broker(9)).toThrow('there is no broker 9; there are 1, 2, 3')
  })
})
