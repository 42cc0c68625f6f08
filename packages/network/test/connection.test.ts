import { ApiVersions, decodeRequest, Heartbeat, Metadata, Produce, UnsupportedVersionError } from '@k/protocol'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { Connection, resolveOptions } from '../src/index.ts'
import { settled } from './support/manual-clock.ts'
import { errorOf, Outcome } from './support/outcome.ts'
import { answering, beat, setUpConnection as setUp, silent } from './support/scripted-connection.ts'
import { on, speaks, systemError } from './support/scripted-transport.ts'

describe('opening', () => {
  it('does nothing before the first request', async () => {
    const { transport } = setUp({}, answering)
    await settled()
    expect(transport.dials).toEqual([])
  })

  it('asks what the broker speaks, naming client and software, then sends what waits in order', async () => {
    const { connection, transport } = setUp({}, answering)
    const answers = await Promise.all([1, 2, 3].map((generationId) => connection.request(Heartbeat, { ...beat, generationId })))
    expect(answers).toEqual([1, 2, 3].map(() => ({ throttleTimeMs: 0, errorCode: 0 })))
    const socket = transport.sockets[0]!
    expect(transport.dials).toHaveLength(1)
    expect(socket.requests.map(({ apiKey, correlationId }) => [apiKey, correlationId])).toEqual([
      [18, 0],
      [12, 1],
      [12, 2],
      [12, 3],
    ])
    const first = decodeRequest(ApiVersions, socket.requests[0]!.version, socket.requests[0]!.bytes)
    expect(first.clientId).toBe('me')
    expect(first.body).toMatchObject({ clientSoftwareName: 'k-network', clientSoftwareVersion: expect.stringMatching(/^\d/) })
    expect(socket.requests.slice(1).map(({ version, bytes }) => decodeRequest(Heartbeat, version, bytes).body.generationId)).toEqual([
      1, 2, 3,
    ])
    expect(connection.isOpen).toBe(true)
  })

  it('waits for its delay', async () => {
    const { clock, transport } = setUp()
    const resolved = resolveOptions({ transport, clock })
    new Connection({ host: 'b', port: 9092, delayMs: 100 }, resolved).open().catch(() => {})
    await clock.advance(99)
    expect(transport.dials).toHaveLength(0)
    await clock.advance(1)
    expect(transport.dials).toHaveLength(1)
  })

  it('goes where resolveBroker says, with the TLS options of this connection', async () => {
    let asked = 0
    const resolveBroker = (host: string, port: number, nodeId: number | undefined) => ({ host: `${host}-${nodeId}.local`, port: port + 1 })
    const { connection, transport } = setUp({ resolveBroker, tls: async () => ({ servername: `n${++asked}` }) }, answering)
    await connection.open()
    expect(transport.dials[0]).toMatchObject({ host: 'b-3.local', port: 9093, tls: { servername: 'n1' } })
  })

  it.each([
    ['ECONNREFUSED', /cannot connect to broker 3 \(b:9092\): nothing listens there/],
    ['ENOTFOUND', /host name is not known/],
    ['EWHATEVER', /connect EWHATEVER/],
  ])('fails with a sentence for %s, and so does everything that waits', async (code, message) => {
    const { connection, transport, ends } = setUp()
    transport.onConnect = () => {
      throw systemError(code)
    }
    const errors = await Promise.all([
      errorOf(connection.request(Heartbeat, beat)),
      errorOf(connection.request(Heartbeat, beat)),
      errorOf(connection.open()),
    ])
    for (const error of errors) {
      expect(error).toMatchObject({
        name: 'ConnectionError',
        code: 'CONNECTION_FAILED',
        message: expect.stringMatching(message),
        phase: 'connect',
        sent: false,
        retriable: true,
      })
    }
    expect((errors[0] as Error).cause).toMatchObject({ code })
    expect(ends).toEqual([errors[0]])
    expect(await errorOf(connection.request(Heartbeat, beat))).toBe(errors[0])
  })

  it.each([
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'CERT_HAS_EXPIRED',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'INVALID_PURPOSE',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_OSSL_PEM_NO_START_LINE',
    'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
    'ERR_SSL_UNSUPPORTED_PROTOCOL',
    'ERR_SSL_EE_KEY_TOO_SMALL',
  ])('is not tried again where TLS fails for %s', async (code) => {
    const { connection, transport } = setUp({ tls: true })
    transport.onConnect = () => {
      throw Object.assign(new Error('error:0A000086:SSL routines::x'), { code, reason: 'in OpenSSL’s words' })
    }
    expect(await errorOf(connection.open())).toMatchObject({
      name: 'AuthenticationError',
      retriable: false,
      message: `TLS with broker 3 (b:9092) failed: in OpenSSL’s words (${code})`,
    })
  })

  it.each(['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', 'ERR_SSL_UNEXPECTED_EOF_WHILE_READING', 'EAI_AGAIN', 'EPIPE'])(
    'may be tried again where TLS fails for %s',
    async (code) => {
      const { connection, transport } = setUp({ tls: true })
      transport.onConnect = () => {
        throw systemError(code)
      }
      expect(await errorOf(connection.open())).toMatchObject({ name: 'ConnectionError', code: 'CONNECTION_FAILED', retriable: true })
    },
  )

  it('gives up after socketConnectionSetupTimeoutMs, and destroys a socket that opens later', async () => {
    const { connection, transport, clock } = setUp({ socketConnectionSetupTimeoutMs: 500 })
    let open = () => {}
    transport.onConnect = () =>
      new Promise<void>((resolve) => {
        open = resolve
      })
    const outcome = new Outcome(connection.open())
    await clock.advance(499)
    expect(outcome.state).toBe('pending')
    await clock.advance(1)
    expect(outcome.error).toMatchObject({ code: 'TIMED_OUT', deadline: 'socketConnectionSetupTimeoutMs', elapsedMs: 500, retriable: true })
    expect(transport.dials[0]!.signal!.aborted).toBe(true)
    open()
    await settled()
    expect(transport.sockets[0]!.isDestroyed).toBe(true)
  })

  it('times out while the broker does not say what it speaks', async () => {
    const { connection, clock } = setUp(
      { requestTimeoutMs: 1_000 },
      on(ApiVersions, () => undefined),
    )
    const outcome = new Outcome(connection.request(Heartbeat, beat, { timeoutMs: 5_000 }))
    await clock.advance(1_000)
    expect(outcome.error).toMatchObject({
      code: 'CONNECTION_CLOSED',
      phase: 'versions',
      sent: false,
      message: expect.stringMatching(/lost the connection .*: ApiVersions to .* timed out after 1000 ms/),
    })
  })

  it('says what an end without a word may mean', async () => {
    const { connection } = setUp(
      {},
      on(ApiVersions, (_, __, socket) => void socket.close()),
    )
    expect(await errorOf(connection.open())).toMatchObject({ message: expect.stringMatching(/does this listener want TLS/) })
    const second = setUp(
      {},
      on(Heartbeat, (_, __, socket) => void socket.close()),
    )
    expect(await errorOf(second.connection.request(Heartbeat, beat))).toMatchObject({
      message: expect.stringMatching(/does this listener want SASL/),
    })
  })
})

describe('requests', () => {
  it('of one tick leave in one write, those that promises cause included', async () => {
    const { connection, transport } = setUp({}, answering)
    await connection.open()
    const before = transport.sockets[0]!.writes.length
    connection.request(Heartbeat, beat)
    Promise.resolve().then(() => connection.request(Heartbeat, beat))
    await connection.request(Heartbeat, beat)
    expect(transport.sockets[0]!.writes.length - before).toBe(1)
    expect(transport.sockets[0]!.requests).toHaveLength(4)
  })

  it('go out without waiting for answers, which come back in order', async () => {
    const { connection, transport } = setUp({}, silent)
    const outcomes = [1, 2, 3].map(() => new Outcome(connection.request(Heartbeat, beat)))
    const socket = await transport.socket()
    await socket.request(Heartbeat, 2)
    expect(connection.pending).toBe(3)
    socket.reply(Heartbeat, await socket.request(Heartbeat, 0), { errorCode: 27 })
    await settled()
    expect(outcomes.map(({ state }) => state)).toEqual(['resolved', 'pending', 'pending'])
    expect(outcomes[0]!.value).toEqual({ throttleTimeMs: 0, errorCode: 27 })
  })

  it('use the highest common version, within the bounds of the call', async () => {
    const { connection, transport } = setUp(
      {},
      on(ApiVersions, () => ({ errorCode: 0, apiKeys: speaks(ApiVersions, [Heartbeat, 1, 3]) })),
      answering,
    )
    await connection.request(Heartbeat, beat)
    await connection.request(Heartbeat, beat, { maxVersion: 2 })
    const socket = transport.sockets[0]!
    expect(socket.requests.slice(1).map(({ version }) => version)).toEqual([3, 2])
    const error = await errorOf(connection.request(Heartbeat, beat, { minVersion: 4 }))
    expect(UnsupportedVersionError.is(error)).toBe(true)
    expect(error).toMatchObject({
      api: 'Heartbeat',
      message: 'broker 3 (b:9092) speaks Heartbeat 1 to 3; this client needs a version from 4 to 4',
    })
    expect(await errorOf(connection.request(Metadata, { topics: [] }))).toMatchObject({
      message: expect.stringMatching(/does not have Metadata/),
    })
    expect(await connection.request(Heartbeat, beat)).toMatchObject({ errorCode: 0 })
  })

  it('can make their body for the version that is spoken', async () => {
    const { connection, transport } = setUp({}, answering)
    const seen: number[] = []
    await connection.request(Heartbeat, (version) => {
      seen.push(version)
      return { ...beat, memberId: `v${version}` }
    })
    expect(seen).toEqual([4])
    expect((await transport.sockets[0]!.request(Heartbeat)).body.memberId).toBe('v4')
  })

  it('that cannot be encoded fail alone', async () => {
    const { connection } = setUp({}, answering)
    const bad = errorOf(connection.request(Heartbeat, { ...beat, generationId: 1e10 }))
    const throwing = errorOf(
      connection.request(Heartbeat, () => {
        throw new RangeError('mine')
      }),
    )
    expect(await connection.request(Heartbeat, beat)).toMatchObject({ errorCode: 0 })
    expect(await bad).toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(await throwing).toBeInstanceOf(RangeError)
  })

  it('have types of their own', () => {
    const { connection } = setUp()
    const answer = connection.request(Heartbeat, beat)
    answer.catch(() => {})
    expectTypeOf(answer).resolves.toHaveProperty('errorCode').toEqualTypeOf<number>()
    // @ts-expect-error memberId is missing
    connection.request(Heartbeat, { groupId: 'g', generationId: 1 }).catch(() => {})
  })

  it('carry their own client id where one is given', async () => {
    const { connection, transport } = setUp({}, answering)
    await connection.request(Heartbeat, beat, { clientId: 'other' })
    const { version, bytes } = await transport.sockets[0]!.request(Heartbeat)
    expect(decodeRequest(Heartbeat, version, bytes).clientId).toBe('other')
  })
})

describe('requests without an answer', () => {
  const body = { acks: 0, timeoutMs: 1_000, topicData: [] }
  const produce = on(Produce, () => undefined)

  it('are done once their bytes have left, and leave nothing in flight', async () => {
    const { connection, transport } = setUp({}, produce, answering)
    expect(await connection.request(Produce, body, { noResponse: true })).toBeUndefined()
    expect(connection.pending).toBe(0)
    expect(await connection.request(Heartbeat, beat)).toMatchObject({ errorCode: 0 })
    expect(transport.sockets[0]!.requests.map(({ apiKey }) => apiKey)).toEqual([18, 0, 12])
  })

  it('wait until the socket has taken everything', async () => {
    const { connection, transport } = setUp({}, produce, answering)
    await connection.open()
    const socket = transport.sockets[0]!
    socket.takesAll = false
    const first = new Outcome(connection.request(Produce, body, { noResponse: true }))
    await settled()
    socket.takesAll = true
    const second = new Outcome(connection.request(Produce, body, { noResponse: true }))
    await settled()
    expect([first.state, second.state, connection.pending]).toEqual(['pending', 'pending', 2])
    socket.drain()
    await settled()
    expect([first.state, second.state, connection.pending]).toEqual(['resolved', 'resolved', 0])
  })

  it('time out on a socket that takes nothing', async () => {
    const { connection, transport, clock } = setUp({}, produce)
    await connection.open()
    transport.sockets[0]!.takesAll = false
    const outcome = new Outcome(connection.request(Produce, body, { noResponse: true, timeoutMs: 700 }))
    await clock.advance(700)
    expect(outcome.error).toMatchObject({ code: 'TIMED_OUT', sent: true })
    expect(connection.isEnded).toBe(true)
  })
})
