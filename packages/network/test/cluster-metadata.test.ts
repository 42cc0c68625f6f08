import { Heartbeat, Metadata } from '@k/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { settled } from './support/manual-clock.ts'
import { errorOf, Outcome } from './support/outcome.ts'
import { beat, setUpCluster as setUp } from './support/scripted-cluster.ts'
import { type ScriptedSocket, systemError } from './support/scripted-transport.ts'

const unhandled: unknown[] = []
const note = (reason: unknown) => unhandled.push(reason)
process.on('unhandledRejection', note)
afterEach(async () => {
  await settled()
  expect(unhandled).toEqual([])
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

describe('a broker that leaves the cluster', () => {
  it('is let go of, connection and all, as soon as metadata does not name it any more', async () => {
    const { cluster, state, socketOf } = setUp()
    await cluster.request(Heartbeat, beat, { to: { broker: 3 } })
    expect(cluster.versionOf(Heartbeat, 3)).toBeDefined()
    state.brokers = state.brokers.slice(0, 2)
    await cluster.refresh()
    expect(socketOf('b3')).toEqual([])
    expect(cluster.versionOf(Heartbeat, 3)).toBeUndefined()
    await cluster.request(Heartbeat, beat, { to: { broker: 1 } })
    expect(socketOf('b1')).toHaveLength(1)
  })

  it('answers what it was asked before, and is let go of then', async () => {
    const { cluster, state, socketOf } = setUp()
    // Broker 1 is the one that has time to tell of the others.
    for (const broker of [1, 3]) await cluster.request(Heartbeat, beat, { to: { broker } })
    state.answerHeartbeats = false
    const outcome = new Outcome(cluster.request(Heartbeat, beat, { to: { broker: 3 } }))
    await settled()
    state.brokers = state.brokers.slice(0, 2)
    await cluster.refresh()
    const socket = socketOf('b3')[0] as ScriptedSocket
    socket.reply(Heartbeat, await socket.request(Heartbeat, 1), { errorCode: 0 })
    await settled()
    expect(outcome.state).toBe('resolved')
    await cluster.refresh()
    expect(socketOf('b3')).toEqual([])
  })

  it('is connected anew when it is back', async () => {
    const { cluster, state, hosts } = setUp()
    await cluster.request(Heartbeat, beat, { to: { broker: 3 } })
    const all = state.brokers
    state.brokers = all.slice(0, 2)
    await cluster.refresh()
    state.brokers = all
    await cluster.refresh()
    await cluster.request(Heartbeat, beat, { to: { broker: 3 } })
    expect(hosts().filter((host) => host === 'b3')).toHaveLength(2)
  })
})
