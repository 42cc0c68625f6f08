import type { Transport, TransportConnection, TransportHandler } from '@k/protocol'
import { withDeadline } from './deadline.ts'
import type { ResolvedOptions } from './options.ts'

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
  const attempt = new AbortController()
  const onAbort = () => attempt.abort(signal.reason)
  signal.addEventListener('abort', onAbort)
  const connecting = connect(options, target, attempt.signal, handler)
  try {
    const limits = { what: `connecting to ${broker}`, deadline: 'socketConnectionSetupTimeoutMs', signal, sent: false }
    return await withDeadline(options.clock, connecting, timeoutMs, limits)
  } catch (error) {
    attempt.abort(error)
    connecting.then(
      (late) => late.destroy(),
      () => {},
    )
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

async function connect(
  options: ResolvedOptions,
  target: Dial,
  signal: AbortSignal,
  handler: TransportHandler,
): ReturnType<Transport['connect']> {
  const { host, port, brokerId } = target
  const address = options.resolveBroker === undefined ? { host, port } : await options.resolveBroker(host, port, brokerId)
  const tls = await options.tls?.options()
  signal.throwIfAborted()
  return options.transport.connect({ ...address, signal, ...(tls === undefined ? {} : { tls: { ...tls } }) }, handler)
}
