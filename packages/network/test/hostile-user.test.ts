import { getEventListeners } from 'node:events'
import { inspect } from 'node:util'
import { ConfigError, FindCoordinator, Heartbeat, KafkaError, Metadata, Produce, type ResponseInputOf } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import {
  ClosedError,
  Cluster,
  type ClusterOptions,
  Connection,
  openCluster,
  plain,
  resolveOptions,
  standardErrorLogger,
} from '../src/index.ts'
import { ManualClock, settled } from './support/manual-clock.ts'
import { errorOf, Outcome } from './support/outcome.ts'
import { on, type Script, ScriptedTransport, systemError } from './support/scripted-transport.ts'

const beat = { groupId: 'g', generationId: 1, memberId: 'm' }
const nodes = ['b1', 'b2'].map((host, index) => ({ nodeId: index + 1, host, port: 9092, rack: null }))
const picture: ResponseInputOf<typeof Metadata> = { brokers: nodes, clusterId: 'c', controllerId: 1, topics: [] }
const telling = on(Metadata, ({ topics }) => ({
  ...picture,
  topics: (topics ?? []).map(({ name }) => ({
    name,
    errorCode: 0,
    partitions: [{ errorCode: 0, partitionIndex: 0, leaderId: 1, leaderEpoch: 1, replicaNodes: [1], isrNodes: [1] }],
  })),
}))
const beating = on(Heartbeat, () => ({ errorCode: 0 }))
const coordinating = on(FindCoordinator, ({ coordinatorKeys = [] }) => ({
  coordinators: coordinatorKeys.map((key) => ({ key, errorCode: 0, errorMessage: null, ...nodes[1]! })),
}))

function setUp(options: ClusterOptions & { requestTimeoutMs?: number; defaultApiTimeoutMs?: number } = {}, ...scripts: Script[]) {
  const clock = new ManualClock()
  const transport = new ScriptedTransport(...(scripts.length === 0 ? [telling, beating, coordinating] : scripts))
  const cluster = new Cluster({ transport, clock, random: { next: () => 0.5 }, bootstrapServers: 'boot', logger: null, ...options })
  return { clock, transport, cluster }
}

const anyOptions = (options: unknown) => options as ClusterOptions

describe('a wrong option', () => {
  const wrong: [string, unknown][] = [
    ['bootstrapServers', 5],
    ['bootstrapServers', ''],
    ['bootstrapServers', []],
    ['bootstrapServers', [9092]],
    ['bootstrapServers', 'a:b:c'],
    ['bootstrapServers', 'host:'],
    ['bootstrapServers', ':9092'],
    ['bootstrapServers', 'host:0'],
    ['bootstrapServers', 'host:65536'],
    ['bootstrapServers', 'host:-1'],
    ['bootstrapServers', 'host:1e3'],
    ['bootstrapServers', '[::1'],
    ['bootstrapServers', '[::1]x'],
    ['bootstrapServers', '[nonsense]:9092'],
    ['bootstrapServers', 'http://host:9092'],
    ['bootstrapServers', 'host 9092'],
    ['bootstrapServers', null],
    ['tls', 'yes'],
    ['tls', null],
    ['tls', 1],
    ['tls', []],
    ['sasl', 'PLAIN'],
    ['sasl', { mechanism: 'plain', username: 'u', password: 'p' }],
    ['sasl', null],
    ['transport', {}],
    ['transport', null],
    ['resolveBroker', 'host'],
    ['resolveBroker', null],
    ['metadataRecoveryStrategy', 'REBOOTSTRAP'],
    ['clock', Date],
    ['random', Math.random],
    ['logger', console.log],
    ['logger', { info() {} }],
    ['clientId', ''],
    ['clientId', 7],
    ...[
      'metadataMaxAgeMs',
      'connectionsMaxIdleMs',
      'socketConnectionSetupTimeoutMs',
      'socketConnectionSetupTimeoutMaxMs',
      'reconnectBackoffMs',
      'reconnectBackoffMaxMs',
      'maxResponseBytes',
      'requestTimeoutMs',
      'defaultApiTimeoutMs',
      'retryBackoffMs',
      'retryBackoffMaxMs',
    ].flatMap((name) =>
      ([-1, Number.NaN, 1.5, '100', null, 10n, {}, Number.NEGATIVE_INFINITY] as unknown[]).map((value): [string, unknown] => [name, value]),
    ),
  ]

  it.each(wrong)('%s: %o is a ConfigError that names it', (name, value) => {
    let error: unknown
    try {
      new Cluster(anyOptions({ [name]: value }))
    } catch (caught) {
      error = caught
    }
    expect(ConfigError.is(error)).toBe(true)
    expect(error).toMatchObject({ option: name, code: 'INVALID_OPTION' })
    expect((error as Error).message).toContain(name)
  })

  it.each([
    ['bootstrapServer', 'bootstrapServers'],
    ['bootstrap.servers', 'bootstrapServers'],
    ['brokers', 'bootstrapServers'],
    ['client.id', 'clientId'],
    ['clientID', 'clientId'],
    ['requestTimeout', 'requestTimeoutMs'],
    ['ssl', 'tls'],
    ['SASL', 'sasl'],
    ['metadataMaxAge', 'metadataMaxAgeMs'],
    ['retryBackof', 'retryBackoffMs'],
  ])('misspelt as %s is told what it may be meant for', (name, meant) => {
    expect(() => new Cluster(anyOptions({ [name]: 'x' }))).toThrow(`did you mean "${meant}"?`)
  })

  it.each([null, 'localhost:9092', 7, [], () => {}])('object %o is a ConfigError', (options) => {
    expect(() => new Cluster(anyOptions(options))).toThrow(ConfigError)
  })

  it('is not hidden by a shared cluster', async () => {
    const { cluster } = setUp()
    expect(() => openCluster({ cluster, bootstrapServers: 'x' } as never)).toThrow(/bootstrapServers.*together with cluster/)
    expect(() => openCluster({ cluster: {} } as never)).toThrow(/cluster.*must be a Cluster/)
  })
})

describe('a wrong argument', () => {
  const { cluster } = setUp()
  const wild = cluster as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>

  it.each([
    ['refresh', ['orders']],
    ['refresh', [['']]],
    ['refresh', [[7]]],
    ['refresh', [[null]]],
    ['refresh', [{ topics: ['orders'] }]],
    ['refresh', [['x'.repeat(40_000)]]],
    ['request', [Heartbeat, beat, { to: undefined }]],
    ['request', [Heartbeat, beat, { to: 'leader' }]],
    ['request', [Heartbeat, beat, { to: { partition: 3 } }]],
    ['request', [Heartbeat, beat, { to: { leaderOf: 'orders' } }]],
    ['request', [Heartbeat, beat, { to: { coordinatorOf: 'g' } }]],
    ['request', [Heartbeat, beat, { to: 'any', timeoutMs: Number.NaN }]],
    ['request', [Heartbeat, beat, { to: 'any', timeoutMs: '5' }]],
    ['request', [Heartbeat, beat, { to: 'any', timeoutMs: -1 }]],
    ['request', [Heartbeat, undefined, { to: 'any' }]],
    ['request', [Heartbeat, null, { to: 'any' }]],
    ['request', [Heartbeat, { ...beat, groupId: 5 }, { to: 'any' }]],
    ['request', [Heartbeat, beat, { to: 'any', signal: new AbortController() }]],
    ['connect', [{ signal: new AbortController() }]],
    ['refresh', [['orders'], { signal: {} }]],
    ['coordinator', ['g']],
    ['coordinator', [{}]],
    ['apiVersions', ['1']],
  ])('of %s(%o) rejects with INVALID_ARGUMENT and a sentence, and is never thrown at once', async (method, args) => {
    let promise: Promise<unknown>
    expect(() => {
      promise = wild[method]!.apply(cluster, args as unknown[])
    }).not.toThrow()
    const error = await errorOf(promise!)
    expect(error).toMatchObject({ code: expect.stringMatching(/INVALID_ARGUMENT|BROKER_UNKNOWN/) })
    expect((error as Error).message).not.toMatch(/undefined \(reading|is not a function|not iterable/)
  })

  it('does not spoil the picture of the cluster for the others', async () => {
    const { cluster } = setUp()
    for (const name of ['x'.repeat(40_000), 7, null]) await errorOf(cluster.refresh([name as string]))
    await errorOf(cluster.request(Heartbeat, beat, { to: { leaderOf: { topic: 'x'.repeat(40_000), partition: 0 } } }))
    await cluster.refresh()
  })
})

describe('a function of the user', () => {
  it('for bootstrapServers that throws is an error that says so, and is asked again', async () => {
    let asked = 0
    const bootstrapServers = () => {
      asked += 1
      if (asked === 1) throw new Error('registry is down')
      if (asked === 2) return Promise.reject(new Error('registry is down'))
      if (asked === 3) return 5 as never
      return 'boot'
    }
    const { cluster } = setUp({ bootstrapServers })
    for (let i = 0; i < 2; i++) {
      const error = await errorOf(cluster.connect())
      expect(error).toMatchObject({
        name: 'ConnectionError',
        code: 'CONNECTION_FAILED',
        retriable: true,
        sent: false,
        message: expect.stringMatching(/bootstrapServers.*registry is down/),
      })
    }
    expect(await errorOf(cluster.connect())).toMatchObject({ code: 'INVALID_OPTION' })
    await cluster.connect()
  })

  it('for bootstrapServers that never answers has a deadline, and is asked again', async () => {
    let asked = 0
    const bootstrapServers = () => (++asked === 1 ? new Promise<string>(() => {}) : 'boot')
    const { cluster, clock } = setUp({ bootstrapServers })
    const outcome = new Outcome(cluster.connect())
    await clock.advance(60_000)
    expect(outcome.error).toMatchObject({ code: 'TIMED_OUT', sent: false })
    const second = new Outcome(cluster.connect())
    await clock.advance(60_000)
    expect(second.state).toBe('resolved')
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no tunnel')
      },
      /no tunnel/,
    ],
    [
      'throws nothing',
      () => {
        throw undefined
      },
      /resolveBroker/,
    ],
    ['rejects', () => Promise.reject(new Error('no tunnel')), /no tunnel/],
    ['returns nothing', () => undefined, /resolveBroker/],
    ['returns a string', () => 'host:9092', /resolveBroker/],
    ['returns a wrong port', () => ({ host: 'h', port: '9092' }), /resolveBroker/],
    ['returns port 70000', () => ({ host: 'h', port: 70_000 }), /resolveBroker/],
    ['returns no host', () => ({ port: 9092 }), /resolveBroker/],
  ])('for resolveBroker that %s is an error that says so', async (_, resolveBroker, message) => {
    const { cluster } = setUp({ resolveBroker: resolveBroker as never })
    const error = await errorOf(cluster.connect())
    expect(KafkaError.is(error)).toBe(true)
    expect((error as Error).message).toMatch(message)
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no such file')
      },
      /no such file/,
    ],
    ['rejects', () => Promise.reject(new Error('no such file')), /no such file/],
    ['returns nothing', () => undefined, /tls/],
    ['returns a string', () => 'secret', /tls/],
  ])('for tls that %s is an error that says so', async (_, tls, message) => {
    const { cluster } = setUp({ tls: tls as never })
    const error = await errorOf(cluster.connect())
    expect(KafkaError.is(error)).toBe(true)
    expect((error as Error).message).toMatch(message)
    expect((error as Error).message).not.toMatch(/secret/)
  })

  it('that throws as a logger breaks nothing, also when it does so later', async () => {
    const fail = () => {
      throw new Error('disk full')
    }
    const later = () => Promise.reject(new Error('disk full'))
    for (const log of [fail, later]) {
      const transport = new ScriptedTransport(telling)
      const cluster = new Cluster({ transport, logger: { debug: log, info: log, warn: log, error: log } as never })
      cluster.onMetadata(() => {
        throw new Error('listener')
      })
      await cluster.connect()
      await settled()
      await cluster.close()
    }
  })

  it('that listens to metadata and throws what cannot be printed breaks nothing', async () => {
    const lines: string[] = []
    const write = process.stderr.write
    process.stderr.write = ((line: string) => lines.push(line) > 0) as never
    try {
      const transport = new ScriptedTransport(telling)
      const cluster = new Cluster({ transport })
      const circular: Record<string, unknown> = { big: 1n }
      circular.self = circular
      cluster.onMetadata(() => {
        throw circular
      })
      await cluster.refresh(['orders'])
      expect(cluster.topic('orders')).toBeDefined()
      await cluster.close()
    } finally {
      process.stderr.write = write
    }
    expect(lines.join('')).toMatch(/listener threw/)
  })

  it('that listens to metadata may call back in', async () => {
    const { cluster } = setUp()
    let heard = 0
    cluster.onMetadata(() => {
      heard += 1
      if (heard === 1) cluster.refresh(['again']).catch(() => {})
      if (heard === 2) void cluster.close()
    })
    await cluster.connect()
    await settled()
    expect(heard).toBe(2)
    expect(await errorOf(cluster.connect())).toBeInstanceOf(ClosedError)
  })

  it('that is a transport whose write throws ends the connection, not the process', async () => {
    const { cluster, transport } = setUp()
    transport.onOpen = (socket) => {
      socket.write = () => {
        throw new Error('broken pipe')
      }
    }
    const error = await errorOf(cluster.connect())
    expect(error).toMatchObject({ name: 'ConnectionError', message: expect.stringMatching(/broken pipe/) })
  })

  it.each([undefined, null, 'x', new Error('x')])('that is a transport which connects to %s fails in a sentence', async (nothing) => {
    const { cluster } = setUp({ transport: { connect: () => nothing } as never })
    const error = await errorOf(cluster.connect())
    expect(error).toMatchObject({ name: 'ConnectionError', code: 'CONNECTION_FAILED' })
  })
})

describe('standardErrorLogger', () => {
  it('lets no control character reach a terminal, and takes every value', () => {
    const lines: string[] = []
    const write = process.stderr.write
    process.stderr.write = ((line: string) => lines.push(line) > 0) as never
    try {
      const circular: Record<string, unknown> = {}
      circular.self = circular
      standardErrorLogger.warn('a\u001b[2J\u009b2J\nb', {
        text: '\u001b[2J\u009b2J\n\u007f',
        circular,
        big: 1n,
        inside: { big: 1n },
        error: new Error('\u009b'),
        nothing: undefined,
        symbol: Symbol('x'),
      })
    } finally {
      process.stderr.write = write
    }
    expect(lines).toHaveLength(1)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(lines[0]!.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
    expect(lines[0]).toMatch(/big=1/)
  })
})

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
  const scripts = [telling, beating, coordinating, on(Produce, () => undefined)]

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

describe('bootstrap addresses', () => {
  it('of which one is dead do not matter', async () => {
    const { cluster, transport } = setUp({ bootstrapServers: ['dead', 'alive'] })
    transport.onConnect = ({ host }) => {
      if (host === 'dead') throw systemError('ECONNREFUSED')
    }
    await cluster.connect()
    expect(cluster.brokers).toHaveLength(2)
  })

  it('of which the first never answers end in the next after the time to set up', async () => {
    const { cluster, transport, clock } = setUp({ bootstrapServers: 'dead,alive' })
    transport.onConnect = ({ host }) => (host === 'dead' ? new Promise(() => {}) : undefined)
    const outcome = new Outcome(cluster.request(Heartbeat, beat, { to: 'any' }))
    await clock.advance(12_000)
    expect(outcome.state).toBe('resolved')
  })

  it.each([
    ['[::1]:9092', '::1', 9092],
    ['::1', '::1', 9092],
    ['[::1]', '::1', 9092],
    ['[2001:db8::1]:19092', '2001:db8::1', 19_092],
    ['[fe80::1%eth0]:9092', 'fe80::1%eth0', 9092],
    ['[::ffff:127.0.0.1]:9092', '::ffff:127.0.0.1', 9092],
    [' kafka.example : 9092', '', 0],
  ])('%s is understood', async (text, host, port) => {
    if (port === 0) {
      expect(() => setUp({ bootstrapServers: text })).toThrow(ConfigError)
      return
    }
    const { cluster, transport } = setUp({ bootstrapServers: text })
    await cluster.connect()
    expect(transport.dials[0]).toMatchObject({ host, port })
  })

  it('without number are found in time', () => {
    const started = performance.now()
    const { cluster } = setUp({ bootstrapServers: Array.from({ length: 100_000 }, (_, i) => `h${i}:9092`) })
    expect(cluster).toBeDefined()
    expect(performance.now() - started).toBeLessThan(1_000)
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
        return picture
      }),
    )
    await cluster.connect()
    transport.dials.length = 0
    await clock.advance(10_000)
    expect(transport.dials.length).toBeLessThan(120)
  })
})

describe('secrets', () => {
  const canary = 'canary-7f3a'

  it('stay out of inspect, JSON and errors', async () => {
    const options: ClusterOptions = {
      sasl: plain({ username: `user-${canary}`, password: () => `pass-${canary}` }),
      tls: { passphrase: canary, key: canary, cert: canary },
    }
    const transport = { connect: () => Promise.reject(systemError('ECONNRESET')) }
    const { cluster } = setUp({ ...options, transport })
    const error = await errorOf(cluster.connect())
    const resolved = resolveOptions({ ...options, bootstrapServers: 'x' })
    const connection = new Connection({ host: 'x', port: 1 }, resolved)
    for (const value of [cluster, cluster.options, resolved, connection, error, options.sasl]) {
      expect(inspect(value, { depth: 20, showHidden: true, getters: true })).not.toContain(canary)
      expect(JSON.stringify(value) ?? '').not.toContain(canary)
    }
  })

  it('stay out of the errors of wrong options', () => {
    const wrong = [
      { password: canary },
      { sasl: canary },
      { sasl: { mechanism: 'plain', password: canary } },
      { tls: canary },
      { tls: [canary] },
      { bootstrapServers: `kafka://user:${canary}@host:9092` },
      { bootstrapServers: `user:${canary}@host:9092` },
      { bootstrapServers: [`user:${canary}@host:9092`] },
    ]
    for (const options of wrong) {
      let error: unknown
      try {
        new Cluster(anyOptions(options))
      } catch (caught) {
        error = caught
      }
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(canary)
    }
  })
})
