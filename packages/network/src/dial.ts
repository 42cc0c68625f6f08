import { ConfigError, type TransportConnection, type TransportHandler } from '@k/protocol'
import type { HostPort } from './bootstrap-servers.ts'
import type { ConnectionTarget } from './connection-target.ts'
import { ignore, messageOf, sleep, withDeadline } from './deadline.ts'
import { given } from './option-checks.ts'
import type { ResolveBroker, ResolvedOptions } from './options.ts'
import { isBroker } from './topic-metadata.ts'

/** Opens a socket, TLS included. One that opens after the attempt has ended is destroyed. @throws what the transport says; TimeoutError */
export async function dial(
  options: ResolvedOptions,
  target: ConnectionTarget,
  broker: string,
  signal: AbortSignal,
  handler: TransportHandler,
): Promise<TransportConnection> {
  const { delayMs = 0, setupTimeoutMs = options.socketConnectionSetupTimeoutMs } = target
  if (delayMs > 0) await sleep(options.clock, delayMs, signal)
  const connecting = connect(options, target, signal, handler)
  try {
    const limits = { what: `connecting to ${broker}`, deadline: 'socketConnectionSetupTimeoutMs', signal, sent: false }
    return await withDeadline(options.clock, connecting, setupTimeoutMs, limits)
  } catch (error) {
    connecting.then((late) => late.destroy(), ignore)
    throw error
  }
}

async function connect(
  options: ResolvedOptions,
  target: ConnectionTarget,
  signal: AbortSignal,
  handler: TransportHandler,
): Promise<TransportConnection> {
  const address = await resolve(options.resolveBroker, target)
  const tls = await options.tls?.()
  signal.throwIfAborted()
  const connection = await options.transport.connect({ ...address, signal, ...(tls && { tls: { ...tls } }) }, handler)
  if (typeof connection?.write === 'function' && typeof connection.destroy === 'function') return connection
  throw new TypeError(`the transport gave no connection, but ${given(connection)}`)
}

async function resolve(resolveBroker: ResolveBroker | undefined, { host, port, brokerId }: ConnectionTarget): Promise<HostPort> {
  if (resolveBroker === undefined) return { host, port }
  let resolved: HostPort | undefined
  try {
    resolved = await resolveBroker(host, port, brokerId)
  } catch (cause) {
    throw new Error(`resolveBroker failed: ${messageOf(cause)}`, { cause })
  }
  if (typeof resolved?.host === 'string' && isBroker(0, resolved.host, resolved.port)) return { host: resolved.host, port: resolved.port }
  throw new ConfigError('resolveBroker', `must return { host, port } with a port from 1 to 65535; it returned ${given(resolved)}`)
}
