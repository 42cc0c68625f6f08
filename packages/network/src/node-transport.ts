import { lookup as dnsLookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import type { Clock, Transport, TransportConnection, TransportHandler, TransportTarget } from '@k/protocol'
import { abortable, ignore, withDeadline } from './deadline.ts'
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
    target.signal?.throwIfAborted()
    // Loading TLS takes a tenth of the time that a whole process with plain text needs for its first request.
    const tls = target.tls && (await import('node:tls'))
    const addresses = await this.#lookup(target.host)
    const socket = await this.#first(target, addresses, handler)
    if (tls === undefined) return new SocketConnection(socket, handler)
    const secured = await secure(tls, socket, target)
    const connection = new SocketConnection(secured, handler)
    secured.on('data', (bytes: Buffer) => copyInto(handler, bytes, secured))
    return connection
  }

  /** The first address that answers wins; the others are given up. */
  async #first(target: TransportTarget, addresses: readonly ResolvedAddress[], handler: TransportHandler): Promise<Socket> {
    const { host, signal } = target
    const sockets: Socket[] = []
    const attempts: Promise<Socket>[] = []
    let winner: Socket | undefined
    try {
      for (const address of addresses) {
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
      winner = await abortable(Promise.any(attempts), signal)
      return winner
    } catch (error) {
      throw error instanceof AggregateError ? allFailed(host, error.errors) : error
    } finally {
      for (const socket of sockets) if (socket !== winner) socket.destroy()
    }
  }
}

/** TCP and TLS of Node: the transport that is used where none is given. */
export const nodeTransport: Transport = /* @__PURE__ */ new NodeTransport()

function allFailed(host: string, errors: readonly NodeJS.ErrnoException[]): Error {
  const [first] = errors
  if (first !== undefined && errors.length === 1) return first
  const message = errors.map((error) => error.message).join('; ') || `${host} has no address`
  return Object.assign(new AggregateError(errors, message), { code: first?.code ?? 'ENOTFOUND' })
}

function dial(address: ResolvedAddress, target: TransportTarget, handler: TransportHandler): Socket {
  const socket = connectTcp({
    host: address.address,
    family: address.family,
    port: target.port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
    // Plain text lands where the handler wants it. Under TLS the socket belongs to Node's TLS.
    ...(target.tls === undefined ? { onread: readInto(handler) } : {}),
  })
  // One that lost the race may still fail.
  socket.on('error', ignore)
  return socket
}

function readInto(handler: TransportHandler): { buffer: () => Uint8Array; callback: (length: number) => boolean } {
  return {
    buffer: () => handler.buffer(),
    callback: (length) => {
      handler.received(length)
      return true
    },
  }
}

/** The TLS handshake on a connected socket. */
async function secure(tls: typeof import('node:tls'), socket: Socket, target: TransportTarget): Promise<TLSSocket> {
  const { host, signal } = target
  const options: ConnectionOptions = { ...(isIP(host) === 0 ? { servername: host } : {}), host, ...target.tls, socket }
  if (typeof options.checkServerIdentity === 'function') options.checkServerIdentity = guardedCheck(options.checkServerIdentity)
  let secured: TLSSocket | undefined
  try {
    secured = tls.connect(options)
    // One that was given up may still fail.
    secured.on('error', ignore)
    await abortable(once(secured, 'secureConnect'), signal)
    return secured
  } catch (error) {
    // Options that TLS cannot use are refused before it has taken the socket.
    const taken = secured ?? socket
    taken.destroy()
    throw error
  }
}

/** What a check of the user's own throws would end the process; what it refuses is an identity, which no other attempt changes. */
function guardedCheck(check: NonNullable<ConnectionOptions['checkServerIdentity']>): typeof check {
  return (host, certificate) => {
    let refused: unknown
    try {
      refused = check(host, certificate)
    } catch (error) {
      refused = error ?? 'checkServerIdentity threw'
    }
    if (refused === undefined) return undefined
    const error = refused instanceof Error ? refused : new Error(String(refused))
    return 'code' in error ? error : Object.assign(error, { code: 'CERT_IDENTITY_REFUSED' })
  }
}

function copyInto(handler: TransportHandler, bytes: Buffer, socket: Socket): void {
  for (let at = 0; at < bytes.length && !socket.destroyed; ) {
    const target = handler.buffer()
    const length = Math.min(target.length, bytes.length - at)
    target.set(bytes.subarray(at, at + length), 0)
    handler.received(length)
    at += length
  }
}
