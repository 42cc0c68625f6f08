import { Heartbeat, SaslAuthenticate, SaslHandshake } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { AuthenticationError, Connection, plain, resolveOptions, type SaslMechanism } from '../src/index.ts'
import { ManualClock, settled } from './support/manual-clock.ts'
import { errorOf, Outcome } from './support/outcome.ts'
import { on, type Script, ScriptedTransport } from './support/scripted-transport.ts'

const beat = { groupId: 'g', generationId: 1, memberId: 'm' }
const empty = Buffer.alloc(0)
const handshake = on(SaslHandshake, () => ({ errorCode: 0, mechanisms: ['PLAIN'] }))
const accept = on(SaslAuthenticate, () => ({ errorCode: 0, errorMessage: null, authBytes: empty }))
const heartbeat = on(Heartbeat, () => ({ errorCode: 0 }))
const bob = plain({ username: 'bob', password: 'canary-7f3a' })

function setUp(sasl: SaslMechanism | undefined, ...scripts: Script[]) {
  const clock = new ManualClock()
  const transport = new ScriptedTransport(...scripts, heartbeat)
  const options = resolveOptions({ transport, clock, sasl, random: { next: () => 0.5 } })
  const connection = new Connection({ host: 'b', port: 9092 }, options)
  return { clock, transport, connection }
}

describe('authentication', () => {
  it('names the mechanism, sends its message, and only then lets requests out', async () => {
    const { connection, transport } = setUp(bob, handshake, accept)
    await connection.request(Heartbeat, beat)
    const socket = transport.sockets[0]!
    expect(socket.requests.map(({ apiKey }) => apiKey)).toEqual([18, 17, 36, 12])
    expect((await socket.request(SaslHandshake)).version).toBe(1)
    expect((await socket.request(SaslHandshake)).body.mechanism).toBe('PLAIN')
    expect((await socket.request(SaslAuthenticate)).body.authBytes.toString()).toBe('\0bob\0canary-7f3a')
  })

  it('goes as many rounds as the mechanism has to say', async () => {
    const heard: string[] = []
    const mechanism: SaslMechanism = {
      name: 'PLAIN',
      start: ({ host, port }) => ({
        initial: Buffer.from(`hello ${host}:${port}`),
        answer(challenge) {
          heard.push(challenge.toString())
          return heard.length < 3 ? Promise.resolve(Buffer.from(`answer ${heard.length}`)) : undefined
        },
      }),
    }
    const { connection } = setUp(
      mechanism,
      handshake,
      on(SaslAuthenticate, ({ authBytes }) => ({ errorCode: 0, errorMessage: null, authBytes: Buffer.from(`re: ${authBytes}`) })),
    )
    await connection.open()
    expect(heard).toEqual(['re: hello b:9092', 're: answer 1', 're: answer 2'])
  })

  it('that is refused is an AuthenticationError, never retriable, with what the broker says', async () => {
    const { connection, transport } = setUp(
      bob,
      handshake,
      on(SaslAuthenticate, () => ({ errorCode: 58, errorMessage: 'Invalid username or password', authBytes: empty })),
    )
    const errors = await Promise.all([errorOf(connection.request(Heartbeat, beat)), errorOf(connection.request(Heartbeat, beat))])
    for (const error of errors) {
      expect(AuthenticationError.is(error, 'SASL_AUTHENTICATION_FAILED')).toBe(true)
      expect(error).toMatchObject({
        retriable: false,
        phase: 'authenticate',
        sent: false,
        message: expect.stringMatching(/b:9092.*refuses.*Invalid username or password/),
      })
    }
    expect(transport.sockets[0]!.isDestroyed).toBe(true)
  })

  it('by a mechanism that the broker lacks says which it offers', async () => {
    const { connection } = setUp(
      bob,
      on(SaslHandshake, () => ({ errorCode: 33, mechanisms: ['SCRAM-SHA-256', 'OAUTHBEARER'] })),
    )
    expect(await errorOf(connection.open())).toMatchObject({
      code: 'UNSUPPORTED_SASL_MECHANISM',
      message: expect.stringMatching(/offers SCRAM-SHA-256, OAUTHBEARER/),
    })
  })

  it('with a listener that wants none says so', async () => {
    const { connection } = setUp(
      bob,
      on(SaslHandshake, () => ({ errorCode: 34, mechanisms: [] })),
    )
    expect(await errorOf(connection.open())).toMatchObject({
      code: 'ILLEGAL_SASL_STATE',
      message: expect.stringMatching(/leave out the option sasl/),
    })
  })

  it('ends when the broker asks without end', async () => {
    const endless: SaslMechanism = { name: 'PLAIN', start: () => ({ initial: empty, answer: () => empty }) }
    const { connection } = setUp(endless, handshake, accept)
    expect(await errorOf(connection.open())).toMatchObject({
      code: 'AUTHENTICATION_FAILED',
      message: expect.stringMatching(/more than 16 times/),
    })
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no ticket')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no ticket'))],
  ])('of which the secret cannot be had, since the function for it %s, may be tried again', async (_, password) => {
    const { connection, transport } = setUp(plain({ username: 'bob', password }), handshake)
    const error = await errorOf(connection.open())
    expect(error).toMatchObject({
      name: 'ConnectionError',
      code: 'AUTHENTICATION_FAILED',
      retriable: true,
      phase: 'authenticate',
      message: expect.stringMatching(/b:9092 by PLAIN: no ticket/),
      cause: { message: 'no ticket' },
    })
    expect(transport.sockets[0]!.isDestroyed).toBe(true)
  })

  it.each([
    ['returns nothing', (() => undefined) as never],
    ['returns an empty string', () => ''],
    [
      'throws an AuthenticationError',
      () => {
        throw new AuthenticationError('AUTHENTICATION_FAILED', 'locked', { broker: 'b' })
      },
    ],
  ])('whose function for a secret %s is not tried again', async (_, password) => {
    const { connection } = setUp(plain({ username: 'bob', password }), handshake)
    expect(await errorOf(connection.open())).toMatchObject({ name: 'AuthenticationError', retriable: false })
  })

  it('whose mechanism does not believe the broker is not tried again', async () => {
    const doubting: SaslMechanism = {
      name: 'PLAIN',
      start: () => ({
        initial: empty,
        answer: () => {
          throw new Error('wrong signature')
        },
      }),
    }
    const { connection } = setUp(doubting, handshake, accept)
    expect(await errorOf(connection.open())).toMatchObject({
      name: 'AuthenticationError',
      message: expect.stringMatching(/wrong signature/),
    })
  })

  it('has a deadline, also when a function for a secret never answers', async () => {
    const { connection, clock } = setUp(plain({ username: 'bob', password: () => new Promise(() => {}) }), handshake)
    const outcome = new Outcome(connection.open())
    await clock.advance(30_000)
    expect(outcome.error).toMatchObject({ code: 'TIMED_OUT', deadline: 'requestTimeoutMs' })
  })

  it('asks functions for secrets at each connection', async () => {
    let asked = 0
    const mechanism = plain({ username: () => 'bob', password: async () => `pw-${++asked}` })
    for (const expected of ['pw-1', 'pw-2']) {
      const { connection, transport } = setUp(mechanism, handshake, accept)
      await connection.open()
      expect((await transport.sockets[0]!.request(SaslAuthenticate)).body.authBytes.toString()).toBe(`\0bob\0${expected}`)
    }
  })
})

describe('a session that ends', () => {
  const lifetime = (sessionLifetimeMs: bigint) =>
    on(SaslAuthenticate, () => ({ errorCode: 0, errorMessage: null, authBytes: empty, sessionLifetimeMs }))

  it('is renewed on the same connection before its end, while requests wait in order', async () => {
    const { connection, transport, clock } = setUp(bob, handshake, lifetime(10_000n))
    await connection.request(Heartbeat, beat)
    await clock.advance(8_999)
    await connection.request(Heartbeat, beat)
    await clock.advance(1)
    await Promise.all([1, 2].map(() => connection.request(Heartbeat, beat)))
    expect(transport.sockets).toHaveLength(1)
    expect(transport.sockets[0]!.requests.map(({ apiKey }) => apiKey)).toEqual([18, 17, 36, 12, 12, 17, 36, 12, 12])
  })

  it('and cannot be renewed closes the connection', async () => {
    let refuse = false
    const { connection, clock } = setUp(
      bob,
      handshake,
      on(SaslAuthenticate, () => ({ errorCode: refuse ? 58 : 0, errorMessage: null, authBytes: empty, sessionLifetimeMs: 1_000n })),
    )
    await connection.request(Heartbeat, beat)
    refuse = true
    await clock.advance(1_000)
    expect(AuthenticationError.is(await errorOf(connection.request(Heartbeat, beat)))).toBe(true)
    expect(connection.isEnded).toBe(true)
  })

  it('and whose new secret cannot be had closes the connection, for another attempt', async () => {
    let asked = 0
    const password = () => {
      if (++asked > 1) throw new Error('vault is down')
      return 'canary-7f3a'
    }
    const { connection, clock } = setUp(plain({ username: 'bob', password }), handshake, lifetime(1_000n))
    await connection.request(Heartbeat, beat)
    await clock.advance(1_000)
    expect(await errorOf(connection.request(Heartbeat, beat))).toMatchObject({
      retriable: true,
      message: expect.stringMatching(/vault is down/),
    })
    expect(connection.isEnded).toBe(true)
  })

  it.each([0n, -1n, -(2n ** 63n)])('with a lifetime of %s never ends', async (sessionLifetimeMs) => {
    const { connection, transport, clock } = setUp(bob, handshake, lifetime(sessionLifetimeMs))
    await connection.request(Heartbeat, beat)
    await clock.advance(400_000)
    await connection.request(Heartbeat, beat)
    expect(transport.sockets[0]!.requests.filter(({ apiKey }) => apiKey === SaslHandshake.key)).toHaveLength(1)
  })

  it('after a millisecond is no storm: nothing is renewed unless something is to be sent', async () => {
    const { connection, transport, clock } = setUp(bob, handshake, lifetime(1n))
    await connection.open()
    await clock.advance(60_000)
    await settled()
    expect(transport.sockets[0]!.requests).toHaveLength(3)
  })
})
