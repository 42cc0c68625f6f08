import { DescribeCluster, FindCoordinator, Heartbeat, ListOffsets, Metadata, Produce, SaslHandshake } from '@k/protocol'
import { FakeCluster } from '@k/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { Cluster, type ClusterOptions, plain, retry } from '../src/index.ts'
import { cert, key } from './support/certificate.ts'
import { errorOf } from './support/outcome.ts'

type FakeOptions = Parameters<typeof FakeCluster.start>[0]

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

const everything = { includeClusterAuthorizedOperations: false }
const ways = ['TCP', 'memory'] as const

/** A fake cluster of three brokers and a client of it. */
async function start(way: (typeof ways)[number], fake: FakeOptions = {}, options: ClusterOptions = {}) {
  const kafka = await FakeCluster.start({ brokers: 3, topics: { orders: 6 }, tcp: way === 'TCP', ...fake })
  open.push(kafka)
  const connect = (more: ClusterOptions = {}) => {
    const { bootstrapServers, transport } = kafka
    const cluster = new Cluster({ bootstrapServers, ...(way === 'memory' ? { transport } : {}), ...options, ...more })
    open.push(cluster)
    return cluster
  }
  return { kafka, connect, cluster: connect() }
}

const offsetsOf = (partition: number) => ({
  replicaId: -1,
  isolationLevel: 0,
  topics: [{ name: 'orders', partitions: [{ partitionIndex: partition, timestamp: -1n }] }],
})

describe.each(ways)('three brokers over %s', (way) => {
  it('answer each for the partitions that they lead', async () => {
    const { kafka, cluster } = await start(way)
    const answers = await Promise.all(
      [0, 1, 2, 3, 4, 5].map((partition) =>
        cluster.request(ListOffsets, offsetsOf(partition), { to: { leaderOf: { topic: 'orders', partition } } }),
      ),
    )
    expect(answers.map(({ topics }) => topics[0]!.partitions[0])).toEqual(
      [0, 1, 2, 3, 4, 5].map((partitionIndex) => expect.objectContaining({ partitionIndex, errorCode: 0, offset: 0n })),
    )
    for (const { body, broker } of kafka.requests.list(ListOffsets)) {
      expect(broker).toBe(kafka.leaderOf({ topic: 'orders', partition: body.topics[0]!.partitions[0]!.partitionIndex }))
    }
    expect(new Set(kafka.requests.list(ListOffsets).map(({ broker }) => broker))).toEqual(new Set([1, 2, 3]))
    expect(kafka.requests.list(Metadata).length).toBeLessThanOrEqual(2)
    expect(kafka.failures).toEqual([])
  })

  it('are described alike by metadata and by themselves', async () => {
    const { kafka, cluster } = await start(way)
    const described = await cluster.request(DescribeCluster, everything, { to: 'controller' })
    expect(described).toMatchObject({ clusterId: kafka.clusterId, controllerId: cluster.controllerId })
    expect(described.brokers.map(({ brokerId, host, port }) => ({ id: brokerId, host, port, rack: undefined }))).toEqual(cluster.brokers)
    expect((await cluster.allTopics()).map(({ name, partitions }) => [name, partitions.length])).toEqual([['orders', 6]])
  })

  it('name the coordinator of a group, and another one after it has moved', async () => {
    const { kafka, cluster } = await start(way)
    const to = { coordinatorOf: { group: 'g' } }
    kafka.moveCoordinator('g', 2)
    const beat = { groupId: 'g', generationId: 1, memberId: 'm' }
    await cluster.request(Heartbeat, beat, { to })
    kafka.moveCoordinator('g', 3)
    expect(await cluster.request(Heartbeat, beat, { to })).toMatchObject({ errorCode: 16 })
    cluster.forgetCoordinator({ group: 'g' })
    await cluster.request(Heartbeat, beat, { to })
    expect(kafka.requests.list(Heartbeat).map(({ broker }) => broker)).toEqual([2, 2, 3])
    expect(kafka.requests.list(FindCoordinator)).toHaveLength(2)
  })

  it('are reached as soon as the function for a password works again, after pauses that grow', async () => {
    const asked: number[] = []
    const password = () => {
      asked.push(performance.now())
      if (asked.length <= 6) throw new Error('vault is down')
      return 'secret'
    }
    const { cluster } = await start(way, { sasl: { plain: { bob: 'secret' } } }, { sasl: plain({ username: 'bob', password }) })
    const describing = retry(cluster, () => cluster.request(DescribeCluster, everything, { to: 'any' }), {
      timeoutMs: 20_000,
      what: 'describing the cluster',
    })
    expect(await describing).toMatchObject({ errorCode: 0 })
    expect(asked).toHaveLength(7)
    expect(asked[6]! - asked[0]!).toBeGreaterThan(100)
  })

  it('cannot be reached as long as the function for a password throws, and why is said when the time is up', async () => {
    const password = () => Promise.reject(new Error('vault is down'))
    const { cluster, kafka } = await start(way, { sasl: { plain: { bob: 'secret' } } }, { sasl: plain({ username: 'bob', password }) })
    const describing = retry(cluster, () => cluster.request(DescribeCluster, everything, { to: 'any' }), {
      timeoutMs: 400,
      what: 'describing the cluster',
    })
    const error = await errorOf(describing)
    expect(error).toMatchObject({ code: 'TIMED_OUT' })
    expect(String((error as Error).cause)).toMatch(/vault is down/)
    expect(kafka.requests.list(SaslHandshake).length).toBeLessThan(60)
  })

  it('lose a connection with a request in flight: it fails retriably, and the next attempt succeeds', async () => {
    const { kafka, cluster } = await start(way)
    kafka.on(ListOffsets).once().disconnect()
    const ask = () => cluster.request(ListOffsets, offsetsOf(0), { to: { leaderOf: { topic: 'orders', partition: 0 } } })
    expect(await errorOf(ask())).toMatchObject({ name: 'ConnectionError', code: 'CONNECTION_CLOSED', retriable: true, sent: true })
    expect((await ask()).topics).toHaveLength(1)
  })

  it('may disconnect all at once: whoever retries notices little', async () => {
    const { kafka, cluster } = await start(way)
    const retries: string[] = []
    const ask = (partition: number) =>
      retry(cluster, () => cluster.request(ListOffsets, offsetsOf(partition), { to: { leaderOf: { topic: 'orders', partition } } }), {
        timeoutMs: 10_000,
        what: 'listing offsets',
        onRetry: ({ code }) => retries.push(code),
      })
    await Promise.all([0, 1, 2].map(ask))
    kafka.on(ListOffsets).delay(20)
    const asking = Promise.all([0, 1, 2, 3, 4, 5].map(ask))
    await kafka.sawRequest(ListOffsets)
    for (const id of [1, 2, 3]) kafka.broker(id).disconnect()
    expect(await asking).toHaveLength(6)
    expect(retries.every((code) => code === 'CONNECTION_CLOSED')).toBe(true)
  })

  it('may die one after the other: any request finds one that lives', async () => {
    const { kafka, cluster } = await start(way)
    await cluster.refresh(['orders'])
    for (const id of [1, 2]) {
      await kafka.broker(id).kill()
      const answer = await retry(cluster, () => cluster.request(DescribeCluster, everything, { to: 'any' }), {
        timeoutMs: 10_000,
        what: 'describing',
      })
      expect(answer.clusterId).toBe(kafka.clusterId)
      await cluster.refresh()
    }
    await kafka.broker(3).kill()
    await errorOf(cluster.refresh())
    await kafka.broker(1).revive()
    await retry(cluster, () => cluster.refresh(), { timeoutMs: 10_000, what: 'refreshing' })
    expect(cluster.brokers.map(({ id }) => id)).toContain(1)
  })

  it('move a leader: the error code is data, and a refresh tells the new one', async () => {
    const { kafka, cluster } = await start(way)
    const leaderOf = { topic: 'orders', partition: 0 }
    const ask = () => cluster.request(ListOffsets, offsetsOf(0), { to: { leaderOf } })
    await ask()
    const next = (kafka.leaderOf(leaderOf) % 3) + 1
    kafka.moveLeader(leaderOf, next)
    expect((await ask()).topics[0]!.partitions[0]).toMatchObject({ errorCode: 6 })
    const epoch = cluster.topic('orders')!.partitions[0]!.leaderEpoch
    await cluster.refresh(['orders'])
    expect(cluster.topic('orders')!.partitions[0]).toMatchObject({ leader: next })
    expect(cluster.topic('orders')!.partitions[0]!.leaderEpoch).toBeGreaterThan(epoch)
    expect((await ask()).topics[0]!.partitions[0]).toMatchObject({ errorCode: 0 })
  })

  it('that are slow hold up their lane, and no other', async () => {
    const { kafka, cluster } = await start(way)
    await cluster.connect()
    kafka.on(Heartbeat).delay(300)
    const order: string[] = []
    const beat = { groupId: 'g', generationId: 1, memberId: 'm' }
    const to = { broker: 1 }
    await Promise.all([
      cluster.request(Heartbeat, beat, { to, lane: 'group' }).then(() => order.push('slow')),
      cluster.request(DescribeCluster, everything, { to, lane: 'group' }).then(() => order.push('behind it')),
      cluster.request(DescribeCluster, everything, { to }).then(() => order.push('beside it')),
    ])
    expect(order).toEqual(['beside it', 'slow', 'behind it'])
  })

  it('do not answer a request that wants none', async () => {
    const { kafka, cluster } = await start(way)
    const to = { broker: 1 }
    expect(await cluster.request(Produce, { acks: 0, timeoutMs: 1_000, topicData: [] }, { to, noResponse: true })).toBeUndefined()
    await cluster.request(DescribeCluster, everything, { to })
    await kafka.sawRequest(Produce)
  })

  it('serve a thousand requests at a time, in order', async () => {
    const { kafka, cluster } = await start(way)
    await cluster.connect()
    const generations = Array.from({ length: 1_000 }, (_, generationId) => generationId)
    await Promise.all(
      generations.map((generationId) => cluster.request(Heartbeat, { groupId: 'g', generationId, memberId: 'm' }, { to: { broker: 2 } })),
    )
    expect(kafka.requests.list(Heartbeat).map(({ body }) => body.generationId)).toEqual(generations)
    expect(new Set(kafka.requests.list(Heartbeat).map(({ connection }) => connection)).size).toBe(1)
  })

  it('create a topic by itself only where named, and allowed', async () => {
    const { cluster } = await start(way, { autoCreateTopics: true })
    await cluster.refresh(['careful'], { allowAutoTopicCreation: false })
    expect(cluster.topic('careful')).toMatchObject({ errorCode: 3 })
    await retry(
      cluster,
      async () => {
        await cluster.refresh(['made'])
        if (cluster.topic('made')?.partitions.length !== 1)
          await cluster.request(ListOffsets, offsetsOf(0), { to: { leaderOf: { topic: 'made', partition: 0 } } })
      },
      { timeoutMs: 5_000, what: 'creating' },
    )
    expect(cluster.topic('made')).toMatchObject({ errorCode: 0 })
  })

  it('want to know who it is', async () => {
    const { kafka, connect } = await start(way, { sasl: { plain: { bob: 'pencil' } } })
    const bob = connect({ sasl: plain({ username: 'bob', password: async () => 'pencil' }) })
    await bob.request(DescribeCluster, everything, { to: 'any' })
    const wrong = await errorOf(connect({ sasl: plain({ username: 'bob', password: 'canary' }) }).connect())
    expect(wrong).toMatchObject({ name: 'AuthenticationError', code: 'SASL_AUTHENTICATION_FAILED' })
    expect((wrong as Error).message).not.toContain('canary')
    expect(kafka.failures).toEqual([])
    expect(await errorOf(connect().connect())).toMatchObject({ name: 'ConnectionError', message: expect.stringMatching(/SASL/) })
  })
})

describe('TLS', () => {
  it('carries everything, large answers too', async () => {
    const topics = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`topic-with-a-rather-long-name-${i}`, 3]))
    const { cluster } = await start('TCP', { tls: { key, cert }, topics }, { tls: { ca: cert } })
    expect(await cluster.allTopics()).toHaveLength(1_000)
    await cluster.refresh(Object.keys(topics))
    expect(cluster.topic('topic-with-a-rather-long-name-999')?.partitions).toHaveLength(3)
  })

  it('is missed with a hint', async () => {
    const { connect } = await start('TCP', { tls: { key, cert } })
    expect(await errorOf(connect().connect())).toMatchObject({ message: expect.stringMatching(/TLS/) })
  })
})

describe('one cluster shared by many', () => {
  it('asks for metadata once, and connects once', async () => {
    const { kafka, cluster } = await start('memory')
    await Promise.all(Array.from({ length: 50 }, () => cluster.refresh(['orders'])))
    expect(kafka.requests.list(Metadata).length).toBeLessThanOrEqual(2)
    expect([1, 2, 3].reduce((sum, id) => sum + kafka.broker(id).connectionCount, 0)).toBe(1)
  })
})
