import { ApiVersions, DecodeError, decodeRequest, Heartbeat, Metadata, Produce, UnsupportedVersionError } from '@k/protocol'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { ClosedError, type ClusterOptions, Connection, ConnectionError, resolveOptions, TimeoutError } from '../src/index.ts'
import { ManualClock, settled } from './support/manual-clock.ts'
import { errorOf, Outcome } from './support/outcome.ts'
import { on, type Script, ScriptedTransport, speaks, systemError } from './support/scripted-transport.ts'

const beat = { groupId: 'g', generationId: 1, memberId: 'm' }
const silent = on(Heartbeat, () => undefined)
const answering = on(Heartbeat, () => ({ errorCode: 0 }))

function setUp(options: ClusterOptions & { requestTimeoutMs?: number } = {}, ...scripts: Script[]) {
  const clock = new ManualClock()
  const transport = new ScriptedTransport(...scripts)
  const ends: unknown[] = []
  const resolved = resolveOptions({ transport, clock, random: { next: () => 0.5 }, clientId: 'me', ...options })
  const connection = new Connection({ host: 'b', port: 9092, brokerId: 3 }, resolved, { closed: (_, error) => ends.push(error) })
  return { clock, transport, connection, ends }
}

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
      message: expect.stringMatching(/no answer to ApiVersions within 1000 ms/),
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

describe('time', () => {
  it('runs out for a request: the connection closes, and the others fail retriably', async () => {
    const { connection, transport, clock, ends } = setUp({}, silent)
    const late = new Outcome(connection.request(Heartbeat, beat, { timeoutMs: 1_000 }))
    const other = new Outcome(connection.request(Heartbeat, beat))
    await clock.advance(999)
    expect(late.state).toBe('pending')
    await clock.advance(1)
    expect(TimeoutError.is(late.error)).toBe(true)
    expect(late.error).toMatchObject({
      deadline: 'requestTimeoutMs',
      elapsedMs: 1_000,
      sent: true,
      message: expect.stringMatching(/Heartbeat to broker 3 \(b:9092\) timed out/),
    })
    expect(other.error).toMatchObject({ code: 'CONNECTION_CLOSED', retriable: true, sent: true })
    expect(transport.sockets[0]!.isDestroyed).toBe(true)
    expect(ends).toHaveLength(1)
  })

  it('is kept by one timer, however many requests there are', async () => {
    const { connection, clock, transport } = setUp({}, silent)
    for (let i = 0; i < 100; i++) connection.request(Heartbeat, beat, { timeoutMs: 30_000 + i }).catch(() => {})
    const socket = await transport.socket()
    await socket.request(Heartbeat, 99)
    expect(clock.timers).toHaveLength(1)
    await connection.close()
    expect(clock.timers).toHaveLength(0)
  })

  it('is up for the first to be late, whatever the order of the calls', async () => {
    const { connection, clock } = setUp({}, silent)
    const patient = new Outcome(connection.request(Heartbeat, beat, { timeoutMs: 60_000 }))
    const hasty = new Outcome(connection.request(Heartbeat, beat, { timeoutMs: 100 }))
    await clock.advance(100)
    expect(hasty.error).toMatchObject({ code: 'TIMED_OUT', elapsedMs: 100 })
    expect(patient.error).toMatchObject({ code: 'CONNECTION_CLOSED' })
  })

  it('running out before the connection is open fails the request alone, which was certainly not sent', async () => {
    const { connection, transport, clock } = setUp({}, answering)
    let open = () => {}
    transport.onConnect = () =>
      new Promise<void>((resolve) => {
        open = resolve
      })
    const hasty = new Outcome(connection.request(Heartbeat, beat, { timeoutMs: 100 }))
    const patient = new Outcome(connection.request(Heartbeat, beat))
    await clock.advance(100)
    expect(hasty.error).toMatchObject({ code: 'TIMED_OUT', sent: false, message: expect.stringMatching(/still connecting/) })
    open()
    await settled()
    expect(patient.state).toBe('resolved')
    expect(transport.sockets[0]!.requests).toHaveLength(2)
  })

  it('without any use closes the connection, and no error is made of it', async () => {
    const { connection, clock, ends, transport } = setUp({ connectionsMaxIdleMs: 5_000 }, answering)
    await connection.request(Heartbeat, beat)
    await clock.advance(4_000)
    await connection.request(Heartbeat, beat)
    await clock.advance(4_999)
    expect(connection.isOpen).toBe(true)
    await clock.advance(1)
    expect(ends).toEqual([undefined])
    expect(transport.sockets[0]!.isDestroyed).toBe(true)
  })

  it('with an answer due is not idleness', async () => {
    const { connection, clock } = setUp({ connectionsMaxIdleMs: 5_000 }, silent)
    const outcome = new Outcome(connection.request(Heartbeat, beat, { timeoutMs: 60_000 }))
    await clock.advance(50_000)
    expect(outcome.state).toBe('pending')
  })

  it('that only the connection itself waits for does not keep the process alive', async () => {
    const { connection, clock } = setUp({}, answering)
    await connection.request(Heartbeat, beat)
    expect(clock.timers.length).toBeGreaterThan(0)
    expect(clock.timers.every(({ keepAlive }) => !keepAlive)).toBe(true)
  })
})

describe('an abort', () => {
  it('rejects with the reason at once; the answer that comes later is nobody else’s', async () => {
    const { connection, transport } = setUp({}, silent)
    const aborter = new AbortController()
    const aborted = new Outcome(connection.request(Heartbeat, beat, { signal: aborter.signal }))
    const other = new Outcome(connection.request(Heartbeat, beat))
    const socket = await transport.socket()
    await socket.request(Heartbeat, 1)
    const reason = new Error('enough')
    aborter.abort(reason)
    await settled()
    expect(aborted.error).toBe(reason)
    socket.reply(Heartbeat, await socket.request(Heartbeat, 0), { errorCode: 1 })
    socket.reply(Heartbeat, await socket.request(Heartbeat, 1), { errorCode: 2 })
    await settled()
    expect(other.value).toMatchObject({ errorCode: 2 })
    expect(connection.isOpen).toBe(true)
  })

  it('before the connection is open means that nothing is sent', async () => {
    const { connection, transport } = setUp({}, answering)
    const aborter = new AbortController()
    const aborted = new Outcome(connection.request(Heartbeat, beat, { signal: aborter.signal }))
    const other = connection.request(Heartbeat, { ...beat, memberId: 'other' })
    aborter.abort()
    await other
    expect(aborted.error).toBe(aborter.signal.reason)
    expect((await transport.sockets[0]!.request(Heartbeat)).body.memberId).toBe('other')
    expect(transport.sockets[0]!.requests).toHaveLength(2)
  })

  it('before the call rejects without opening anything', async () => {
    const { connection, transport } = setUp({}, answering)
    expect(await errorOf(connection.request(Heartbeat, beat, { signal: AbortSignal.abort('no') }))).toBe('no')
    await settled()
    expect(transport.dials).toEqual([])
  })

  it('leaves no listener behind', async () => {
    const { connection } = setUp({}, answering)
    const aborter = new AbortController()
    let listeners = 0
    const { signal } = aborter
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = ((...args: Parameters<typeof add>) => {
      listeners += 1
      add(...args)
    }) as typeof add
    signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
      listeners -= 1
      remove(...args)
    }) as typeof remove
    await connection.request(Heartbeat, beat, { signal })
    expect(listeners).toBe(0)
  })
})

describe('closing', () => {
  it('rejects everything pending with ClosedError and is idempotent', async () => {
    const { connection, transport, ends } = setUp({}, silent)
    const outcomes = [1, 2].map(() => new Outcome(connection.request(Heartbeat, beat)))
    await (await transport.socket()).request(Heartbeat, 1)
    await Promise.all([connection.close(), connection.close()])
    await connection.close()
    for (const { error } of outcomes) expect(ClosedError.is(error)).toBe(true)
    expect(await errorOf(connection.request(Heartbeat, beat))).toMatchObject({ code: 'CLOSED' })
    expect(await errorOf(connection.open())).toMatchObject({ code: 'CLOSED' })
    expect(ends).toHaveLength(1)
  })

  it('ends an attempt to connect', async () => {
    const { connection, transport } = setUp()
    transport.onConnect = () => new Promise(() => {})
    const outcome = new Outcome(connection.request(Heartbeat, beat))
    await settled()
    await connection.close()
    await settled()
    expect(outcome.error).toMatchObject({ code: 'CLOSED' })
    expect(transport.dials[0]!.signal!.aborted).toBe(true)
  })

  it('ends the wait before one', async () => {
    const { clock, transport } = setUp()
    const connection = new Connection({ host: 'b', port: 1, delayMs: 10_000 }, resolveOptions({ transport, clock }))
    const outcome = new Outcome(connection.open())
    await settled()
    await connection.close()
    await settled()
    expect(outcome.error).toMatchObject({ code: 'CLOSED' })
    expect(clock.timers).toEqual([])
  })

  it('takes a second at most, also with a transport that never confirms', async () => {
    const { connection, transport, clock } = setUp({}, answering)
    await connection.open()
    transport.sockets[0]!.destroy = () => {}
    const outcome = new Outcome(connection.close())
    await clock.advance(999)
    expect(outcome.state).toBe('pending')
    await clock.advance(1)
    expect(outcome.state).toBe('resolved')
  })
})

describe('a lost connection', () => {
  it('fails what was sent and what was not, and says which is which', async () => {
    const { connection, transport, clock } = setUp(
      {},
      on(Heartbeat, ({ memberId }) => (memberId === 'last' ? undefined : { errorCode: 0, throttleTimeMs: 1_000 })),
    )
    const sent = new Outcome(connection.request(Heartbeat, { ...beat, memberId: 'last' }))
    const socket = await transport.socket()
    await socket.request(Heartbeat)
    await clock.advance(1)
    const { connection: muted, transport: second } = setUp(
      {},
      on(Heartbeat, () => ({ errorCode: 0, throttleTimeMs: 1_000 })),
    )
    await muted.request(Heartbeat, beat)
    const unsent = new Outcome(muted.request(Heartbeat, beat))
    socket.close(systemError('ECONNRESET'))
    second.sockets[0]!.close(systemError('ECONNRESET'))
    await settled()
    expect(sent.error).toMatchObject({
      code: 'CONNECTION_CLOSED',
      sent: true,
      phase: 'request',
      message: expect.stringMatching(/lost the connection to broker 3 \(b:9092\): the connection was reset/),
    })
    expect(unsent.error).toMatchObject({ code: 'CONNECTION_CLOSED', sent: false, retriable: true })
    expect(ConnectionError.is(unsent.error)).toBe(true)
  })
})

describe('a quota', () => {
  it('mutes the connection for as long as the broker asks', async () => {
    let throttleTimeMs = 500
    const { connection, transport, clock } = setUp(
      {},
      on(Heartbeat, () => ({ errorCode: 0, throttleTimeMs })),
    )
    await connection.request(Heartbeat, beat)
    throttleTimeMs = 0
    const outcomes = [1, 2].map(() => new Outcome(connection.request(Heartbeat, beat)))
    await clock.advance(499)
    expect(transport.sockets[0]!.requests).toHaveLength(2)
    await clock.advance(1)
    expect(outcomes.map(({ state }) => state)).toEqual(['resolved', 'resolved'])
  })

  it('does not suspend deadlines', async () => {
    const { connection, clock } = setUp(
      {},
      on(Heartbeat, () => ({ errorCode: 0, throttleTimeMs: 2 ** 31 - 1 })),
    )
    await connection.request(Heartbeat, beat)
    const outcome = new Outcome(connection.request(Heartbeat, beat))
    await clock.advance(30_000)
    expect(outcome.error).toMatchObject({ code: 'TIMED_OUT', sent: false, message: expect.stringMatching(/throttles/) })
    expect(connection.isOpen).toBe(true)
  })
})

describe('an answer that cannot be read', () => {
  it('rejects with DecodeError, closes the connection, and the others can be retried', async () => {
    const { connection, transport } = setUp({}, silent)
    const outcomes = [1, 2].map(() => new Outcome(connection.request(Heartbeat, beat)))
    const socket = await transport.socket()
    const { correlationId } = await socket.request(Heartbeat, 0)
    await socket.request(Heartbeat, 1)
    const bytes = Buffer.alloc(8)
    bytes.writeInt32BE(4)
    bytes.writeInt32BE(correlationId, 4)
    socket.feed(bytes)
    await settled()
    expect(DecodeError.is(outcomes[0]!.error)).toBe(true)
    expect(outcomes[1]!.error).toMatchObject({ name: 'ConnectionError', code: 'MALFORMED_MESSAGE', retriable: true })
    expect(socket.isDestroyed).toBe(true)
  })
})
