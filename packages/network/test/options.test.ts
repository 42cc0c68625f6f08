import { inspect } from 'node:util'
import { ConfigError, SaslAuthenticate, SaslHandshake } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import {
  AuthenticationError,
  Cluster,
  nodeTransport,
  plain,
  resolveClientOptions,
  resolveOptions,
  systemClock,
  systemRandom,
} from '../src/index.ts'
import { ManualClock } from './support/manual-clock.ts'
import { errorOf } from './support/outcome.ts'
import { on, ScriptedTransport } from './support/scripted-transport.ts'

describe('resolveOptions', () => {
  it('fills in the defaults of the Java client', () => {
    const { bootstrapServers, logger, ...rest } = resolveOptions()
    expect(rest).toEqual({
      clientId: '@k/network',
      requestTimeoutMs: 30_000,
      defaultApiTimeoutMs: 60_000,
      retryBackoffMs: 100,
      retryBackoffMaxMs: 1_000,
      tls: undefined,
      sasl: undefined,
      transport: nodeTransport,
      apiVersion: new Map(),
      resolveBroker: undefined,
      metadataMaxAgeMs: 300_000,
      metadataRecoveryStrategy: 'rebootstrap',
      connectionsMaxIdleMs: 540_000,
      socketConnectionSetupTimeoutMs: 10_000,
      socketConnectionSetupTimeoutMaxMs: 30_000,
      reconnectBackoffMs: 50,
      reconnectBackoffMaxMs: 1_000,
      maxResponseBytes: 104_857_600,
      clock: systemClock,
      random: systemRandom,
    })
    expect([typeof bootstrapServers, typeof logger.warn]).toEqual(['function', 'function'])
  })

  it('gives a frozen copy and leaves the caller’s object alone', () => {
    const given = Object.freeze({ requestTimeoutMs: 5 })
    const resolved = resolveOptions(given)
    expect(Object.isFrozen(resolved)).toBe(true)
    expect(given).toEqual({ requestTimeoutMs: 5 })
  })

  it('takes undefined for not given', () => {
    expect(resolveOptions({ requestTimeoutMs: undefined, tls: undefined, logger: undefined })).toMatchObject({ requestTimeoutMs: 30_000 })
  })

  it.each([
    [{ requestTimeoutMs: 0 }, 'requestTimeoutMs must be a whole number from 1 to 2147483647; given was 0'],
    [{ defaultApiTimeoutMs: 0 }, 'defaultApiTimeoutMs must be a whole number of at least 1; given was 0'],
    // Requests say so in 32 bits.
    [{ requestTimeoutMs: 2 ** 31 }, 'requestTimeoutMs must be a whole number from 1 to 2147483647'],
    [{ metadataRecoveryStrategy: 'retry' }, "metadataRecoveryStrategy must be one of 'rebootstrap', 'none'"],
    [{ maxResponseBytes: 2 ** 31 }, 'maxResponseBytes must be a whole number from 1024 to 2147483647'],
    [{ clock: {} }, 'clock must be an object with now(), monotonic(), setTimer(), endOfTick()'],
    [{ transport: 'tcp' }, 'transport must be an object with connect(); given was a string'],
    [{ logger: console.log }, 'logger must be an object with debug(), info(), warn(), error(); given was [Function: log]'],
    [{ resolveBroker: 'x' }, 'resolveBroker must be a function'],
    [{ sasl: { username: 'canary', password: 'canary' } }, 'sasl must be a mechanism: plain'],
    [{ sasl: null }, 'sasl must be a mechanism'],
    [{ tls: 'canary' }, 'tls must be true, an object of TLS options'],
    [{ tls: { host: 'x' } }, 'tls.host is set by the client'],
    [{ bootstrapServers: 'a:b:c' }, 'bootstrapServers must be'],
    [{ bootstrapServer: 'a' }, 'bootstrapServer is not an option of Cluster; did you mean "bootstrapServers"?'],
    [{ clientId: '' }, 'clientId must be a string that is not empty'],
  ])('refuses %o with the name of the option', (options, message) => {
    const make = () => new Cluster(options as never)
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(message)
    expect(make).toThrow(/^(?!.*canary)/)
  })

  it('does no I/O', () => {
    const transport = new ScriptedTransport()
    new Cluster({ transport, bootstrapServers: () => expect.unreachable() })
    expect(transport.dials).toEqual([])
  })
})

describe('resolveClientOptions', () => {
  it('takes defaults from the client, and leaves other names alone', () => {
    const resolved = resolveClientOptions({ requestTimeoutMs: 7, lingerMs: 5 } as never, { clientId: '@k/producer' })
    expect(resolved).toMatchObject({ clientId: '@k/producer', requestTimeoutMs: 7, defaultApiTimeoutMs: 60_000 })
    expect(resolved).not.toHaveProperty('lingerMs')
  })
})

describe('secrets', () => {
  it('are in no option, error, log line, JSON or inspection', async () => {
    const seen: string[] = []
    const clock = new ManualClock()
    const line = (message: string, fields?: object) => seen.push(message, inspect(fields, { depth: 6, showHidden: true }))
    const transport = new ScriptedTransport(
      on(SaslHandshake, () => ({ errorCode: 0, mechanisms: ['PLAIN'] })),
      on(SaslAuthenticate, () => ({ errorCode: 58, errorMessage: null, authBytes: Buffer.alloc(0) })),
    )
    const cluster = new Cluster({
      // What the scripted broker has heard is not the client's.
      transport: { connect: (target, handler) => transport.connect(target, handler) },
      clock,
      sasl: plain({ username: 'bob', password: 'canary-password' }),
      tls: { key: 'canary-key', passphrase: 'canary-passphrase', pfx: Buffer.from('canary-pfx') },
      logger: { debug: line, info: line, warn: line, error: line },
    })
    const failing = [cluster.connect(), cluster.refresh(['x']), cluster.apiVersions(1)].map((promise) => errorOf(promise))
    await clock.advance(1_000)
    const errors = await Promise.all(failing)
    expect(errors.map((error) => AuthenticationError.is(error))).toEqual([true, true, true])
    for (const thing of [cluster, cluster.options, cluster.options.tls, cluster.options.sasl, ...errors]) {
      seen.push(inspect(thing, { depth: 6, showHidden: true }), String(thing), JSON.stringify(thing) ?? '')
    }
    for (const error of errors as Error[]) seen.push(error.message, error.stack ?? '', inspect(error.cause, { depth: 6, showHidden: true }))
    for (const text of seen) {
      expect(text).not.toMatch(/canary/)
      expect(text).not.toContain(Buffer.from('canary').toString('hex').match(/../g)!.join(' '))
    }
    expect(transport.dials[0]!.tls).toMatchObject({ key: 'canary-key' })
  })
})
