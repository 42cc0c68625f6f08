import { ConfigError, type TransportConnection, type TransportHandler } from '@k/protocol'
import type { HostPort } from './bootstrap-servers.ts'
import { ignore, messageOf, withDeadline } from './deadline.ts'
import { ConnectionError } from './errors/connection-error.ts'
import { given } from './option-checks.ts'
import type { ResolveBroker, ResolvedOptions } from './options.ts'
import { isBroker } from './topic-metadata.ts'

/** Where to dial, and for how long. */
export interface Dial {
  readonly host: string
  readonly port: number
  readonly brokerId: number | undefined
  /** The broker as people write it, for sentences. */
  readonly broker: string
  readonly timeoutMs: number
  /** Ends the attempt. */
  readonly signal: AbortSignal
}

/** Opens a socket, TLS included. One that opens after the attempt has ended is destroyed. @throws what the transport says; TimeoutError */
export async function dial(options: ResolvedOptions, target: Dial, handler: TransportHandler): Promise<TransportConnection> {
  const { broker, timeoutMs, signal } = target
  const connecting = connect(options, target, handler)
  try {
    const limits = { what: `connecting to ${broker}`, deadline: 'socketConnectionSetupTimeoutMs', signal, sent: false }
    return await withDeadline(options.clock, connecting, timeoutMs, limits)
  } catch (error) {
    connecting.then((late) => late.destroy(), ignore)
    throw error
  }
}

async function connect(options: ResolvedOptions, target: Dial, handler: TransportHandler): Promise<TransportConnection> {
  const { signal } = target
  const address = await resolve(options.resolveBroker, target)
  const tls = await options.tls?.()
  signal.throwIfAborted()
  const connection = await options.transport.connect({ ...address, signal, ...(tls && { tls: { ...tls } }) }, handler)
  if (typeof connection?.write === 'function' && typeof connection.destroy === 'function') return connection
  throw new TypeError(`the transport gave ${given(connection)} in place of a connection`)
}

async function resolve(resolveBroker: ResolveBroker | undefined, { host, port, brokerId, broker }: Dial): Promise<HostPort> {
  if (resolveBroker === undefined) return { host, port }
  let resolved: HostPort | undefined
  try {
    resolved = await resolveBroker(host, port, brokerId)
  } catch (cause) {
    const message = `cannot connect to ${broker}: resolveBroker failed: ${messageOf(cause)}`
    throw new ConnectionError('CONNECTION_FAILED', message, { broker, phase: 'connect', cause })
  }
  if (typeof resolved?.host === 'string' && isBroker(0, resolved.host, resolved.port)) return { host: resolved.host, port: resolved.port }
  throw new ConfigError('resolveBroker', `must return { host, port } with a port from 1 to 65535; it returned ${given(resolved)}`)
}
