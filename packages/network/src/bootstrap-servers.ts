import { isIPv6 } from 'node:net'
import { ConfigError } from '@k/protocol'
import type { MaybePromise } from './maybe-promise.ts'
import { given } from './option-checks.ts'

/** Where a broker listens. */
export interface HostPort {
  /** A name, or an IP address without brackets. */
  readonly host: string
  /** TCP port, 1 to 65535. */
  readonly port: number
}

/** Addresses as people write them: `host[:port]`, `[::1]:9092`, several with commas or in an array, or a function that finds them. */
export type BootstrapServers = string | readonly string[] | (() => MaybePromise<string | readonly string[]>)

const OPTION = 'bootstrapServers'
const DEFAULT_PORT = 9092

/** Parses addresses; duplicates are left out. @throws ConfigError */
export function parseBootstrapServers(servers: unknown): readonly HostPort[] {
  const list: unknown[] = typeof servers === 'string' ? [servers] : Array.isArray(servers) ? servers : refuse(servers)
  const found = new Map<string, HostPort>()
  for (const entry of list) {
    if (typeof entry !== 'string') refuse(entry)
    for (const part of (entry as string).split(',')) {
      const text = part.trim()
      if (text === '') continue
      const server = parseServer(text)
      found.set(`${server.host}:${server.port}`, server)
    }
  }
  if (found.size === 0) throw new ConfigError(OPTION, `must name at least one broker; given was ${given(servers)}`)
  return [...found.values()]
}

function refuse(value: unknown): never {
  throw new ConfigError(OPTION, `must be "host:port", an array of these, or a function that returns them; given was ${given(value)}`)
}

function parseServer(text: string): HostPort {
  if (text.includes('://')) {
    throw new ConfigError(OPTION, `must be "host:port" without a protocol before it (TLS is the option tls); given was ${given(text)}`)
  }
  if (isIPv6(text)) return { host: text, port: DEFAULT_PORT }
  const match = /^(?:\[([0-9a-fA-F:.]+(?:%[\w.]+)?)\]|([\w.%-]+))(?::(\d{1,5}))?$/.exec(text)
  const [, v6, name, digits] = match ?? []
  const host = v6 ?? name
  const port = digits === undefined ? DEFAULT_PORT : Number(digits)
  if (host === undefined || port < 1 || port > 65535 || (v6 !== undefined && !isIPv6(v6))) {
    throw new ConfigError(
      OPTION,
      `must be "host", "host:port" or "[IPv6 address]:port" with a port from 1 to 65535; given was ${given(text)}`,
    )
  }
  return { host, port }
}

/** Checks the option and returns a function that finds the addresses. @throws ConfigError */
export function resolveBootstrapServers(servers: unknown = 'localhost:9092'): () => Promise<readonly HostPort[]> {
  if (typeof servers === 'function') return async () => parseBootstrapServers(await servers())
  const parsed = parseBootstrapServers(servers)
  return async () => parsed
}

/** `host:port`, an IPv6 address in brackets. */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
