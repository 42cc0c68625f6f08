import { getEventListeners } from 'node:events'
import { FindCoordinator, Heartbeat, Metadata, Produce } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { ClosedError, type Cluster } from '../src/index.ts'
import { settled } from './support/manual-clock.ts'
import { errorOf, Outcome } from './support/outcome.ts'
import { beat } from './support/scripted-connection.ts'
import { on, systemError } from './support/scripted-transport.ts'
import { beating, coordinating, picture, setUp, tellingOfAll } from './support/two-brokers.ts'

describe('close', () => {
  it('again is the same close, and everything after it rejects with ClosedError', async () => {
    const { cluster } = setUp()
    await cluster.connect()
    const first = cluster.close()
    expect(cluster.close()).toBe(first)
    await first
    await cluster[Symbol.asyncDispose]()
    const calls = [
      () => cluster.connect(),
      () => cluster.request(Heartbeat, beat, { to: 'any' }),
      () => cluster.request(Heartbeat, beat, { to: { broker: 1 } }),
      () => cluster.refresh(),
      () => cluster.refresh(['t']),
      () => cluster.allTopics(),
      () => cluster.coordinator({ group: 'g' }),
      () => cluster.apiVersions(1),
    ]
    for (const call of calls) expect(await errorOf(call())).toBeInstanceOf(ClosedError)
    cluster.forgetCoordinator({ group: 'g' })
    cluster.updateLeader('t', 0, { leaderId: 1, leaderEpoch: 9 })
    expect(cluster.topic('t')).toBeUndefined()
  })

  const works: [string, (cluster: Cluster) => Promise<unknown>][] = [
    ['connect', (cluster) => cluster.connect()],
    ['request to any', (cluster) => cluster.request(Heartbeat, beat, { to: 'any' })],
    ['request to a broker', (cluster) => cluster.request(Heartbeat, beat, { to: { broker: 2 } })],
    ['request to a leader', (cluster) => cluster.request(Heartbeat, beat, { to: { leaderOf: { topic: 't', partition: 0 } } })],
    ['request to a coordinator', (cluster) => cluster.request(Heartbeat, beat, { to: { coordinatorOf: { group: 'g' } } })],
    ['refresh', (cluster) => cluster.refresh(['t'])],
    ['allTopics', (cluster) => cluster.allTopics()],
    ['coordinator', (cluster) => cluster.coordinator({ group: 'g' })],
    ['apiVersions', (cluster) => cluster.apiVersions(2)],
  ]

  it.each(works)('at any moment of %s settles it, and leaves no socket and no timer', async (_, work) => {
    for (const connected of [false, true]) {
      for (let turns = 0; turns < 40; turns++) {
        const { cluster, transport, clock } = setUp()
        if (connected) await cluster.connect()
        const outcome = new Outcome(work(cluster))
        for (let turn = 0; turn < turns; turn++) await (turn % 4 === 3 ? new Promise((resolve) => setImmediate(resolve)) : undefined)
        const closed = new Outcome(cluster.close())
        await settled()
        await settled()
        expect(closed.state).toBe('resolved')
        expect(outcome.state).not.toBe('pending')
        if (outcome.state === 'rejected') expect(outcome.error).toBeInstanceOf(ClosedError)
        const dials = transport.dials.length
        await clock.advance(100_000)
        expect(transport.dials).toHaveLength(dials)
        expect(transport.sockets.filter(({ isDestroyed }) => !isDestroyed)).toEqual([])
        expect(clock.timers).toEqual([])
      }
    }
  })

  it('while a broker fails does not dial the next', async () => {
    for (let turns = 0; turns < 20; turns++) {
      const { cluster, transport, clock } = setUp()
      await cluster.connect()
      transport.onConnect = () => {
        throw systemError('ECONNREFUSED')
      }
      for (const socket of transport.sockets) socket.close()
      const outcome = new Outcome(cluster.refresh())
      await clock.advance(200)
      for (let turn = 0; turn < turns; turn++) await undefined
      await cluster.close()
      const dials = transport.dials.length
      await clock.advance(100_000)
      expect(transport.dials).toHaveLength(dials)
      expect(outcome.state).toBe('rejected')
      expect(clock.timers).toEqual([])
    }
  })

  it('returns in a second also where the transport never says that a socket is gone', async () => {
    const { cluster, transport, clock } = setUp()
    transport.onOpen = (socket) => {
      socket.destroy = () => {}
    }
    await cluster.connect()
    const outcome = new Outcome(cluster.close())
    await clock.advance(1_000)
    expect(outcome.state).toBe('resolved')
  })
})

describe('an abort', () => {
  const reason = new Error('enough')
  const works: [string, (cluster: Cluster, signal: AbortSignal) => Promise<unknown>][] = [
    ['connect', (cluster, signal) => cluster.connect({ signal })],
    ['request to any', (cluster, signal) => cluster.request(Heartbeat, beat, { to: 'any', signal })],
    ['request to a broker', (cluster, signal) => cluster.request(Heartbeat, beat, { to: { broker: 2 }, signal })],
    [
      'request to a leader',
      (cluster, signal) => cluster.request(Heartbeat, beat, { to: { leaderOf: { topic: 't', partition: 0 } }, signal }),
    ],
    ['request to a coordinator', (cluster, signal) => cluster.request(Heartbeat, beat, { to: { coordinatorOf: { group: 'g' } }, signal })],
    [
      'request without an answer',
      (cluster, signal) => cluster.request(Produce, { acks: 0, timeoutMs: 1, topicData: [] }, { to: 'any', noResponse: true, signal }),
    ],
    ['refresh', (cluster, signal) => cluster.refresh(['t'], { signal })],
    ['allTopics', (cluster, signal) => cluster.allTopics({ signal })],
    ['coordinator', (cluster, signal) => cluster.coordinator({ group: 'g' }, { signal })],
    ['apiVersions', (cluster, signal) => cluster.apiVersions(2, { signal })],
  ]
  const scripts = [tellingOfAll, beating, coordinating, on(Produce, () => undefined)]

  it.each(works)('before %s rejects with its reason', async (_, work) => {
    const { cluster } = setUp({}, ...scripts)
    expect(await errorOf(work(cluster, AbortSignal.abort(reason)))).toBe(reason)
    await cluster.connect()
    expect(await errorOf(work(cluster, AbortSignal.abort(reason)))).toBe(reason)
    await cluster.close()
  })

  it.each(works)('at any moment of %s rejects with its reason, leaves no listener, and spoils nothing for others', async (_, work) => {
    for (let turns = 0; turns < 40; turns++) {
      const { cluster, transport } = setUp({}, ...scripts)
      const aborter = new AbortController()
      const { signal } = aborter
      const outcome = new Outcome(work(cluster, signal))
      const other = new Outcome(work(cluster, new AbortController().signal))
      for (let turn = 0; turn < turns; turn++) await (turn % 4 === 3 ? new Promise((resolve) => setImmediate(resolve)) : undefined)
      aborter.abort(reason)
      for (let i = 0; i < 10 && other.state === 'pending'; i++) await settled()
      expect(other.state).toBe('resolved')
      expect(outcome.state).not.toBe('pending')
      if (outcome.state === 'rejected') expect(outcome.error).toBe(reason)
      expect(getEventListeners(signal, 'abort')).toEqual([])
      expect(transport.dials.length).toBeLessThan(4)
      await cluster.close()
    }
  })
})

describe('two hundred first calls at once', () => {
  it('share one connection and one look-up', async () => {
    const { cluster, transport } = setUp()
    await Promise.all(
      Array.from({ length: 200 }, (_, i) => {
        if (i % 4 === 0) return cluster.connect()
        if (i % 4 === 1) return cluster.request(Heartbeat, beat, { to: { coordinatorOf: { group: 'g' } } })
        if (i % 4 === 2) return cluster.refresh(['t'])
        return cluster.request(Heartbeat, beat, { to: { leaderOf: { topic: 't', partition: 0 } } })
      }),
    )
    const asked = (key: number) => transport.sockets.flatMap(({ requests }) => requests).filter(({ apiKey }) => apiKey === key).length
    expect(transport.dials.length).toBeLessThanOrEqual(3)
    expect(asked(FindCoordinator.key)).toBe(1)
    expect(asked(Metadata.key)).toBeLessThanOrEqual(3)
  })

  it('that fail all fail, after one dial of each address', async () => {
    const { cluster, transport, clock } = setUp({ bootstrapServers: 'a,b,c' })
    transport.onConnect = () => {
      throw systemError('ECONNREFUSED')
    }
    const outcomes = Array.from({ length: 200 }, () => new Outcome(cluster.request(Heartbeat, beat, { to: 'any' })))
    await clock.advance(1)
    expect(outcomes.map(({ state }) => state)).toEqual(outcomes.map(() => 'rejected'))
    expect(transport.dials).toHaveLength(3)
  })
})

describe('dials', () => {
  it('to brokers that are all down come at most once a backoff each, whatever is asked', async () => {
    const { cluster, transport, clock } = setUp()
    await cluster.connect()
    transport.onConnect = () => {
      throw systemError('ECONNREFUSED')
    }
    for (const socket of transport.sockets) socket.close()
    transport.dials.length = 0
    for (let second = 0; second < 60; second++) {
      for (let i = 0; i < 20; i++) cluster.request(Heartbeat, beat, { to: { broker: 1 + (i % 2) } }).catch(() => {})
      cluster.refresh().catch(() => {})
      await clock.advance(1_000)
    }
    for (const host of ['b1', 'b2', 'boot']) expect(transport.dials.filter((dial) => dial.host === host).length).toBeLessThanOrEqual(66)
  })

  it('to a broker that hangs up after every answer stay under a limit', async () => {
    const { cluster, transport, clock } = setUp(
      {},
      on(Metadata, (_, __, socket) => {
        setImmediate(() => socket.close())
        return picture()
      }),
    )
    await cluster.connect()
    transport.dials.length = 0
    await clock.advance(10_000)
    expect(transport.dials.length).toBeLessThan(120)
  })
})
