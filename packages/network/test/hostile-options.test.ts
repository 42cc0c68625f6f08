import { inspect } from 'node:util'
import { ConfigError, Heartbeat, KafkaError } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { Cluster, type ClusterOptions, Connection, openCluster, plain, resolveOptions, retry } from '../src/index.ts'
import { ManualClock } from './support/manual-clock.ts'
import { errorOf, Outcome } from './support/outcome.ts'
import { beat } from './support/scripted-connection.ts'
import { on, ScriptedTransport, systemError } from './support/scripted-transport.ts'
import { setUp } from './support/two-brokers.ts'

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

describe('a long text where a short one belongs', () => {
  const long = 100_000
  const texts = ['a', '.', '-', ':', '@', '[', 'a@', 'a,', ' ', 'a.', '::', '%', '1'].map((unit) => unit.repeat(long / unit.length))

  it.each(['bootstrapServers', 'tls', 'sasl', 'clientId', 'metadataRecoveryStrategy', 'requestTimeoutMs', 'logger', 'transport'])(
    'is refused or taken in no time as %s',
    (name) => {
      for (const text of texts) {
        const started = performance.now()
        try {
          new Cluster(anyOptions({ [name]: `${text}!` }))
        } catch (error) {
          expect(ConfigError.is(error)).toBe(true)
          expect((error as Error).message.length).toBeLessThan(1_000)
        }
        expect(performance.now() - started).toBeLessThan(500)
      }
    },
  )

  it('is refused in no time as the name of an option, of a topic, and as a target', async () => {
    const { cluster } = setUp()
    for (const text of texts) {
      const started = performance.now()
      expect(() => new Cluster(anyOptions({ [text]: 1 }))).toThrow(ConfigError)
      expect(await errorOf(cluster.refresh([text]))).toMatchObject({ code: 'INVALID_ARGUMENT' })
      expect(await errorOf(cluster.refresh(text as never))).toMatchObject({ code: 'INVALID_ARGUMENT' })
      expect(await errorOf(cluster.request(Heartbeat, beat, { to: text as never }))).toMatchObject({ code: 'INVALID_ARGUMENT' })
      expect(performance.now() - started).toBeLessThan(500)
    }
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

describe('a wrong argument below a cluster', () => {
  it.each([{ timeoutMs: Number.NaN }, { timeoutMs: '5' }, { timeoutMs: -1 }, { signal: new AbortController() }, { signal: 'x' }])(
    'of a request on a connection rejects with INVALID_ARGUMENT: %o',
    async (wrong) => {
      const clock = new ManualClock()
      const transport = new ScriptedTransport(on(Heartbeat, () => undefined))
      const connection = new Connection({ host: 'b', port: 9092 }, resolveOptions({ transport, clock }))
      expect(await errorOf(connection.request(Heartbeat, beat, wrong as never))).toMatchObject({ code: 'INVALID_ARGUMENT' })
      await connection.close()
      expect(clock.timers).toEqual([])
    },
  )

  it.each([Number.NaN, undefined])('of retry rejects with INVALID_ARGUMENT, before any attempt: timeoutMs %o', async (timeoutMs) => {
    let attempts = 0
    const attempt = async () => {
      attempts += 1
      if (attempts > 100) throw new Error('it goes on for ever')
      throw new KafkaError('CONNECTION_FAILED', 'no', { retriable: true })
    }
    const error = await errorOf(retry(setUp().cluster, attempt, { timeoutMs: timeoutMs as number, what: 'trying' }))
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(attempts).toBe(0)
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
    const started = process.cpuUsage()
    const { cluster } = setUp({ bootstrapServers: Array.from({ length: 100_000 }, (_, i) => `h${i}:9092`) })
    expect(cluster).toBeDefined()
    // Of this process: others may be busy.
    expect(process.cpuUsage(started).user).toBeLessThan(1_000_000)
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
