import { ApiVersions, encodeResponse, Heartbeat } from '@k/protocol'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Connection, resolveOptions } from '../src/index.ts'
import { ManualClock, settled } from './support/manual-clock.ts'
import { Outcome } from './support/outcome.ts'
import { on, type ScriptedSocket, ScriptedTransport, speaks, systemError } from './support/scripted-transport.ts'

const beat = { groupId: 'g', generationId: 1, memberId: 'm' }
const unhandled: unknown[] = []
const note = (reason: unknown) => unhandled.push(reason)

beforeAll(() => {
  process.on('unhandledRejection', note)
})
afterEach(async () => {
  await settled()
  expect(unhandled).toEqual([])
})
afterAll(() => {
  process.off('unhandledRejection', note)
})

function int32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) bytes.writeInt32BE(value, index * 4)
  return bytes
}

/** A connection with three requests under way, as soon as the broker speaks. */
async function underWay() {
  const clock = new ManualClock()
  const transport = new ScriptedTransport(on(Heartbeat, () => undefined))
  const connection = new Connection({ host: 'b', port: 9092 }, resolveOptions({ transport, clock }))
  const outcomes = [1, 2, 3].map(() => new Outcome(connection.request(Heartbeat, beat)))
  const socket = await transport.socket()
  await socket.request(Heartbeat, 2)
  return { clock, connection, outcomes, socket }
}

function answerTo(correlationId: number, errorCode = 0): Buffer {
  return Buffer.concat(encodeResponse(Heartbeat, { errorCode }, { version: 4, correlationId }))
}

describe('bytes that are no answer', () => {
  const hostile: [string, Buffer, string][] = [
    ['a frame of size -1', int32(-1), 'INVALID_FRAME'],
    ['a frame of size 0', int32(0), 'INVALID_FRAME'],
    ['a frame of size 2', int32(2), 'INVALID_FRAME'],
    ['a frame of size 3', int32(3), 'INVALID_FRAME'],
    ['a frame of size -2^31', int32(-(2 ** 31)), 'INVALID_FRAME'],
    ['a frame of size 2^31 - 1', int32(2 ** 31 - 1), 'INVALID_FRAME'],
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'NOT_A_BROKER'],
    ['a TLS alert', Buffer.from([0x15, 3, 3, 0, 2, 2, 70]), 'NOT_A_BROKER'],
    ['an SSH banner', Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n'), 'NOT_A_BROKER'],
    ['a correlation id never sent', answerTo(999), 'INVALID_FRAME'],
    ['a negative correlation id', answerTo(-1), 'INVALID_FRAME'],
    ['the answer to the second request first', answerTo(2), 'INVALID_FRAME'],
    ['a correlation id that was answered before', answerTo(0), 'INVALID_FRAME'],
    ['zeros without end', Buffer.alloc(100_000), 'INVALID_FRAME'],
  ]

  it.each(hostile)('%s closes the connection at once, and all in flight can be retried', async (_, bytes, code) => {
    const { outcomes, socket, connection } = await underWay()
    socket.feed(bytes)
    await settled()
    expect(socket.isDestroyed).toBe(true)
    expect(connection.isEnded).toBe(true)
    for (const { error } of outcomes) expect(error).toMatchObject({ name: 'ConnectionError', code, retriable: true, sent: true })
  })

  it.each(hostile)('%s, a byte at a time, does the same', async (_, bytes, code) => {
    const { outcomes, socket } = await underWay()
    socket.feed(bytes, 1)
    await settled()
    for (const { error } of outcomes) expect(error).toMatchObject({ code })
  })

  it.each(hostile)('%s as the first thing that the other side says fails the opening', async (_, bytes, code) => {
    const transport = new ScriptedTransport(on(ApiVersions, () => undefined))
    transport.onOpen = (socket) => socket.feed(bytes)
    const connection = new Connection({ host: 'b', port: 9092 }, resolveOptions({ transport, clock: new ManualClock() }))
    const outcome = new Outcome(connection.request(Heartbeat, beat))
    await settled()
    expect(outcome.error).toMatchObject({ name: 'ConnectionError', code: code === 'NOT_A_BROKER' ? code : 'INVALID_FRAME', sent: false })
    expect(transport.sockets[0]!.isDestroyed).toBe(true)
  })
})

describe('answers', () => {
  it('twice close the connection; the first counts', async () => {
    const { outcomes, socket } = await underWay()
    const [first] = socket.requests.filter(({ apiKey }) => apiKey === Heartbeat.key)
    const answer = answerTo(first!.correlationId, 5)
    socket.feed(Buffer.concat([answer, answer]))
    await settled()
    expect(outcomes[0]!.value).toMatchObject({ errorCode: 5 })
    expect(outcomes.slice(1).map(({ error }) => error)).toEqual([1, 2].map(() => expect.objectContaining({ code: 'INVALID_FRAME' })))
  })

  it('with nothing asked close the connection', async () => {
    const clock = new ManualClock()
    const transport = new ScriptedTransport(on(Heartbeat, () => ({ errorCode: 0 })))
    const connection = new Connection({ host: 'b', port: 9092 }, resolveOptions({ transport, clock }))
    await connection.request(Heartbeat, beat)
    transport.sockets[0]!.feed(answerTo(7))
    expect(connection.isEnded).toBe(true)
  })

  it('a byte at a time are answers all the same', async () => {
    const { outcomes, socket } = await underWay()
    const requests = socket.requests.filter(({ apiKey }) => apiKey === Heartbeat.key)
    socket.feed(Buffer.concat(requests.map(({ correlationId }, index) => answerTo(correlationId, index))), 1)
    await settled()
    expect(outcomes.map(({ value }) => value)).toEqual([0, 1, 2].map((errorCode) => ({ throttleTimeMs: 0, errorCode })))
  })

  it.each([
    ['half a frame, then a reset', systemError('ECONNRESET')],
    ['half a frame, then a plain end', undefined],
  ])('%s fails everything in flight retriably, and nothing half is delivered', async (_, error) => {
    const { outcomes, socket } = await underWay()
    socket.feed(answerTo(1).subarray(0, 6))
    socket.close(error)
    await settled()
    for (const outcome of outcomes) expect(outcome.error).toMatchObject({ code: 'CONNECTION_CLOSED', retriable: true })
  })

  it('after the end are not looked at', async () => {
    const { connection, outcomes, socket } = await underWay()
    await connection.close()
    socket.isDestroyed = false
    socket.feed(answerTo(1))
    await settled()
    expect(outcomes.map(({ state }) => state)).toEqual(['rejected', 'rejected', 'rejected'])
  })

  it('with bytes left over are refused', async () => {
    const { outcomes, socket } = await underWay()
    const answer = Buffer.concat([answerTo(1), Buffer.from([0])])
    answer.writeInt32BE(answer.length - 4)
    socket.feed(answer)
    await settled()
    expect(outcomes[0]!.error).toMatchObject({ name: 'DecodeError', message: expect.stringMatching(/left over/) })
    expect(outcomes[1]!.error).toMatchObject({ code: 'MALFORMED_MESSAGE', retriable: true })
  })

  it('that never come end in the deadline', async () => {
    const { clock, outcomes } = await underWay()
    await clock.advance(30_000)
    expect(outcomes.map(({ error }) => (error as { code: string }).code)).toEqual(['TIMED_OUT', 'CONNECTION_CLOSED', 'CONNECTION_CLOSED'])
  })
})

describe('negotiation', () => {
  const connect = (...answers: ((socket: ScriptedSocket) => object | undefined)[]) => {
    let asked = 0
    const versions: number[] = []
    const transport = new ScriptedTransport(
      on(ApiVersions, (_, { version }, socket) => {
        versions.push(version)
        return answers[Math.min(asked++, answers.length - 1)]!(socket) as never
      }),
    )
    const clock = new ManualClock()
    const connection = new Connection({ host: 'b', port: 9092 }, resolveOptions({ transport, clock }))
    return { versions, connection, outcome: new Outcome(connection.open()), clock }
  }
  // The answer of a broker that does not know the version is in the layout of version 0.
  const refusal = (maxVersion?: number) => (socket: ScriptedSocket) => {
    const apiKeys = maxVersion === undefined ? [] : [{ apiKey: 18, minVersion: 0, maxVersion }]
    const { correlationId } = socket.requests.at(-1)!
    socket.feed(Buffer.concat(encodeResponse(ApiVersions, { errorCode: 35, apiKeys }, { version: 0, correlationId })))
    return undefined
  }
  const table = () => ({ errorCode: 0, apiKeys: speaks(Heartbeat) })

  it.each([
    ['the version that a refusing broker offers', 3, [5, 3]],
    ['version 0 where it offers none', undefined, [5, 0]],
    ['a lower version where it offers the refused one', 5, [5, 4]],
    ['a lower version where it offers a higher one', 99, [5, 4]],
    ['version 0 where it offers nonsense', -7, [5, 0]],
  ])('goes on with %s', async (_, offered, expected) => {
    const { versions, outcome, connection } = connect(refusal(offered), table)
    await settled()
    expect(versions).toEqual(expected)
    expect(outcome.state).toBe('resolved')
    expect(connection.versions!.versionOf(Heartbeat)).toBe(4)
  })

  it('never asks a third time', async () => {
    const { versions, outcome } = connect(refusal(3))
    await settled()
    expect(versions).toEqual([5, 3])
    expect(outcome.error).toMatchObject({ name: 'BrokerError', code: 'UNSUPPORTED_VERSION', message: expect.stringMatching(/ApiVersions/) })
  })

  it('fails with the error of a broker that refuses for another reason', async () => {
    const { outcome } = connect(() => ({ errorCode: 42, apiKeys: [] }))
    await settled()
    expect(outcome.error).toMatchObject({ name: 'BrokerError', code: 'INVALID_REQUEST' })
  })

  it('fails with DecodeError for an answer that cannot be read', async () => {
    const { outcome } = connect((socket) => {
      socket.feed(Buffer.concat([int32(4), int32(0)]))
      return undefined
    })
    await settled()
    expect(outcome.error).toMatchObject({ name: 'ConnectionError', code: 'MALFORMED_MESSAGE', phase: 'versions' })
    expect((outcome.error as Error).cause).toMatchObject({ name: 'DecodeError' })
  })

  it('survives ranges without overlap, and APIs listed twice or unknown', async () => {
    const { outcome, connection } = connect(() => ({
      errorCode: 0,
      apiKeys: [
        { apiKey: 12, minVersion: 90, maxVersion: 99 },
        { apiKey: 3000, minVersion: 0, maxVersion: 1 },
        { apiKey: 3000, minVersion: 5, maxVersion: 1 },
        { apiKey: 10, minVersion: 6, maxVersion: 2 },
      ],
    }))
    await settled()
    expect(outcome.state).toBe('resolved')
    expect(connection.versions!.versionOf(Heartbeat)).toBeUndefined()
  })
})
