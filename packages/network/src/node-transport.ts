import { lookup as dnsLookup } from 'node:dns'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import type { Clock, Timer, Transport, TransportConnection, TransportHandler, TransportTarget } from '@k/protocol'
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

function lookupAll(host: string): Promise<readonly ResolvedAddress[]> {
  return new Promise((resolve, reject) => {
    dnsLookup(host, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)))
  })
}

/** TCP and TLS of Node. Every address of a host is tried: the next one when the last has failed, or has not answered for a while. */
export class NodeTransport implements Transport {
  readonly #lookup: (host: string) => Promise<readonly ResolvedAddress[]>
  readonly #nextAddressAfterMs: number
  readonly #clock: Clock

  constructor(options: NodeTransportOptions = {}) {
    this.#lookup = options.lookup ?? lookupAll
    this.#nextAddressAfterMs = options.nextAddressAfterMs ?? 1_000
    this.#clock = options.clock ?? systemClock
  }

  /** Opens a socket. @throws what the operating system or TLS says */
  async connect(target: TransportTarget, handler: TransportHandler): Promise<TransportConnection> {
    target.signal?.throwIfAborted()
    // Loading TLS takes a tenth of the time that a whole process with plain text needs for its first request.
    const tls = target.tls === undefined ? undefined : await import('node:tls')
    const addresses = await this.#lookup(target.host)
    target.signal?.throwIfAborted()
    const socket = await this.#first(target, addresses, handler)
    if (tls === undefined) return new SocketConnection(socket, handler)
    const secured = await secure(tls, socket, target).catch((error: unknown) => {
      // Options that TLS cannot use are refused before it has taken the socket.
      socket.destroy()
      throw error
    })
    const connection = new SocketConnection(secured, handler)
    secured.on('data', (bytes: Buffer) => copyInto(handler, bytes, secured))
    return connection
  }

  /** The first address that answers wins; the others are given up. */
  #first(target: TransportTarget, addresses: readonly ResolvedAddress[], handler: TransportHandler): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const attempts = new Set<Socket>()
      const errors: Error[] = []
      let next = 0
      let timer: Timer | undefined
      const settle = (winner: Socket | undefined, error: unknown) => {
        timer?.cancel()
        target.signal?.removeEventListener('abort', onAbort)
        next = addresses.length
        for (const socket of attempts) if (socket !== winner) socket.destroy()
        attempts.clear()
        if (winner === undefined) reject(error)
        else resolve(winner)
      }
      const onAbort = () => settle(undefined, target.signal?.reason)
      const tryNext = () => {
        timer?.cancel()
        const address = addresses[next++]
        if (address === undefined) {
          if (attempts.size === 0) settle(undefined, errors.length === 1 ? errors[0] : allFailed(target.host, errors))
          return
        }
        const socket = dial(address, target, handler)
        attempts.add(socket)
        socket.once('connect', () => {
          if (attempts.has(socket)) settle(socket, undefined)
        })
        socket.once('error', (error) => {
          if (!attempts.delete(socket)) return
          errors.push(error)
          tryNext()
        })
        if (next < addresses.length) timer = this.#clock.setTimer(tryNext, this.#nextAddressAfterMs)
      }
      target.signal?.addEventListener('abort', onAbort)
      tryNext()
    })
  }
}

/** TCP and TLS of Node: the transport that is used where none is given. */
export const nodeTransport: Transport = /* @__PURE__ */ new NodeTransport()

function allFailed(host: string, errors: readonly Error[]): Error {
  const first = errors[0] as NodeJS.ErrnoException | undefined
  const error = new AggregateError(errors, errors.length === 0 ? `${host} has no address` : errors.map((e) => e.message).join('; '))
  return Object.assign(error, { code: first?.code ?? 'ENOTFOUND' })
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
  socket.on('error', () => {})
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
function secure(tls: typeof import('node:tls'), socket: Socket, target: TransportTarget): Promise<TLSSocket> {
  const { host, signal } = target
  return new Promise((resolve, reject) => {
    const options: ConnectionOptions = { ...(isIP(host) === 0 ? { servername: host } : {}), host, ...target.tls, socket }
    if (typeof options.checkServerIdentity === 'function') options.checkServerIdentity = guardedCheck(options.checkServerIdentity)
    const secured = tls.connect(options)
    const onAbort = () => secured.destroy(signal?.reason as Error)
    const settle = () => {
      secured.off('error', onError)
      signal?.removeEventListener('abort', onAbort)
    }
    const onError = (error: Error) => {
      settle()
      secured.on('error', () => {})
      secured.destroy()
      reject(error)
    }
    secured.on('error', onError)
    secured.once('secureConnect', () => {
      settle()
      resolve(secured)
    })
    signal?.addEventListener('abort', onAbort)
  })
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
