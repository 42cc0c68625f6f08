import { ConfigError, type TransportConnection, type TransportHandler } from '@k/protocol'
import type { HostPort } from './bootstrap-servers.ts'
import type { ConnectionTarget } from './connection-target.ts'
import { ignore, messageOf, sleep, withDeadline } from './deadline.ts'
import type { ResolvedOptions } from './options.ts'
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
  const { host, port } = await resolve(options, target)
  const tls = await options.tls?.()
  signal.throwIfAborted()
  const connection = await options.transport.connect({ host, port, signal, ...(tls && { tls: { ...tls } }) }, handler)
  if (typeof connection?.write === 'function' && typeof connection.destroy === 'function') return connection
  throw new TypeError('the transport gave no connection')
}

async function resolve({ resolveBroker }: ResolvedOptions, target: ConnectionTarget): Promise<HostPort> {
  if (resolveBroker === undefined) return target
  let resolved: HostPort | undefined
  try {
    resolved = await resolveBroker(target.host, target.port, target.brokerId)
  } catch (cause) {
    throw new Error(`resolveBroker failed: ${messageOf(cause)}`, { cause })
  }
  if (typeof resolved?.host === 'string' && isBroker(0, resolved.host, resolved.port)) return resolved
  throw new ConfigError('resolveBroker', 'must return { host, port }')
}
