import { type Ask, authenticate } from './authenticate.ts'
import type { HostPort } from './bootstrap-servers.ts'
import { withDeadline } from './deadline.ts'
import type { ResolvedOptions } from './options.ts'

/** Who this side is on one connection, and for how long the broker believes it. */
export class Session {
  readonly #options: ResolvedOptions
  readonly #ask: Ask
  #renewAt = Number.POSITIVE_INFINITY
  #renewing = false

  constructor(options: ResolvedOptions, ask: Ask) {
    this.#options = options
    this.#ask = ask
  }

  /** Whether it is being renewed: the broker accepts nothing else meanwhile. */
  get isRenewing(): boolean {
    return this.#renewing
  }

  /** Whether it must be renewed before anything else is asked. */
  endsBefore(now: number): boolean {
    return now >= this.#renewAt
  }

  /** Authenticates, if the options say how. Also renews a session on the same connection. @throws AuthenticationError, TimeoutError */
  async begin(broker: string, { host, port }: HostPort, signal: AbortSignal): Promise<void> {
    const { sasl, clock, random, requestTimeoutMs } = this.#options
    if (sasl === undefined) return
    this.#renewing = true
    try {
      const limits = { what: `authentication with ${broker}`, deadline: 'requestTimeoutMs', signal, sent: false }
      const authenticated = authenticate(sasl, broker, { host, port, signal }, this.#ask)
      const lifetimeMs = await withDeadline(clock, authenticated, requestTimeoutMs, limits)
      // Some time before the end, and not all connections at once. Source: KIP-368.
      this.#renewAt = lifetimeMs > 0 ? clock.monotonic() + lifetimeMs * (0.85 + 0.1 * random.next()) : Number.POSITIVE_INFINITY
    } finally {
      this.#renewing = false
    }
  }
}
