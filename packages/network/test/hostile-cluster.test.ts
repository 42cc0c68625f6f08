import { ApiVersions, encodeResponse, FindCoordinator, Heartbeat, Metadata } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { errorOf, Outcome } from './support/outcome.ts'
import { beat } from './support/scripted-connection.ts'
import { on, type ScriptedTransport, speaks } from './support/scripted-transport.ts'
import { b1, b2, beating, type MetadataBody, partition, picture, setUp, telling } from './support/two-brokers.ts'

type Brokers = MetadataBody['brokers']

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
