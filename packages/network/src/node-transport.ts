import { lookup as dnsLookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect as connectTcp, isIP, type OnReadOpts, type Socket } from 'node:net'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import type { Clock, Transport, TransportConnection, TransportHandler, TransportTarget } from '@k/protocol'
import { abortable, ignore, messageOf, withDeadline } from './deadline.ts'
import { SocketConnection } from './socket-connection.ts'
import { systemClock } from './system-clock.ts'

/** An address as DNS gives it. */
export interface ResolvedAddress {
  /** An IP address. */
  readonly address: string
  /** 4 or 6. */
  readonly family: number
}

/** What a {@link NodeTransport} can be made with. */
export interface NodeTransportOptions {
  /** Finds all addresses of a host. Default: the operating system, through `dns.lookup`. */
  readonly lookup?: (host: string) => Promise<readonly ResolvedAddress[]>
  /** Milliseconds after which the next address of a host is tried besides the one that has not answered yet. Default: 1000. */
  readonly nextAddressAfterMs?: number
  /** Time, for the pause between two addresses of a name. @default the machine's */
  readonly clock?: Clock
}

const KEEP_ALIVE_AFTER_MS = 60_000

/** TCP and TLS of Node. Every address of a host is tried: the next one when the last has failed, or has not answered for a while. */
export class NodeTransport implements Transport {
  readonly #lookup: (host: string) => Promise<readonly ResolvedAddress[]>
  readonly #nextAddressAfterMs: number
  readonly #clock: Clock

  constructor(options: NodeTransportOptions = {}) {
    this.#lookup = options.lookup ?? ((host) => dnsLookup(host, { all: true }))
    this.#nextAddressAfterMs = options.nextAddressAfterMs ?? 1_000
    this.#clock = options.clock ?? systemClock
  }

  /** Opens a socket. @throws what the operating system or TLS says */
  async connect(target: TransportTarget, handler: TransportHandler): Promise<TransportConnection> {
    // Loaded where it is used: that takes a tenth of the time of a whole process until its first request. And before there is a socket:
    // where hooks make it take turns of the loop, nobody would hear that the socket has ended meanwhile.
    const tls = target.tls && (await import('node:tls'))
    const socket = await this.#first(target, await this.#lookup(target.host), handler)
    return new SocketConnection(tls === undefined ? socket : await secure(tls, socket, target, handler), handler)
  }

  /** The first address that answers wins; the others are given up. */
  async #first(target: TransportTarget, addresses: readonly ResolvedAddress[], handler: TransportHandler): Promise<Socket> {
    const { host, signal } = target
    const sockets: Socket[] = []
    const attempts: Promise<Socket>[] = []
    let winner: Socket | undefined
    try {
      for (const { address } of addresses) {
        signal?.throwIfAborted()
        const socket = dial(address, target, handler)
        const attempt = once(socket, 'connect').then(() => socket)
        sockets.push(socket)
        attempts.push(attempt)
        // Until one has answered, or this one has failed.
        const news = Promise.race([Promise.any(attempts), attempt])
        winner = await withDeadline(this.#clock, news, this.#nextAddressAfterMs, { what: host, signal }).catch(() => undefined)
        if (winner !== undefined) return winner
      }
      const last = Promise.any(attempts).catch(({ errors }: AggregateError) => {
        const [first = Object.assign(new Error(), { code: 'ENOTFOUND' })] = errors
        first.message = errors.map(({ message }) => message).join('; ') || `${host} has no address`
        throw first
      })
      winner = await abortable(last, signal)
      return winner
    } finally {
      for (const socket of sockets) if (socket !== winner) socket.destroy()
    }
  }
}

/** TCP and TLS of Node: the transport that is used where none is given. */
export const nodeTransport: Transport = /* @__PURE__ */ new NodeTransport()

function dial(host: string, { port, tls }: TransportTarget, handler: TransportHandler): Socket {
  const socket = connectTcp({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
    // Plain text lands where the handler wants it. Under TLS the socket belongs to Node's TLS.
    onread: tls === undefined ? readInto(handler) : undefined,
  })
  // One that lost the race may still fail.
  return socket.on('error', ignore)
}

function readInto(handler: TransportHandler): OnReadOpts {
  return {
    buffer: () => handler.buffer(),
    callback: (length) => {
      handler.received(length)
      return true
    },
  }
}

/** The TLS handshake on a connected socket. */
async function secure(
  tls: typeof import('node:tls'),
  socket: Socket,
  target: TransportTarget,
  handler: TransportHandler,
): Promise<TLSSocket> {
  const { host, signal } = target
  const options: ConnectionOptions = { servername: isIP(host) === 0 ? host : '', host, ...target.tls, socket }
  guardCheck(options)
  try {
    // One that was given up may still fail.
    const secured = tls.connect(options).on('error', ignore)
    await abortable(once(secured, 'secureConnect'), signal)
    return secured.on('data', (bytes: Buffer) => {
      for (let at = 0; at < bytes.length && !secured.destroyed; ) {
        const length = bytes.copy(handler.buffer(), 0, at)
        handler.received(length)
        at += length
      }
    })
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** What a check of the user's own throws would end the process; what it refuses is an identity, which no other attempt changes. */
function guardCheck(options: ConnectionOptions): void {
  const check = options.checkServerIdentity
  if (typeof check !== 'function') return
  options.checkServerIdentity = (host, certificate) => {
    let refused: unknown
    try {
      refused = check(host, certificate)
      if (!refused) return undefined
    } catch (error) {
      refused = error
    }
    return Object.assign(new Error(`checkServerIdentity: ${messageOf(refused)}`), { code: 'CERT_REFUSED', cause: refused })
  }
}
