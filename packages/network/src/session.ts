import { type Ask, authenticate } from './authenticate.ts'
import { withDeadline } from './deadline.ts'
import type { ResolvedOptions } from './options.ts'
import type { SaslContext } from './sasl/mechanism.ts'

/**
 * Authenticates, if the options say how. Also renews a session on the same connection.
 * @returns when to do it again, on the monotonic clock
 * @throws AuthenticationError, ConnectionError, TimeoutError
 */
export async function beginSession(options: ResolvedOptions, broker: string, context: SaslContext, ask: Ask): Promise<number> {
  const { sasl, clock, random, requestTimeoutMs } = options
  if (sasl === undefined) return Number.POSITIVE_INFINITY
  const limits = { what: `authentication with ${broker}`, deadline: 'requestTimeoutMs', signal: context.signal, sent: false }
  const lifetimeMs = await withDeadline(clock, authenticate(sasl, broker, context, ask), requestTimeoutMs, limits)
  // Some time before the end, and not all connections at once. Source: KIP-368.
  return lifetimeMs > 0 ? clock.monotonic() + lifetimeMs * (0.85 + 0.1 * random.next()) : Number.POSITIVE_INFINITY
}
