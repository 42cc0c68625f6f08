import {
  ApiVersions,
  encodeResponse,
  FindCoordinator,
  Heartbeat,
  Metadata,
  Produce,
  type ResponseInputOf,
  SaslAuthenticate,
  SaslHandshake,
} from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { Cluster, type ClusterOptions, Connection, plain, resolveOptions } from '../src/index.ts'
import { ManualClock, settled } from './support/manual-clock.ts'
import { errorOf, Outcome } from './support/outcome.ts'
import { on, type Script, ScriptedTransport, speaks } from './support/scripted-transport.ts'

type MetadataBody = ResponseInputOf<typeof Metadata>
type Brokers = MetadataBody['brokers']

const beat = { groupId: 'g', generationId: 1, memberId: 'm' }
const b1 = { nodeId: 1, host: 'b1', port: 9092, rack: null }
const b2 = { nodeId: 2, host: 'b2', port: 9092, rack: null }
const partition = { errorCode: 0, partitionIndex: 0, leaderId: 1, leaderEpoch: 1, replicaNodes: [1], isrNodes: [1] }

function picture(body: Partial<MetadataBody> = {}): MetadataBody {
  return { brokers: [b1, b2], clusterId: 'c', controllerId: 1, topics: [], ...body }
}

const telling = (body: Partial<MetadataBody> = {}) => on(Metadata, () => picture(body))
const beating = on(Heartbeat, () => ({ errorCode: 0 }))

function setUp(options: ClusterOptions & { requestTimeoutMs?: number } = {}, ...scripts: Script[]) {
  const clock = new ManualClock()
  const transport = new ScriptedTransport(...scripts)
  const cluster = new Cluster({ transport, clock, random: { next: () => 0.5 }, bootstrapServers: 'boot', logger: null, ...options })
  return { clock, transport, cluster }
}

const hosts = (transport: ScriptedTransport) => transport.dials.map(({ host }) => host)

describe('brokers in an answer to Metadata', () => {
  const wild: [string, Brokers][] = [
    ['an id of -1', [{ ...b2, nodeId: -1 }]],
    ['an empty host', [{ ...b2, host: '' }]],
    ['port 0', [{ ...b2, port: 0 }]],
    ['port 65536', [{ ...b2, port: 65_536 }]],
    ['port -1', [{ ...b2, port: -1 }]],
    ['a host of 32 kB', [{ ...b2, host: 'b'.repeat(32_767) }]],
    ['a host with a line break', [{ ...b2, host: 'b\nb' }]],
    ['a host with an escape sequence', [{ ...b2, host: '\u001b[2J' }]],
    ['a host that is a URL', [{ ...b2, host: 'http://b' }]],
  ]

  it.each(wild)('with %s are left out, and the others are asked', async (_, brokers) => {
    const { cluster, transport } = setUp({}, telling({ brokers: [b1, ...brokers] }), beating)
    await cluster.connect()
    expect(cluster.brokers.map(({ id }) => id)).toEqual([1])
    for (let i = 0; i < 5; i++) await cluster.request(Heartbeat, beat, { to: 'any' })
    expect(new Set(hosts(transport))).toEqual(new Set(['boot', 'b1']))
  })

  it.each(wild)('with %s alone are no cluster', async (_, brokers) => {
    const { cluster } = setUp({}, telling({ brokers }))
    const error = await errorOf(cluster.connect())
    expect(error).toMatchObject({ code: 'BROKER_UNKNOWN', retriable: true, message: expect.stringMatching(/boot:9092 names no broker/) })
  })

  it('listed twice are one; the last address counts', async () => {
    const { cluster } = setUp({}, telling({ brokers: [b1, { ...b1, host: 'elsewhere' }, b1] }))
    await cluster.connect()
    expect(cluster.brokers).toEqual([{ id: 1, host: 'b1', port: 9092, rack: undefined }])
  })

  it('may lack the controller', async () => {
    const { cluster, clock } = setUp({}, telling({ controllerId: 77 }), beating)
    const outcome = new Outcome(cluster.request(Heartbeat, beat, { to: 'controller' }))
    await clock.advance(1_000)
    expect(outcome.error).toMatchObject({ code: 'BROKER_UNKNOWN', retriable: true, message: expect.stringMatching(/controller/) })
  })

  it('that change at every answer are not dialled unless somebody asks them', async () => {
    let port = 1
    const { cluster, transport } = setUp(
      {},
      on(Metadata, () => picture({ brokers: [b1, { ...b2, port: port++ }] })),
    )
    for (let i = 0; i < 50; i++) await cluster.refresh()
    expect(transport.dials.length).toBeLessThan(5)
  })
})

describe('topics in an answer to Metadata', () => {
  const wildNames = [
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'then',
    'toJSON',
    'valueOf',
    '0',
    '\u001b[2J',
    'a\nb',
  ]

  it.each(wildNames)('named %j are topics like any other', async (name) => {
    const before = Object.getOwnPropertyNames(Object.prototype)
    const { cluster } = setUp({}, telling({ topics: [{ name, errorCode: 0, partitions: [partition] }] }), beating)
    expect(cluster.topic(name)).toBeUndefined()
    await cluster.refresh([name])
    expect(cluster.topic(name)?.partitions.map(({ leader }) => leader)).toEqual([1])
    await cluster.request(Heartbeat, beat, { to: { leaderOf: { topic: name, partition: 0 } } })
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before)
    expect(await Promise.resolve(cluster.topic(name))).toBe(cluster.topic(name))
  })

  it('listed twice, and partitions listed twice or numbered wildly, are what can be made of them', async () => {
    const partitions = [-1, 2 ** 31 - 1, 0, 0, -(2 ** 31)].map((partitionIndex) => ({ ...partition, partitionIndex }))
    const { cluster } = setUp(
      {},
      telling({
        topics: [
          { name: 't', errorCode: 0, partitions },
          { name: 't', errorCode: 0, partitions },
        ],
      }),
    )
    await cluster.refresh(['t'])
    const found = cluster.topic('t')!.partitions
    expect(found.map(({ partition }) => partition)).toEqual([0, 1, 2, 3, 4])
    expect(found.map(({ leader }) => leader)).toEqual([1, -1, -1, -1, -1])
  })

  it.each([99, -1, -7, 2 ** 31 - 1])('whose leader is %i have none: one attempt asks anew and fails retriably', async (leaderId) => {
    const { cluster, transport } = setUp(
      {},
      telling({ topics: [{ name: 't', errorCode: 0, partitions: [{ ...partition, leaderId }] }] }),
      beating,
    )
    const error = await errorOf(cluster.request(Heartbeat, beat, { to: { leaderOf: { topic: 't', partition: 0 } } }))
    expect(error).toMatchObject({ code: 'LEADER_NOT_AVAILABLE', retriable: true, message: expect.stringMatching(/partition 0 of topic t/) })
    const asked = transport.sockets.flatMap(({ requests }) => requests.filter(({ apiKey }) => apiKey === Metadata.key))
    expect(asked.length).toBeLessThanOrEqual(2)
  })

  it('left out are unknown', async () => {
    const { cluster } = setUp({}, telling(), beating)
    const error = await errorOf(cluster.request(Heartbeat, beat, { to: { leaderOf: { topic: 't', partition: 0 } } }))
    expect(error).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION', retriable: true })
  })
})

describe('a coordinator', () => {
  const wild = [
    ['an id of -1', { nodeId: -1, host: 'b1', port: 9092 }],
    ['an empty host', { nodeId: 1, host: '', port: 9092 }],
    ['port -1', { nodeId: 5, host: 'b5', port: -1 }],
    ['port 70000', { nodeId: 5, host: 'b5', port: 70_000 }],
    ['a host with a line break', { nodeId: 5, host: 'b\n5', port: 9092 }],
  ] as const

  it.each(wild)('with %s is none: the call fails retriably, and the next one asks again', async (_, node) => {
    let wrong = true
    const { cluster } = setUp(
      {},
      telling(),
      beating,
      on(FindCoordinator, ({ coordinatorKeys = [] }) => ({
        coordinators: coordinatorKeys.map((key) => ({ key, errorCode: 0, errorMessage: null, ...(wrong ? node : b2) })),
      })),
    )
    const ask = () => cluster.request(Heartbeat, beat, { to: { coordinatorOf: { group: 'g' } } })
    expect(await errorOf(ask())).toMatchObject({
      code: 'COORDINATOR_NOT_AVAILABLE',
      retriable: true,
      message: expect.stringMatching(/group g/),
    })
    expect(await errorOf(cluster.coordinator({ group: 'g' }))).toMatchObject({ code: 'COORDINATOR_NOT_AVAILABLE' })
    wrong = false
    expect(await ask()).toMatchObject({ errorCode: 0 })
  })
})

describe('versions', () => {
  const table = (...apiKeys: { apiKey: number; minVersion: number; maxVersion: number }[]) =>
    on(ApiVersions, () => ({ errorCode: 0, apiKeys }))

  it('of a broker that lists none end in a sentence', async () => {
    const { cluster } = setUp({}, table(), telling())
    const error = await errorOf(cluster.connect())
    expect(error).toMatchObject({
      name: 'UnsupportedVersionError',
      retriable: false,
      message: expect.stringMatching(/boot:9092 does not have Metadata/),
    })
  })

  it('without overlap end in a sentence that names both sides', async () => {
    const { cluster } = setUp({}, table({ apiKey: Metadata.key, minVersion: 90, maxVersion: 99 }), telling())
    const error = await errorOf(cluster.connect())
    expect(error).toMatchObject({
      name: 'UnsupportedVersionError',
      message: expect.stringMatching(/speaks Metadata 90 to 99; this client needs .* 1 to \d+/),
    })
  })

  it.each([
    [5, 2],
    [-1, -1],
    [-32_768, -1],
    [32_767, 32_767],
  ])('from %i to %i are none', async (minVersion, maxVersion) => {
    const { cluster } = setUp({}, table({ apiKey: Metadata.key, minVersion, maxVersion }), telling())
    expect(await errorOf(cluster.connect())).toMatchObject({ code: 'UNSUPPORTED_VERSION', retriable: false })
  })

  it('that no broker of several has are an error that is not retriable', async () => {
    const { cluster } = setUp({ bootstrapServers: 'boot1,boot2,boot3' }, table(), telling())
    expect(await errorOf(cluster.connect())).toMatchObject({
      retriable: false,
      message: expect.stringMatching(/boot1:9092.*boot2:9092.*boot3:9092/),
    })
  })

  it('are those of each connection, never those of another broker', async () => {
    const { cluster, transport } = setUp({}, telling(), beating)
    await cluster.connect()
    transport.script(
      on(ApiVersions, (_, __, { target }) => ({
        errorCode: 0,
        apiKeys: target.host === 'b1' ? speaks(Metadata, [Heartbeat, 0, 1]) : speaks(Metadata, [Heartbeat, 0, 3]),
      })),
      beating,
    )
    await cluster.request(Heartbeat, beat, { to: { broker: 1 } })
    await cluster.request(Heartbeat, beat, { to: { broker: 2 } })
    expect([1, 2].map((id) => cluster.versionOf(Heartbeat, id))).toEqual([1, 3])
  })

  it('are refused for ever by a broker that is asked twice a connection, and no more', async () => {
    let asked = 0
    const { cluster, transport, clock } = setUp(
      {},
      on(ApiVersions, (_, { correlationId }, socket) => {
        asked += 1
        socket.feed(
          Buffer.concat(
            encodeResponse(
              ApiVersions,
              { errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }] },
              { version: 0, correlationId },
            ),
          ),
        )
        return undefined
      }),
    )
    for (let i = 0; i < 5; i++) {
      const outcome = new Outcome(cluster.connect())
      await clock.advance(1_000)
      expect(outcome.error).toMatchObject({ code: 'UNSUPPORTED_VERSION', message: expect.stringMatching(/boot:9092/) })
    }
    expect(asked).toBe(2 * transport.dials.length)
    expect(transport.dials).toHaveLength(5)
  })
})

describe('throttling', () => {
  it.each([-1, -(2 ** 31)])('of %i ms is none', async (throttleTimeMs) => {
    const { cluster } = setUp(
      {},
      on(Metadata, () => ({ ...picture(), throttleTimeMs })),
      beating,
    )
    await cluster.connect()
    expect(await cluster.request(Heartbeat, beat, { to: 'any' })).toMatchObject({ errorCode: 0 })
  })

  it('for 24 days ends requests in their deadline, with the reason, and other brokers are asked', async () => {
    const { cluster, clock } = setUp(
      {},
      telling(),
      on(Heartbeat, (_, __, { target }) => ({ errorCode: 0, throttleTimeMs: target.host === 'b1' ? 2 ** 31 - 1 : 0 })),
    )
    await cluster.request(Heartbeat, beat, { to: { broker: 1 } })
    const late = new Outcome(cluster.request(Heartbeat, beat, { to: { broker: 1 } }))
    await clock.advance(30_000)
    expect(late.error).toMatchObject({ code: 'TIMED_OUT', sent: false, message: expect.stringMatching(/throttles this client/) })
    expect(await cluster.request(Heartbeat, beat, { to: { broker: 2 } })).toMatchObject({ errorCode: 0 })
    expect(clock.timers.length).toBeLessThan(10)
  })

  it('that is over leaves what waited for it with its deadline', async () => {
    let asked = 0
    const { cluster, clock } = setUp(
      {},
      telling(),
      on(Heartbeat, () => (++asked === 1 ? { errorCode: 0, throttleTimeMs: 500 } : undefined)),
    )
    await cluster.request(Heartbeat, beat, { to: { broker: 1 } })
    const outcome = new Outcome(cluster.request(Heartbeat, beat, { to: { broker: 1 } }))
    await clock.advance(29_999)
    expect([asked, outcome.state]).toEqual([2, 'pending'])
    await clock.advance(1)
    expect(outcome.error).toMatchObject({ code: 'TIMED_OUT', sent: true })
  })

  it('without measure is over after an hour', async () => {
    const { cluster, clock } = setUp(
      {},
      telling(),
      on(Heartbeat, () => ({ errorCode: 0, throttleTimeMs: clock.monotonic() === 0 ? 2 ** 31 - 1 : 0 })),
    )
    await cluster.request(Heartbeat, beat, { to: { broker: 1 } })
    await clock.advance(3_600_000)
    const outcome = new Outcome(cluster.request(Heartbeat, beat, { to: { broker: 1 } }))
    await clock.advance(1_000)
    expect(outcome.state).toBe('resolved')
  })

  it('in the answer to ApiVersions holds requests, but not the set-up', async () => {
    const throttled = on(ApiVersions, () => ({ errorCode: 0, apiKeys: speaks(Metadata), throttleTimeMs: 5_000 }))
    const { cluster, clock } = setUp({}, throttled, telling())
    const outcome = new Outcome(cluster.connect())
    await clock.advance(4_999)
    expect(outcome.state).toBe('pending')
    await clock.advance(1)
    expect(outcome.state).toBe('resolved')
  })
})

describe('authentication', () => {
  const sasl = plain({ username: 'bob', password: 'canary-7f3a' })
  const handshake = on(SaslHandshake, () => ({ errorCode: 0, mechanisms: ['PLAIN'] }))

  it('with a broker that names very many mechanisms fails in a short sentence', async () => {
    const mechanisms = Array.from({ length: 2_000 }, (_, i) => `${'x'.repeat(400)}${i}`)
    const { cluster } = setUp(
      { sasl },
      on(SaslHandshake, () => ({ errorCode: 33, mechanisms })),
    )
    const error = (await errorOf(cluster.connect())) as Error
    expect(error).toMatchObject({ name: 'AuthenticationError', code: 'UNSUPPORTED_SASL_MECHANISM' })
    expect(error.message.length).toBeLessThan(2_000)
  })

  it('that is refused with 30 kB of words fails in a short sentence', async () => {
    const refuse = on(SaslAuthenticate, () => ({ errorCode: 58, errorMessage: 'x'.repeat(30_000), authBytes: Buffer.alloc(0) }))
    const { cluster } = setUp({ sasl }, handshake, refuse)
    const error = (await errorOf(cluster.connect())) as Error
    expect(error).toMatchObject({ name: 'AuthenticationError', code: 'SASL_AUTHENTICATION_FAILED', retriable: false })
    expect(error.message.length).toBeLessThan(2_000)
  })

  it.each([0n, -1n, 1n, 2n ** 63n - 1n, -(2n ** 63n)])(
    'for %s ms lets requests pass without a storm, however slow the broker',
    async (sessionLifetimeMs) => {
      const { cluster, transport, clock } = setUp(
        { sasl },
        handshake,
        on(SaslAuthenticate, (_, request, socket) => {
          clock.setTimer(
            () =>
              socket.reply(SaslAuthenticate, request, { errorCode: 0, errorMessage: null, authBytes: Buffer.alloc(0), sessionLifetimeMs }),
            5,
          )
          return undefined
        }),
        telling(),
        beating,
      )
      const outcomes = Array.from({ length: 100 }, () => new Outcome(cluster.request(Heartbeat, beat, { to: { broker: 1 } })))
      await clock.advance(1_000)
      const later = Array.from({ length: 100 }, () => new Outcome(cluster.request(Heartbeat, beat, { to: { broker: 1 } })))
      await clock.advance(1_000)
      expect([...outcomes, ...later].filter(({ state }) => state !== 'resolved')).toEqual([])
      const renewals = transport.sockets.flatMap(({ requests }) => requests).filter(({ apiKey }) => apiKey === SaslHandshake.key).length
      expect(renewals).toBeLessThanOrEqual(6)
    },
  )
})

describe('whether a request has left', () => {
  const produce = { acks: -1, timeoutMs: 1_000, topicData: [] }

  it('is told where connecting took too long: it has not', async () => {
    const { cluster, transport, clock } = setUp({ socketConnectionSetupTimeoutMs: 500 }, telling(), beating)
    await cluster.connect()
    transport.onConnect = () => new Promise(() => {})
    const outcome = new Outcome(cluster.request(Produce, produce, { to: { broker: 2 } }))
    await clock.advance(600)
    expect(outcome.error).toMatchObject({ code: 'TIMED_OUT', sent: false })
  })

  it('is told where nobody could be found to send it to: it has not', async () => {
    const { cluster, transport, clock } = setUp(
      { socketConnectionSetupTimeoutMs: 60_000, socketConnectionSetupTimeoutMaxMs: 60_000 },
      telling(),
    )
    transport.onConnect = () => new Promise(() => {})
    const outcome = new Outcome(cluster.request(Produce, produce, { to: 'any', timeoutMs: 1_000 }))
    await clock.advance(1_000)
    expect(outcome.error).toMatchObject({ code: 'TIMED_OUT', sent: false })
  })

  it('is told where a session could not be renewed in time: what was in flight has', async () => {
    let renewing = false
    const transport = new ScriptedTransport(
      on(SaslHandshake, () => (renewing ? undefined : { errorCode: 0, mechanisms: [] })),
      on(SaslAuthenticate, () => ({ errorCode: 0, errorMessage: null, authBytes: Buffer.alloc(0), sessionLifetimeMs: 10_000n })),
      on(Produce, () => undefined),
    )
    const clock = new ManualClock()
    const options = resolveOptions({ transport, clock, sasl: plain({ username: 'u', password: 'p' }), random: { next: () => 0.5 } })
    const connection = new Connection({ host: 'b', port: 9092 }, options)
    await connection.open()
    const written = new Outcome(connection.request(Produce, produce, { timeoutMs: 100_000 }))
    renewing = true
    await clock.advance(9_500)
    const waiting = new Outcome(connection.request(Produce, produce, { timeoutMs: 100_000 }))
    await clock.advance(40_000)
    expect(written.error).toMatchObject({ sent: true })
    expect(waiting.error).toMatchObject({ sent: false })
  })

  it('is told where authentication took too long: it has not', async () => {
    const clock = new ManualClock()
    const transport = new ScriptedTransport(
      on(SaslHandshake, () => ({ errorCode: 0, mechanisms: [] })),
      beating,
    )
    const sasl = { name: 'X', start: () => new Promise<never>(() => {}) }
    const connection = new Connection({ host: 'b', port: 9092 }, resolveOptions({ transport, clock, sasl, requestTimeoutMs: 1_000 }))
    const outcome = new Outcome(connection.request(Heartbeat, beat, { timeoutMs: 5_000 }))
    await clock.advance(1_000)
    expect(outcome.error).toMatchObject({ sent: false })
  })
})

describe('answers that the set-up never has', () => {
  it('of a hundred megabytes are refused before they are read', async () => {
    const { cluster } = setUp(
      {},
      on(ApiVersions, (_, { correlationId }, socket) => {
        const head = Buffer.alloc(8)
        head.writeInt32BE(99_000_000)
        head.writeInt32BE(correlationId, 4)
        socket.feed(head)
        return undefined
      }),
    )
    const started = performance.now()
    const outcome = new Outcome(cluster.connect())
    await settled()
    expect(outcome.error).toMatchObject({ code: 'INVALID_FRAME', message: expect.stringMatching(/99000000 bytes/) })
    expect(performance.now() - started).toBeLessThan(500)
  })
})
