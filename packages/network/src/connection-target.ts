import type { HostPort } from './bootstrap-servers.ts'

/** Where a connection goes, and what for. */
export interface ConnectionTarget extends HostPort {
  /** Undefined while it is not known (bootstrap). */
  readonly brokerId?: number | undefined
  /** What the connection is for; for diagnostics. Default: `default`. */
  readonly lane?: string
  /** Milliseconds to wait before dialling. Default: 0. */
  readonly delayMs?: number
  /** Milliseconds that TCP and TLS may take. Default: `socketConnectionSetupTimeoutMs`. */
  readonly setupTimeoutMs?: number
}
