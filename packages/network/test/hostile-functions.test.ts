import { KafkaError, SaslAuthenticate, SaslHandshake } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { ClosedError, Cluster, standardErrorLogger } from '../src/index.ts'
import { settled } from './support/manual-clock.ts'
import { errorOf, Outcome } from './support/outcome.ts'
import { on, ScriptedTransport } from './support/scripted-transport.ts'
import { setUp, tellingOfAll } from './support/two-brokers.ts'

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
    ['returns where to connect', () => ({ host: 'secret' }), /tls.host is set by the client/],
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
      const transport = new ScriptedTransport(tellingOfAll)
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
      const transport = new ScriptedTransport(tellingOfAll)
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

  it('that is a transport whose connections cannot be destroyed fails in a sentence', async () => {
    const { cluster, clock } = setUp({ transport: { connect: async () => ({ write: () => true }) } as never })
    const outcome = new Outcome(cluster.connect())
    await clock.advance(60_000)
    expect(outcome.error).toMatchObject({ name: 'ConnectionError', message: expect.stringMatching(/the transport gave no connection/) })
  })
})

describe('a mechanism of the user', () => {
  const scripts = [
    on(SaslHandshake, () => ({ errorCode: 0, mechanisms: [] })),
    on(SaslAuthenticate, () => ({ errorCode: 0, errorMessage: null, authBytes: Buffer.alloc(0) })),
    tellingOfAll,
  ]

  it.each([
    ['starts with nothing', { start: () => undefined }],
    ['starts without a first message', { start: () => ({ answer: () => undefined }) }],
    ['starts with text', { start: () => ({ initial: 'text', answer: () => undefined }) }],
    ['answers with text', { start: () => ({ initial: Buffer.alloc(1), answer: () => 'text' }) }],
    ['cannot answer', { start: () => ({ initial: Buffer.alloc(1) }) }],
  ])('that %s fails as AuthenticationError that names it', async (_, mechanism) => {
    const { cluster } = setUp({ sasl: { name: 'MINE', ...mechanism } as never }, ...scripts)
    const error = await errorOf(cluster.connect())
    expect(error).toMatchObject({ name: 'AuthenticationError', message: expect.stringMatching(/MINE/) })
    expect((error as Error).message).not.toMatch(/undefined \(reading/)
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
