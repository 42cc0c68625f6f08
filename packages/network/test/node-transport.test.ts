import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { TransportHandler } from '@k/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { AuthenticationError, Connection, NodeTransport, resolveOptions } from '../src/index.ts'
import { cert, key } from './support/certificate.ts'
import { errorOf } from './support/outcome.ts'

const servers: Server[] = []
const peers: Socket[] = []

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.destroy()
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))))
})

async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  servers.push(server)
  server.on('connection', (peer) => {
    peers.push(peer)
    peer.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  return (server.address() as { port: number }).port
}

/** Keeps what arrives, in buffers of `size`. */
function collector(size = 16) {
  const received: Buffer[] = []
  const closed: (Error | undefined)[] = []
  let drained = 0
  let buffer = Buffer.alloc(size)
  let whenClosed = () => {}
  const end = new Promise<void>((resolve) => {
    whenClosed = resolve
  })
  const handler: TransportHandler = {
    buffer: () => buffer,
    received(length) {
      received.push(buffer.subarray(0, length))
      buffer = Buffer.alloc(size)
    },
    drained: () => {
      drained += 1
    },
    closed(error) {
      closed.push(error)
      whenClosed()
    },
  }
  return { handler, received, closed, end, bytes: () => Buffer.concat(received), drained: () => drained }
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition(); turn++) {
    if (turn > 5_000) throw new Error('it did not happen')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

const cases = [
  { name: 'TCP', serve: (onPeer: (peer: Socket) => void) => createTcpServer(onPeer), tls: undefined },
  { name: 'TLS', serve: (onPeer: (peer: Socket) => void) => createTlsServer({ key, cert }, onPeer), tls: { ca: cert } },
]

describe.each(cases)('$name', ({ serve, tls }) => {
  const target = (port: number) => ({ host: '127.0.0.1', port, ...(tls === undefined ? {} : { tls }) })

  it('puts bytes where the handler wants them, and no more at a time', async () => {
    const port = await listen(serve((peer) => peer.end(Buffer.alloc(1_000, 7))))
    const { handler, received, bytes, end, closed } = collector(16)
    await new NodeTransport().connect(target(port), handler)
    await end
    expect(bytes()).toEqual(Buffer.alloc(1_000, 7))
    expect(received.every(({ length }) => length <= 16)).toBe(true)
    expect(closed).toEqual([undefined])
  })

  it('writes chunks in order, and says when all have left', async () => {
    const got: Buffer[] = []
    const port = await listen(serve((peer) => peer.on('data', (bytes: Buffer) => got.push(bytes))))
    const { handler } = collector()
    const connection = await new NodeTransport().connect(target(port), handler)
    const small = connection.write([Buffer.from('a'), Buffer.from('b'), Buffer.from('c')])
    if (tls === undefined) expect(small).toBe(true)
    await until(() => Buffer.concat(got).length === 3)
    expect(Buffer.concat(got).toString()).toBe('abc')
    connection.destroy()
  })

  it('asks to wait where the socket cannot take everything, and then says so once', async () => {
    let peer: Socket | undefined
    const port = await listen(
      serve((socket) => {
        peer = socket.pause()
      }),
    )
    const { handler, drained } = collector()
    const connection = await new NodeTransport().connect(target(port), handler)
    const chunks = Array.from({ length: 40 }, () => Buffer.alloc(1_000_000, 1))
    expect(connection.write(chunks)).toBe(false)
    expect(connection.write([Buffer.from('end')])).toBe(false)
    expect(drained()).toBe(0)
    await until(() => peer !== undefined)
    let bytes = 0
    peer!.on('data', ({ length }: Buffer) => {
      bytes += length
    })
    peer!.resume()
    await until(() => drained() > 0)
    await until(() => bytes === 40_000_003)
    expect(drained()).toBe(1)
    connection.destroy()
  })

  it('calls closed once when destroyed, however often', async () => {
    const port = await listen(serve(() => {}))
    const { handler, closed, end } = collector()
    const connection = await new NodeTransport().connect(target(port), handler)
    connection.destroy()
    connection.destroy()
    await end
    await new Promise((resolve) => setImmediate(resolve))
    expect(closed).toEqual([undefined])
    expect(connection.write([Buffer.from('late')])).toBe(true)
  })

  it('calls nothing any more after the handler has destroyed the connection', async () => {
    const port = await listen(serve((peer) => peer.write(Buffer.alloc(100_000, 1))))
    const { handler, received, end } = collector(8)
    const count = handler.received
    const connection = await new NodeTransport().connect(target(port), {
      ...handler,
      received(length) {
        count(length)
        connection.destroy()
      },
    })
    await end
    expect(received).toHaveLength(1)
  })
})

describe('an abort', () => {
  it('ends the search for addresses', async () => {
    const aborter = new AbortController()
    const lookup = async () => {
      aborter.abort(new Error('stop'))
      return [{ address: '127.0.0.1', family: 4 }]
    }
    const port = await listen(createTcpServer())
    const attempt = new NodeTransport({ lookup }).connect({ host: 'kafka', port, signal: aborter.signal }, collector().handler)
    expect(await errorOf(attempt)).toMatchObject({ message: 'stop' })
    expect(peers).toEqual([])
  })

  it('ends an attempt to connect', async () => {
    const aborter = new AbortController()
    const lookup = async () => {
      // Soon after the socket has begun, and before it can have failed.
      let soon = Promise.resolve()
      for (let turn = 0; turn < 20; turn++) soon = soon.then(() => {})
      soon.then(() => aborter.abort(new Error('stop')))
      return [{ address: '192.0.2.1', family: 4 }]
    }
    const attempt = new NodeTransport({ lookup }).connect({ host: 'kafka', port: 9092, signal: aborter.signal }, collector().handler)
    expect(await errorOf(attempt)).toMatchObject({ message: 'stop' })
  })

  it('ends a TLS handshake', async () => {
    const port = await listen(createTcpServer())
    const aborter = new AbortController()
    const attempt = new NodeTransport().connect({ host: '127.0.0.1', port, tls: {}, signal: aborter.signal }, collector().handler)
    const error = errorOf(attempt)
    await until(() => peers.length > 0)
    aborter.abort(new Error('stop'))
    expect(await error).toMatchObject({ message: 'stop' })
  })
})

describe('addresses of a host', () => {
  const here = { address: '127.0.0.1', family: 4 }

  it('are all tried: a dead first one does not matter', async () => {
    const port = await listen(createTcpServer((peer) => peer.end('hello')))
    const dead = { address: '127.0.0.2', family: 4 }
    const { handler, bytes, end } = collector()
    await new NodeTransport({ lookup: async () => [dead, here] }).connect({ host: 'kafka', port }, handler)
    await end
    expect(bytes().toString()).toBe('hello')
  })

  it('that do not answer are not waited for: the next is tried beside them, and the loser is given up', async () => {
    const port = await listen(createTcpServer((peer) => peer.end('hello')))
    // TEST-NET-1: nobody answers there.
    const blackhole = { address: '192.0.2.1', family: 4 }
    const { handler, bytes, end } = collector()
    await new NodeTransport({ lookup: async () => [blackhole, here], nextAddressAfterMs: 20 }).connect({ host: 'kafka', port }, handler)
    await end
    expect(bytes().toString()).toBe('hello')
  })

  it('that all fail are all told', async () => {
    const port = await listen(createTcpServer())
    await new Promise((resolve) => servers.pop()!.close(resolve))
    const lookup = async () => [here, { address: '127.0.0.3', family: 4 }]
    const error = await errorOf(new NodeTransport({ lookup }).connect({ host: 'kafka', port }, collector().handler))
    expect(error).toMatchObject({ code: 'ECONNREFUSED', message: expect.stringMatching(/127\.0\.0\.1.*127\.0\.0\.3/) })
  })

  it('are looked up for each connection', async () => {
    const port = await listen(createTcpServer((peer) => peer.end()))
    const asked: string[] = []
    const transport = new NodeTransport({
      lookup: async (host) => {
        asked.push(host)
        return [here]
      },
    })
    for (let i = 0; i < 2; i++) await transport.connect({ host: 'kafka', port }, collector().handler)
    expect(asked).toEqual(['kafka', 'kafka'])
  })

  it('that do not exist are an error with a reason', async () => {
    const none = await errorOf(new NodeTransport({ lookup: async () => [] }).connect({ host: 'kafka', port: 1 }, collector().handler))
    expect(none).toMatchObject({ code: 'ENOTFOUND', message: 'kafka has no address' })
  })

  it('may be IPv6 alone', async () => {
    const port = await listen(
      createTcpServer((peer) => peer.end('six')),
      '::1',
    ).catch(() => undefined)
    if (port === undefined) return
    const { handler, bytes, end } = collector()
    await new NodeTransport().connect({ host: '::1', port }, handler)
    await end
    expect(bytes().toString()).toBe('six')
  })
})

describe('TLS', () => {
  const open = (options: Parameters<typeof resolveOptions>[0], port: number, host = '127.0.0.1') =>
    new Connection({ host, port }, resolveOptions({ requestTimeoutMs: 5_000, ...options })).open()

  it('refuses a certificate that nobody vouches for, and says why', async () => {
    const port = await listen(createTlsServer({ key, cert }))
    const error = await errorOf(open({ tls: true }, port))
    expect(AuthenticationError.is(error)).toBe(true)
    expect(error).toMatchObject({
      retriable: false,
      message: expect.stringMatching(/TLS with 127\.0\.0\.1:\d+ failed: .*DEPTH_ZERO_SELF_SIGNED_CERT/),
    })
  })

  it('refuses the certificate of another host', async () => {
    const port = await listen(createTlsServer({ key, cert }))
    const error = await errorOf(open({ tls: { ca: cert, servername: 'kafka.example' } }, port))
    expect(error).toMatchObject({ name: 'AuthenticationError', message: expect.stringMatching(/ERR_TLS_CERT_ALTNAME_INVALID/) })
  })

  it('sends the name of the host, unless it is an address', async () => {
    const names: unknown[] = []
    const server = createTlsServer({ key, cert }, (peer) => {
      names.push((peer as unknown as { servername: unknown }).servername)
      peer.destroy()
    })
    const port = await listen(server)
    await errorOf(open({ tls: { ca: cert } }, port, 'localhost'))
    await errorOf(open({ tls: { ca: cert } }, port))
    expect(names).toEqual(['localhost', false])
  })

  it('to a port that speaks plain text says so', async () => {
    const port = await listen(createTcpServer((peer) => peer.on('data', () => peer.write('not TLS at all\r\n'))))
    expect(await errorOf(open({ tls: true }, port))).toMatchObject({
      code: 'NOT_A_BROKER',
      message: expect.stringMatching(/does not speak TLS/),
    })
  })

  it('to a port that hangs up says what it may be', async () => {
    const port = await listen(createTcpServer((peer) => peer.destroy()))
    expect(await errorOf(open({ tls: true }, port))).toMatchObject({ code: 'CONNECTION_FAILED', message: expect.stringMatching(/TLS/) })
  })

  it('missing where the port wants it says so', async () => {
    const port = await listen(createTlsServer({ key, cert }))
    expect(await errorOf(open({}, port))).toMatchObject({
      message: expect.stringMatching(/TLS/),
      code: expect.stringMatching(/NOT_A_BROKER|CONNECTION_CLOSED/),
    })
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'without the client certificate that the broker wants is an AuthenticationError (%s)',
    async (version) => {
      const limits = { minVersion: version, maxVersion: version }
      const port = await listen(createTlsServer({ key, cert, ca: cert, requestCert: true, rejectUnauthorized: true, ...limits }))
      const error = await errorOf(open({ tls: { ca: cert } }, port))
      expect(error).toMatchObject({
        name: 'AuthenticationError',
        retriable: false,
        message: expect.stringMatching(/failed: [^:]*alert [a-z ]+\(/),
      })
    },
  )

  it('in no common version is an AuthenticationError', async () => {
    const port = await listen(createTlsServer({ key, cert, maxVersion: 'TLSv1.2' }))
    const error = await errorOf(open({ tls: { ca: cert, minVersion: 'TLSv1.3' } }, port))
    expect(error).toMatchObject({ name: 'AuthenticationError', message: expect.stringMatching(/protocol version/) })
  })

  it('with a key that is none fails as a sentence without the key', async () => {
    const port = await listen(createTlsServer({ key, cert }))
    const error = (await errorOf(open({ tls: { ca: cert, key: 'canary-key', cert } }, port))) as Error
    expect(error.message).not.toContain('canary')
    expect(error).toMatchObject({ name: expect.stringMatching(/ConnectionError|AuthenticationError/) })
  })
})

describe('a plain connection', () => {
  it('tells of a reset', async () => {
    const port = await listen(createTcpServer((peer) => peer.resetAndDestroy()))
    const { handler, closed, end } = collector()
    const failed = await new NodeTransport().connect({ host: '127.0.0.1', port }, handler).then(
      () => end.then(() => closed[0]),
      (error: Error) => error,
    )
    expect(failed).toMatchObject({ code: 'ECONNRESET' })
  })

  it('notices that the peer has ended, though nothing reads', async () => {
    const port = await listen(createTcpServer((peer) => peer.end()))
    const { handler, end, closed } = collector()
    await new NodeTransport().connect({ host: '127.0.0.1', port }, handler)
    await end
    expect(closed).toEqual([undefined])
  })

  it('refused is told with its code', async () => {
    const port = await listen(createTcpServer())
    await new Promise((resolve) => servers.pop()!.close(resolve))
    expect(await errorOf(new NodeTransport().connect({ host: '127.0.0.1', port }, collector().handler))).toMatchObject({
      code: 'ECONNREFUSED',
    })
  })
})
