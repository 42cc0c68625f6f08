import { ApiVersions, Heartbeat, Metadata, Produce, SaslAuthenticate, SaslHandshake } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { Connection, plain, resolveOptions } from '../src/index.ts'
import { ManualClock, settled } from './support/manual-clock.ts'
import { errorOf, Outcome } from './support/outcome.ts'
import { beat } from './support/scripted-connection.ts'
import { on, ScriptedTransport, speaks } from './support/scripted-transport.ts'
import { beating, picture, setUp, telling } from './support/two-brokers.ts'

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
