import { isIPv6 } from 'node:net'
import type { MaybePromise } from './maybe-promise.ts'
import { given, refuseOption } from './option-checks.ts'
import { isBroker } from './topic-metadata.ts'

/** Where a broker listens. */
export interface HostPort {
  /** A name, or an IP address without brackets. */
  readonly host: string
  /** TCP port, 1 to 65535. */
  readonly port: number
}

/** Addresses as people write them: `host[:port]`, `[::1]:9092`, several with commas or in an array, or a function that finds them. */
export type BootstrapServers = string | readonly string[] | (() => MaybePromise<string | readonly string[]>)

const DEFAULT_PORT = 9092

/** Parses addresses; duplicates are left out. @throws ConfigError */
export function parseBootstrapServers(servers: unknown): readonly HostPort[] {
  const found = new Map<string, HostPort>()
  for (const entry of [servers].flat()) {
    for (const part of typeof entry === 'string' ? entry.split(',') : refuse(entry)) {
      const text = part.trim()
      if (text === '') continue
      const server = parseServer(text)
      found.set(formatHostPort(server), server)
    }
  }
  return found.size > 0 ? [...found.values()] : refuse(servers)
}

function refuse(value: unknown): never {
  const what = '"host:port" without a protocol, an array of these, or a function'
  refuseOption('bootstrapServers', what, given(value))
}

function parseServer(text: string): HostPort {
  if (isIPv6(text)) return { host: text, port: DEFAULT_PORT }
  const [, name = '', port = DEFAULT_PORT] = /^(\[.+\]|[^:]+)(?::(\d+))?$/.exec(text) ?? []
  const bare = name.slice(1, -1)
  const host = isIPv6(bare) ? bare : name
  if (isBroker(0, host, +port)) return { host, port: +port }
  refuse(text)
}

/** Checks the option and returns a function that finds the addresses. @throws ConfigError */
export function checkBootstrapServers(_: string, servers: unknown = 'localhost'): () => Promise<readonly HostPort[]> {
  if (typeof servers === 'function') return async () => parseBootstrapServers(await servers())
  const parsed = parseBootstrapServers(servers)
  return async () => parsed
}

/** `host:port`, an IPv6 address in brackets. */
export function formatHostPort({ host, port }: HostPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
