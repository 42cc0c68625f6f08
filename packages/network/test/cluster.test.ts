import { ApiVersions, FindCoordinator, Heartbeat, ListOffsets, Metadata, type ResponseInputOf } from '@k/protocol'
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest'
import { type ClientOptions, Cluster, type ClusterOptions } from '../src/index.ts'
import { ManualClock, settled } from './support/manual-clock.ts'
import { errorOf, Outcome } from './support/outcome.ts'
import { on, type ScriptedSocket, ScriptedTransport, speaks, systemError } from './support/scripted-transport.ts'

const beat = { groupId: 'g', generationId: 1, memberId: 'm' }
const unhandled: unknown[] = []
const note = (reason: unknown) => unhandled.push(reason)
process.on('unhandledRejection', note)
afterEach(async () => {
  await settled()
  expect(unhandled).toEqual([])
})

/** Three brokers b1, b2, b3; `orders` has two partitions, led by 1 and 2. Bootstrap is `boot:9092`. */
function setUp(options: ClusterOptions & ClientOptions = {}) {
  const state = {
    brokers: [1, 2, 3].map((nodeId) => ({ nodeId, host: `b${nodeId}`, port: 9092, rack: null as string | null })),
    controllerId: 2,
    leaders: [1, 2],
    topicError: 0,
    answerMetadata: true,
    down: new Set<string>(),
  }
  const clock = new ManualClock()
  const metadata = (names: readonly string[] | undefined): ResponseInputOf<typeof Metadata> => ({
    brokers: state.brokers,
    clusterId: 'c',
    controllerId: state.controllerId,
    topics: (names ?? ['orders']).map((name) => ({
      name,
      errorCode: name === 'orders' ? state.topicError : 3,
      topicId: name === 'orders' ? 'AAAAAAAAAAAAAAAAAAAAAQ' : 'AAAAAAAAAAAAAAAAAAAAAA',
      partitions:
        name === 'orders' && state.topicError === 0
          ? state.leaders.map((leaderId, partitionIndex) => ({
              errorCode: leaderId < 0 ? 5 : 0,
              partitionIndex,
              leaderId,
              leaderEpoch: 1,
              replicaNodes: [1],
              isrNodes: [1],
            }))
          : [],
    })),
  })
  const transport = new ScriptedTransport(
    on(Metadata, ({ topics }) => (state.answerMetadata ? metadata(topics?.map(({ name }) => name as string)) : undefined)),
    on(FindCoordinator, ({ coordinatorKeys }) => ({
      coordinators: coordinatorKeys.map((key) => ({ key, errorCode: 0, errorMessage: null, nodeId: 3, host: 'b3', port: 9092 })),
    })),
    on(Heartbeat, () => ({ errorCode: 0 })),
    on(ListOffsets, () => ({ topics: [] })),
  )
  transport.onConnect = ({ host }) => {
    if (state.down.has(host)) throw systemError('ECONNREFUSED')
  }
  const cluster = new Cluster({ bootstrapServers: 'boot', transport, clock, random: { next: () => 0.5 }, logger: null, ...options })
  const hosts = () => transport.dials.map(({ host }) => host)
  const socketOf = (host: string) => transport.sockets.filter(({ target, isDestroyed }) => target.host === host && !isDestroyed)
  const asked = (api: { key: number }) =>
    transport.sockets.flatMap((socket) => socket.requests.filter(({ apiKey }) => apiKey === api.key).map(() => socket.target.host))
  return { cluster, transport, clock, state, hosts, socketOf, asked }
}

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
      message: 'the cluster has no broker 9 at the moment; it has 1, 2, 3',
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

describe('the picture of the cluster', () => {
  it('is asked synchronously, and refreshed by name', async () => {
    const { cluster } = setUp()
    expect(cluster.topic('orders')).toBeUndefined()
    let told = 0
    const leave = cluster.onMetadata(() => {
      told += 1
    })
    await cluster.refresh(['orders', 'nowhere'])
    expect(cluster.topic('orders')?.partitions.map(({ leader }) => leader)).toEqual([1, 2])
    expect(cluster.topicById('AAAAAAAAAAAAAAAAAAAAAQ')?.name).toBe('orders')
    expect(cluster.topic('nowhere')).toMatchObject({ errorCode: 3, partitions: [] })
    leave()
    await cluster.refresh()
    expect(told).toBe(1)
    expect((await cluster.allTopics()).map(({ name }) => name)).toEqual(['orders'])
  })

  it('takes a leader that a broker names', async () => {
    const { cluster, asked } = setUp()
    await cluster.refresh(['orders'])
    cluster.updateLeader('orders', 0, { leaderId: 3, leaderEpoch: 2 })
    await cluster.request(Heartbeat, beat, { to: { leaderOf: { topic: 'orders', partition: 0 } } })
    expect(asked(Heartbeat)).toEqual(['b3'])
  })

  it('is refreshed by itself when a connection is lost', async () => {
    const { cluster, clock, socketOf, asked, state } = setUp()
    await cluster.refresh(['orders'])
    await cluster.request(Heartbeat, beat, { to: { broker: 1 } })
    const before = asked(Metadata).length
    state.leaders = [2, 2]
    socketOf('b1')[0]!.close(systemError('ECONNRESET'))
    await clock.advance(100)
    expect(asked(Metadata)).toHaveLength(before + 1)
  })

  it('asks the next broker where one cannot be reached, without a loop', async () => {
    const { cluster, clock, state, hosts } = setUp()
    await cluster.connect()
    state.down = new Set(['b1', 'b2'])
    const outcome = new Outcome(cluster.refresh())
    await clock.advance(0)
    expect(outcome.state).toBe('resolved')
    const dials = hosts().length
    await clock.advance(60_000)
    expect(hosts().length - dials).toBeLessThanOrEqual(2)
  })

  it('asks the bootstrap servers again when no known broker can be reached', async () => {
    let server = 'boot'
    const { cluster, clock, state, hosts } = setUp({ bootstrapServers: () => server })
    await cluster.connect()
    state.down = new Set(['b1', 'b2', 'b3', 'boot'])
    server = 'boot2'
    state.brokers = [{ nodeId: 11, host: 'c11', port: 9092, rack: null }]
    const outcome = new Outcome(cluster.refresh())
    await clock.advance(5_000)
    expect(outcome.state).toBe('resolved')
    expect(hosts().slice(1).sort()).toEqual(['b1', 'b2', 'b3', 'boot2'])
    expect(cluster.brokers.map(({ id }) => id)).toEqual([11])
    expect(await cluster.request(Heartbeat, beat, { to: 'any' })).toMatchObject({ errorCode: 0 })
  })

  it('does not, where metadataRecoveryStrategy is none', async () => {
    const { cluster, clock, state, hosts } = setUp({ metadataRecoveryStrategy: 'none' })
    await cluster.connect()
    state.down = new Set(['b1', 'b2', 'b3'])
    const outcome = new Outcome(cluster.refresh())
    await clock.advance(5_000)
    expect(outcome.error).toMatchObject({ code: 'CONNECTION_FAILED', retriable: true })
    expect(hosts().filter((host) => host === 'boot')).toHaveLength(1)
  })

  it('follows a broker to its new address', async () => {
    const { cluster, clock, state, hosts, socketOf } = setUp()
    await cluster.request(Heartbeat, beat, { to: { broker: 1 } })
    state.down.add('b1')
    state.brokers = [{ nodeId: 1, host: 'n1', port: 9999, rack: null }, ...state.brokers.slice(1)]
    socketOf('b1')[0]!.close()
    await clock.advance(100)
    const outcome = new Outcome(cluster.request(Heartbeat, beat, { to: { broker: 1 } }))
    await clock.advance(0)
    expect(outcome.state).toBe('resolved')
    expect(hosts()).toContain('n1')
  })

  it('is not lost when the refresh was given up by the one who asked', async () => {
    const { cluster, state, socketOf, clock } = setUp()
    await cluster.connect()
    state.answerMetadata = false
    const aborter = new AbortController()
    const aborted = errorOf(cluster.refresh(['orders'], { signal: aborter.signal }))
    const other = new Outcome(cluster.refresh(['orders']))
    await clock.advance(10)
    aborter.abort('enough')
    expect(await aborted).toBe('enough')
    const host = ['b1', 'b2', 'b3'].find((name) => socketOf(name).length > 0)!
    const socket = socketOf(host)[0] as ScriptedSocket
    socket.reply(Metadata, await socket.request(Metadata), { brokers: state.brokers, topics: [] })
    await settled()
    expect(other.state).toBe('resolved')
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

  it('is what disposal does', async () => {
    const { cluster } = setUp()
    await cluster[Symbol.asyncDispose]()
    expect(await errorOf(cluster.connect())).toMatchObject({ code: 'CLOSED' })
  })
})
