import { ApiVersions, FindCoordinator, Heartbeat, ListOffsets, Metadata } from '@k/protocol'
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest'
import { settled } from './support/manual-clock.ts'
import { errorOf, Outcome } from './support/outcome.ts'
import { beat, setUpCluster as setUp } from './support/scripted-cluster.ts'
import { on, speaks } from './support/scripted-transport.ts'

const unhandled: unknown[] = []
const note = (reason: unknown) => unhandled.push(reason)
process.on('unhandledRejection', note)
afterEach(async () => {
  await settled()
  expect(unhandled).toEqual([])
})

describe('the first call', () => {
  it('connects by itself, once for all who call', async () => {
    const { cluster, hosts, asked } = setUp()
    expect([cluster.brokers, cluster.clusterId, cluster.controllerId]).toEqual([[], undefined, undefined])
    await settled()
    expect(hosts()).toEqual([])
    await Promise.all([1, 2, 3].map(() => cluster.request(Heartbeat, beat, { to: 'any' })))
    expect(asked(Metadata)).toEqual(['boot'])
    expect(cluster.brokers).toEqual([1, 2, 3].map((id) => ({ id, host: `b${id}`, port: 9092, rack: undefined })))
    expect([cluster.clusterId, cluster.controllerId]).toEqual(['c', 2])
  })

  it('keeps the bootstrap connection where it is a broker’s, and closes it where it is not', async () => {
    const own = setUp({ bootstrapServers: 'b1:9092' })
    await own.cluster.request(Heartbeat, beat, { to: { broker: 1 } })
    expect(own.hosts()).toEqual(['b1'])
    const other = setUp()
    await other.cluster.request(Heartbeat, beat, { to: { broker: 1 } })
    expect(other.hosts()).toEqual(['boot', 'b1'])
    expect(other.socketOf('boot')).toEqual([])
  })

  it('closes the bootstrap connection to where a broker has moved that has one of its own', async () => {
    const { cluster, clock, state, hosts, socketOf } = setUp()
    for (const broker of [1, 2, 3]) await cluster.request(Heartbeat, beat, { to: { broker } })
    for (const host of ['b1', 'b2', 'b3']) {
      state.down.add(host)
      for (const socket of socketOf(host)) socket.close()
    }
    await settled()
    state.brokers = [{ nodeId: 1, host: 'boot', port: 9092, rack: null }]
    while (hosts().at(-1) !== 'boot') await clock.advance(100)
    await settled()
    expect(cluster.brokers).toMatchObject([{ host: 'boot' }])
    await cluster.request(Heartbeat, beat, { to: { broker: 1 } })
    await cluster.close()
    expect(socketOf('boot')).toEqual([])
  })

  it('tries every bootstrap address, and says what each said', async () => {
    const { cluster, state, hosts } = setUp({ bootstrapServers: 'x:1,y:2,boot' })
    state.down.add('x').add('y')
    await cluster.connect()
    expect(hosts()).toEqual(['x', 'y', 'boot'])
    const nobody = setUp({ bootstrapServers: 'x:1,y:2' })
    nobody.state.down.add('x').add('y')
    const error = await errorOf(nobody.cluster.connect())
    expect(error).toMatchObject({
      name: 'ConnectionError',
      code: 'CONNECTION_FAILED',
      retriable: true,
      message: expect.stringMatching(/none of 2 brokers could be asked: cannot connect to x:1: nothing listens.*y:2/),
    })
    expect((error as Error).cause).toBeInstanceOf(AggregateError)
    expect(await errorOf(setUpDown().connect())).toMatchObject({
      message: expect.stringMatching(/^cannot connect to boot:9092: nothing listens there/),
    })
  })

  function setUpDown() {
    const { cluster, state } = setUp()
    state.down.add('boot')
    return cluster
  }

  it('asks a function for the addresses, and says where it failed', async () => {
    const { cluster } = setUp({ bootstrapServers: async () => 'boot' })
    await cluster.connect()
    const error = new Error('no discovery')
    const failing = setUp({ bootstrapServers: () => Promise.reject(error) })
    expect(await errorOf(failing.cluster.connect())).toMatchObject({
      code: 'CONNECTION_FAILED',
      message: 'bootstrapServers() failed: no discovery',
      cause: error,
    })
  })

  it('can be made again after it failed', async () => {
    const { cluster, state, clock } = setUp()
    state.down.add('boot')
    await errorOf(cluster.connect())
    state.down.clear()
    const outcome = new Outcome(cluster.connect())
    await clock.advance(50)
    expect(outcome.state).toBe('resolved')
  })

  it('of one who gives up does not spoil it for the others', async () => {
    const { cluster } = setUp()
    const aborter = new AbortController()
    const aborted = errorOf(cluster.connect({ signal: aborter.signal }))
    const other = cluster.request(Heartbeat, beat, { to: 'any' })
    aborter.abort('enough')
    expect(await aborted).toBe('enough')
    expect(await other).toMatchObject({ errorCode: 0 })
    expect(await errorOf(cluster.connect({ signal: aborter.signal }))).toBe('enough')
  })

  it('does not take a broker that knows of nobody for a cluster', async () => {
    const { cluster, state } = setUp()
    state.brokers = []
    expect(await errorOf(cluster.connect())).toMatchObject({ code: 'BROKER_UNKNOWN', retriable: true })
  })
})

describe('a request', () => {
  it('goes to whom it concerns', async () => {
    const { cluster, asked } = setUp()
    await cluster.request(Heartbeat, beat, { to: { leaderOf: { topic: 'orders', partition: 1 } } })
    await cluster.request(Heartbeat, beat, { to: 'controller' })
    await cluster.request(Heartbeat, beat, { to: { broker: 1 } })
    await cluster.request(Heartbeat, beat, { to: { coordinatorOf: { group: 'g' } } })
    await cluster.request(Heartbeat, beat, { to: { coordinatorOf: { group: 'g' } } })
    await cluster.request(Heartbeat, beat, { to: { coordinatorOf: { transactionalId: 't' } } })
    expect(asked(Heartbeat).sort()).toEqual(['b1', 'b2', 'b2', 'b3', 'b3', 'b3'])
    expect(asked(FindCoordinator)).toHaveLength(2)
  })

  it('to any goes to a broker that is connected', async () => {
    const { cluster, hosts } = setUp()
    await cluster.request(Heartbeat, beat, { to: { broker: 3 } })
    for (let i = 0; i < 5; i++) await cluster.request(Heartbeat, beat, { to: 'any' })
    expect(hosts()).toEqual(['boot', 'b3'])
  })

  it('to a broker that the cluster lacks says which it has', async () => {
    const { cluster } = setUp()
    expect(await errorOf(cluster.request(Heartbeat, beat, { to: { broker: 9 } }))).toMatchObject({
      code: 'BROKER_UNKNOWN',
      retriable: true,
      message: 'the cluster has no broker 9; it has 1, 2, 3',
    })
  })

  it('to a controller that is not there asks once more and then says so', async () => {
    const { cluster, state } = setUp()
    state.controllerId = -1
    await cluster.connect()
    expect(await errorOf(cluster.request(Heartbeat, beat, { to: 'controller' }))).toMatchObject({ code: 'BROKER_UNKNOWN', retriable: true })
    state.controllerId = 1
    expect(await cluster.request(Heartbeat, beat, { to: 'controller' })).toMatchObject({ errorCode: 0 })
  })

  it.each([
    ['a topic that does not exist', 'nowhere', 0, {}, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['a partition that does not exist', 'orders', 7, {}, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['a partition without a leader', 'orders', 0, { leaders: [-1, 2] }, 'LEADER_NOT_AVAILABLE'],
    ['a leader that is not among the brokers', 'orders', 0, { leaders: [77, 2] }, 'LEADER_NOT_AVAILABLE'],
    ['a topic that may not be seen', 'orders', 0, { topicError: 29 }, 'TOPIC_AUTHORIZATION_FAILED'],
  ])('to the leader of %s is a BrokerError', async (_, topic, partition, change, code) => {
    const { cluster, state } = setUp()
    Object.assign(state, change)
    const error = await errorOf(cluster.request(Heartbeat, beat, { to: { leaderOf: { topic, partition } } }))
    expect(error).toMatchObject({ name: 'BrokerError', code, message: expect.stringMatching(`partition ${partition} of topic ${topic}`) })
  })

  it('has one deadline for finding and asking', async () => {
    const { cluster, state, clock } = setUp({ requestTimeoutMs: 60_000 })
    state.answerMetadata = false
    const outcome = new Outcome(cluster.request(Heartbeat, beat, { to: 'any', timeoutMs: 500 }))
    await clock.advance(500)
    expect(outcome.error).toMatchObject({ code: 'TIMED_OUT', elapsedMs: 500, deadline: 'requestTimeoutMs' })
  })

  it('uses the lane, client id and bounds it is given', async () => {
    const { cluster, transport } = setUp()
    await cluster.request(Heartbeat, beat, { to: { broker: 1 } })
    await cluster.request(Heartbeat, beat, { to: { broker: 1 }, lane: 'group', maxVersion: 2 })
    const sockets = transport.sockets.filter(({ target }) => target.host === 'b1')
    expect(sockets).toHaveLength(2)
    expect((await sockets[1]!.request(Heartbeat)).version).toBe(2)
  })

  it('gives a typed answer', () => {
    const { cluster } = setUp()
    const answer = cluster.request(ListOffsets, { replicaId: -1, topics: [] }, { to: 'any' })
    answer.catch(() => {})
    expectTypeOf<Awaited<typeof answer>['topics'][number]['partitions'][number]['offset']>().toEqualTypeOf<bigint>()
    // @ts-expect-error there is no such target
    cluster.request(Heartbeat, beat, { to: 'nobody' }).catch(() => {})
  })
})

describe('coordinators', () => {
  it('are found, remembered and forgotten', async () => {
    const { cluster, asked } = setUp()
    expect(await cluster.coordinator({ group: 'g' })).toMatchObject({ id: 3, host: 'b3' })
    await cluster.coordinator({ group: 'g' })
    expect(asked(FindCoordinator)).toHaveLength(1)
    cluster.forgetCoordinator({ group: 'g' })
    await cluster.coordinator({ group: 'g' })
    expect(asked(FindCoordinator)).toHaveLength(2)
  })

  it('that no metadata has told of yet are reached all the same', async () => {
    const { cluster, state, asked } = setUp()
    state.brokers = state.brokers.slice(0, 2)
    await cluster.request(Heartbeat, beat, { to: { coordinatorOf: { group: 'g' } } })
    expect(asked(Heartbeat)).toEqual(['b3'])
  })
})

describe('versions', () => {
  it('are known per broker once it was connected', async () => {
    const { cluster, transport } = setUp()
    expect(cluster.versionOf(Heartbeat, 1)).toBeUndefined()
    transport.onOpen = ({ target }) => {
      if (target.host !== 'b2') return
      transport.script(
        on(ApiVersions, () => ({
          errorCode: 0,
          apiKeys: speaks([Heartbeat, 0, 2]),
          finalizedFeaturesEpoch: 1n,
          finalizedFeatures: [{ name: 'metadata.version', minVersionLevel: 1, maxVersionLevel: 25 }],
        })),
      )
    }
    const table = await cluster.apiVersions(2)
    expect(table.versionOf(Heartbeat)).toBe(2)
    expect(table.versionOf(Heartbeat, { maxVersion: 1 })).toBe(1)
    expect(table.versionOf(Metadata)).toBeUndefined()
    expect(table.rangeOf(Heartbeat)).toEqual({ min: 0, max: 2 })
    expect(table.finalizedFeatures.get('metadata.version')).toEqual({ min: 1, max: 25 })
    expect(cluster.versionOf(Heartbeat, 2)).toBe(2)
    expect(await errorOf(cluster.apiVersions(9))).toMatchObject({ code: 'BROKER_UNKNOWN' })
  })
})

describe('close', () => {
  it('rejects everything pending and everything after, and leaves no timer', async () => {
    const { cluster, transport, clock, state } = setUp()
    await cluster.connect()
    transport.script(on(ApiVersions, () => ({ errorCode: 0, apiKeys: speaks(Heartbeat, Metadata, FindCoordinator) })))
    state.answerMetadata = false
    const key = { group: 'g' }
    const pending = [
      cluster.request(Heartbeat, beat, { to: { broker: 1 } }),
      cluster.request(Heartbeat, beat, { to: { leaderOf: { topic: 'orders', partition: 0 } } }),
      cluster.request(Heartbeat, beat, { to: { coordinatorOf: key } }),
      cluster.refresh(['x']),
      cluster.allTopics(),
      cluster.coordinator(key),
    ].map((promise) => new Outcome<unknown>(promise))
    await settled()
    expect(pending.map(({ state: s }) => s)).toEqual(pending.map(() => 'pending'))
    const closing = cluster.close()
    expect(cluster.close()).toBe(closing)
    await closing
    await settled()
    for (const { error } of pending) expect(error).toMatchObject({ code: 'CLOSED' })
    for (const after of [
      () => cluster.connect(),
      () => cluster.request(Heartbeat, beat, { to: 'any' }),
      () => cluster.refresh(),
      () => cluster.allTopics(),
      () => cluster.coordinator(key),
      () => cluster.apiVersions(1),
    ]) {
      expect(await errorOf(after())).toMatchObject({ code: 'CLOSED' })
    }
    expect(clock.timers).toEqual([])
    expect(transport.sockets.every(({ isDestroyed }) => isDestroyed)).toBe(true)
  })

  it('before anything was done does nothing', async () => {
    const { cluster, hosts, clock } = setUp()
    await cluster.close()
    expect(hosts()).toEqual([])
    expect(clock.timers).toEqual([])
  })

  it('ends a connect that goes from address to address', async () => {
    const { cluster, transport, hosts } = setUp({ bootstrapServers: 'x:1,y:2' })
    transport.onConnect = () => new Promise(() => {})
    const outcome = new Outcome(cluster.connect())
    await settled()
    await cluster.close()
    await settled()
    expect(outcome.error).toMatchObject({ code: 'CLOSED' })
    expect(hosts()).toEqual(['x'])
  })

  it('while the bootstrap servers are looked for dials nobody when they are found', async () => {
    const looking: ((servers: string) => void)[] = []
    const { cluster, hosts, clock } = setUp({ bootstrapServers: () => new Promise<string>((resolve) => looking.push(resolve)) })
    const outcomes = [cluster.connect(), cluster.refresh(['orders'])].map((promise) => new Outcome(promise))
    await cluster.close()
    await settled()
    expect(outcomes.map(({ error }) => error)).toMatchObject([{ code: 'CLOSED' }, { code: 'CLOSED' }])
    expect(looking).toHaveLength(1)
    looking[0]!('boot')
    await settled()
    expect(hosts()).toEqual([])
    expect(clock.timers).toEqual([])
  })

  it('is what disposal does', async () => {
    const { cluster } = setUp()
    await cluster[Symbol.asyncDispose]()
    expect(await errorOf(cluster.connect())).toMatchObject({ code: 'CLOSED' })
  })
})
