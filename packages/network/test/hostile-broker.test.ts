import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { ApiVersions, encodeResponse, KafkaError, Metadata, peekRequest, type RequestStart, type ResponseInputOf } from '@k/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { Cluster, type ClusterOptions, retry } from '../src/index.ts'
import { cert, key } from './support/certificate.ts'
import { errorOf } from './support/outcome.ts'
import { speaks } from './support/scripted-transport.ts'

/** What a hostile broker does with one request. */
type Answer = (socket: Socket, request: RequestStart) => void

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

/** A broker on a real port that does with its n-th request of a connection what the n-th answer says, and goes on with the last. */
async function hostile(...answers: Answer[]) {
  const sockets = new Set<Socket>()
  const dials: number[] = []
  const server: Server = createServer((socket) => {
    dials.push(performance.now())
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    let rest = Buffer.alloc(0)
    let seen = 0
    socket.on('data', (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes])
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const frame = rest.subarray(4, 4 + rest.readInt32BE(0))
        rest = rest.subarray(4 + frame.length)
        answers[Math.min(seen++, answers.length - 1)]!(socket, peekRequest(frame))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  open.push(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const cluster = (options: ClusterOptions & { requestTimeoutMs?: number } = {}) => {
    const made = new Cluster({ bootstrapServers: `127.0.0.1:${port}`, requestTimeoutMs: 500, ...options })
    open.unshift(() => made.close())
    return made
  }
  return { port, sockets, dials, cluster }
}

function int32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) bytes.writeInt32BE(value, index * 4)
  return bytes
}

/** A frame of its true size around correlation id and body. */
function frame(correlationId: number, ...body: Uint8Array[]): Buffer {
  const bytes = Buffer.concat(body)
  return Buffer.concat([int32(bytes.length + 4, correlationId), bytes])
}

const speak: Answer = (socket, { version, correlationId }) => {
  const table = { errorCode: 0, apiKeys: speaks(ApiVersions, Metadata) }
  socket.write(Buffer.concat(encodeResponse(ApiVersions, table, { version, correlationId })))
}

function tell(body: ResponseInputOf<typeof Metadata>): Answer {
  return (socket, { version, correlationId }) => {
    socket.write(Buffer.concat(encodeResponse(Metadata, body, { version, correlationId })))
  }
}

/** Bytes that look like chance, the same each time. */
function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length)
  let state = seed
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    bytes[i] = state >>> 16
  }
  return bytes
}

const says =
  (...chunks: Uint8Array[]): Answer =>
  (socket) => {
    for (const chunk of chunks) socket.write(chunk)
  }

function flood(socket: Socket, bytes: number): void {
  const chunk = Buffer.alloc(1 << 20)
  let left = bytes
  const more = () => {
    while (left > 0 && !socket.destroyed) {
      left -= chunk.length
      if (!socket.write(chunk)) return
    }
  }
  socket.on('drain', more)
  more()
}

function drip(socket: Socket, bytes: Buffer, everyMs: number): void {
  let at = 0
  const timer = setInterval(() => {
    if (socket.destroyed || at === bytes.length) clearInterval(timer)
    else socket.write(bytes.subarray(at, ++at))
  }, everyMs)
}

const CLOSED = /closed it/
const LATE = /timed out after \d+ ms/

const cases: [string, Answer, { code: string; message: RegExp; late?: boolean }][] = [
  ['a frame of size -1', says(int32(-1)), { code: 'INVALID_FRAME', message: /frame of -1 bytes/ }],
  ['a frame of size 0', says(int32(0)), { code: 'INVALID_FRAME', message: /frame of 0 bytes/ }],
  ['a frame of size 2', says(int32(2), Buffer.alloc(2)), { code: 'INVALID_FRAME', message: /frame of 2 bytes/ }],
  ['a frame of size 3', says(int32(3), Buffer.alloc(3)), { code: 'INVALID_FRAME', message: /frame of 3 bytes/ }],
  ['a frame of size -2^31', says(int32(-(2 ** 31))), { code: 'INVALID_FRAME', message: /frame of -2147483648 bytes/ }],
  ['a frame of size 2^31 - 1', says(int32(2 ** 31 - 1)), { code: 'INVALID_FRAME', message: /frame of 2147483647 bytes.*maxResponseBytes/ }],
  [
    'a frame of 2 GB, and 200 MB of it',
    (socket) => {
      socket.write(int32(2e9))
      flood(socket, 200e6)
    },
    { code: 'INVALID_FRAME', message: /frame of 2000000000 bytes/ },
  ],
  ['HTTP', says(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')), { code: 'NOT_A_BROKER', message: /speaks HTTP/ }],
  ['a TLS alert', says(Buffer.from([0x15, 3, 3, 0, 2, 2, 70])), { code: 'NOT_A_BROKER', message: /speaks TLS: set the option tls/ }],
  ['an SSH banner', says(Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n')), { code: 'NOT_A_BROKER', message: /speaks SSH/ }],
  ['a wrong correlation id', says(frame(12345, Buffer.alloc(10))), { code: 'INVALID_FRAME', message: /correlation id 12345 is not due/ }],
  [
    'its answer twice',
    (socket, request) => {
      const answer = request.apiKey === Metadata.key ? tell({ brokers: [], clusterId: null, controllerId: -1, topics: [] }) : speak
      answer(socket, request)
      answer(socket, request)
    },
    { code: 'INVALID_FRAME', message: /correlation id \d is not due|names no broker/ },
  ],
  [
    'an empty body',
    (socket, { correlationId }) => socket.write(frame(correlationId)),
    { code: 'MALFORMED_MESSAGE', message: /needs \d bytes, has 0/ },
  ],
  [
    'a body of one byte',
    (socket, { correlationId }) => socket.write(frame(correlationId, Buffer.from([0]))),
    { code: 'MALFORMED_MESSAGE', message: /needs \d bytes, has [01]/ },
  ],
  [
    'a count of 2^31 - 1 where nothing follows',
    (socket, { correlationId }) => socket.write(frame(correlationId, Buffer.from([0, 0, 0xff, 0xff, 0xff, 0xff, 7]), Buffer.alloc(4))),
    { code: 'MALFORMED_MESSAGE', message: /array of \d+ in \d+ bytes|needs|left over/ },
  ],
  [
    'a varint that never ends',
    (socket, { correlationId }) => socket.write(frame(correlationId, Buffer.from([0, 0]), Buffer.alloc(100, 0x80))),
    { code: 'MALFORMED_MESSAGE', message: /varint is longer|array of|string of|length/ },
  ],
  ['zeros', says(Buffer.alloc(100)), { code: 'INVALID_FRAME', message: /frame of 0 bytes/ }],
  ['random bytes', says(noise(10_000, 7)), { code: 'INVALID_FRAME', message: /a frame of -?\d+ bytes/ }],
  [
    'half a frame, and an end',
    (socket, { correlationId }) => socket.end(frame(correlationId, Buffer.alloc(50)).subarray(0, 20)),
    { code: 'CONNECTION_CLOSED', message: CLOSED },
  ],
  [
    'half a frame, and nothing more',
    (socket, { correlationId }) => socket.write(frame(correlationId, Buffer.alloc(50)).subarray(0, 20)),
    { code: 'CONNECTION_CLOSED', message: LATE, late: true },
  ],
  ['a reset', (socket) => socket.resetAndDestroy(), { code: 'CONNECTION_CLOSED', message: CLOSED }],
  ['an end', (socket) => socket.end(), { code: 'CONNECTION_CLOSED', message: CLOSED }],
  ['silence', () => {}, { code: 'CONNECTION_CLOSED', message: LATE, late: true }],
  [
    'a byte every now and then',
    (socket, { correlationId }) => drip(socket, frame(correlationId, Buffer.alloc(50)), 100),
    { code: 'CONNECTION_CLOSED', message: LATE, late: true },
  ],
]

describe('a broker whose first answer is', () => {
  it.each(cases)('%s ends connect() in time, in a sentence', async (_, answer, { code, message, late = false }) => {
    const { cluster, dials, sockets } = await hostile(answer)
    const rss = process.memoryUsage().rss
    const started = performance.now()
    const error = await cluster({ requestTimeoutMs: late ? 500 : 5_000 })
      .connect()
      .catch((caught: unknown) => caught)
    expect(KafkaError.is(error)).toBe(true)
    expect(error).toMatchObject({
      code: late ? expect.stringMatching(/TIMED_OUT|CONNECTION_CLOSED/) : code,
      message: expect.stringMatching(message),
    })
    expect((error as Error).message).toMatch(/127\.0\.0\.1:\d+/)
    expect(performance.now() - started).toBeLessThan(2_500)
    expect(dials).toHaveLength(1)
    expect(process.memoryUsage().rss - rss).toBeLessThan(128 << 20)
    await expect.poll(() => sockets.size).toBe(0)
  })
})

describe('a broker whose answer to Metadata is', () => {
  it.each(cases)('%s ends connect() in time, in a sentence', async (_, answer, { message, late = false }) => {
    const { cluster, dials, sockets } = await hostile(speak, answer)
    const rss = process.memoryUsage().rss
    const started = performance.now()
    const error = await cluster({ requestTimeoutMs: late ? 500 : 5_000 })
      .connect()
      .catch((caught: unknown) => caught)
    expect(KafkaError.is(error)).toBe(true)
    expect(error).toMatchObject({ message: expect.stringMatching(message) })
    expect((error as Error).message).toMatch(/127\.0\.0\.1:\d+/)
    expect(performance.now() - started).toBeLessThan(2_500)
    expect(dials).toHaveLength(1)
    expect(process.memoryUsage().rss - rss).toBeLessThan(128 << 20)
    await expect.poll(() => sockets.size).toBe(0)
  })
})

describe('a bootstrap address that is no broker', () => {
  const others = cases.filter(([, , { code }]) => code === 'NOT_A_BROKER')

  it.each(others)('but speaks like %s is told at once, and not tried again', async (_, answer) => {
    const { cluster, dials } = await hostile(answer)
    const client = cluster()
    const trying = retry(client, () => client.connect(), { timeoutMs: 10_000, what: 'connecting' })
    expect(await errorOf(trying)).toMatchObject({ code: 'NOT_A_BROKER', retriable: false })
    expect(dials).toHaveLength(1)
  })

  it('and does not speak TLS where it should is told at once, and not tried again', async () => {
    const { cluster } = await hostile(() => {})
    const server = createServer((socket) => socket.on('error', () => {}).on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    open.push(() => new Promise((resolve) => server.close(() => resolve())))
    const client = cluster({ tls: true, bootstrapServers: `127.0.0.1:${(server.address() as { port: number }).port}` })
    const trying = retry(client, () => client.connect(), { timeoutMs: 10_000, what: 'connecting' })
    expect(await errorOf(trying)).toMatchObject({
      code: 'NOT_A_BROKER',
      retriable: false,
      message: expect.stringMatching(/does not speak TLS/),
    })
  })

  it('does not matter where another is one', async () => {
    const http = await hostile(cases.find(([name]) => name === 'HTTP')![1])
    const picture = { brokers: [{ nodeId: 1, host: '127.0.0.1', port: 9, rack: null }], clusterId: 'c', controllerId: 1, topics: [] }
    const honest = await hostile(speak, tell(picture))
    const client = honest.cluster({ bootstrapServers: [`127.0.0.1:${http.port}`, `127.0.0.1:${honest.port}`] })
    await client.connect()
    expect(client.brokers).toHaveLength(1)
  })

  it('is tried again where the cluster itself has named it', async () => {
    const http = await hostile(cases.find(([name]) => name === 'HTTP')![1])
    const picture = {
      brokers: [{ nodeId: 1, host: '127.0.0.1', port: http.port, rack: null }],
      clusterId: 'c',
      controllerId: 1,
      topics: [],
    }
    const honest = await hostile(speak, tell(picture))
    const client = honest.cluster()
    await client.connect()
    expect(await errorOf(client.apiVersions(1))).toMatchObject({ code: 'NOT_A_BROKER', retriable: true })
  })
})

describe('a check of the server identity of the user', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('not my broker')
      },
    ],
    [
      'throws nothing',
      () => {
        throw undefined
      },
    ],
    ['returns an error', () => new Error('not my broker')],
    ['returns text', () => 'not my broker' as never],
  ])('that %s is a refusal, and ends neither the process nor in a timeout', async (_, checkServerIdentity) => {
    const server = createTlsServer({ key, cert }, (socket) => socket.on('error', () => {}))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    open.push(() => new Promise((resolve) => server.close(() => resolve())))
    const { port } = server.address() as { port: number }
    const cluster = new Cluster({ bootstrapServers: `127.0.0.1:${port}`, requestTimeoutMs: 5_000, tls: { ca: cert, checkServerIdentity } })
    open.unshift(() => cluster.close())
    expect(await errorOf(cluster.connect())).toMatchObject({
      name: 'AuthenticationError',
      message: expect.stringMatching(/not my broker|checkServerIdentity/),
    })
  })
})
