import { DecodeError, Heartbeat } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { ClosedError, Connection, ConnectionError, resolveOptions, TimeoutError } from '../src/index.ts'
import { settled } from './support/manual-clock.ts'
import { errorOf, Outcome } from './support/outcome.ts'
import { answering, beat, setUpConnection as setUp, silent } from './support/scripted-connection.ts'
import { on, systemError } from './support/scripted-transport.ts'

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
    expect(hasty.error).toMatchObject({ code: 'TIMED_OUT', sent: false, message: expect.stringMatching(/phase connect/) })
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
    expect(ends).toEqual([undefined])
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
      message: expect.stringMatching(/lost the connection to broker 3 \(b:9092\): the other side closed it/),
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
