import type { ConnectionOptions as NodeTlsOptions } from 'node:tls'
import { ConfigError } from '@k/protocol'
import { given } from './option-checks.ts'

/** Options of Node's `tls.connect`, without those that say where to. */
export type TlsOptions = Omit<NodeTlsOptions, 'host' | 'port' | 'path' | 'socket' | 'lookup' | 'timeout'>

/** Where the TLS options of a connection come from. Keys and passphrases stay private: nothing prints them. */
export class TlsSource {
  readonly #ask: () => unknown

  constructor(ask: () => unknown) {
    this.#ask = ask
  }

  /** The options for one connection. @throws ConfigError where the function returns something else */
  async options(): Promise<TlsOptions> {
    const options = await this.#ask()
    if (isOptions(options)) return options
    throw new ConfigError('tls', `is a function, but did not return an object of TLS options (returned was ${typeof options})`)
  }
}

function isOptions(value: unknown): value is TlsOptions {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const places = ['host', 'port', 'path', 'socket', 'lookup', 'timeout']

/** Checks the option. @throws ConfigError */
export function resolveTls(tls: unknown): TlsSource | undefined {
  if (tls === undefined || tls === false) return undefined
  if (tls === true) return new TlsSource(() => ({}))
  if (typeof tls === 'function') return new TlsSource(() => tls())
  if (!isOptions(tls)) {
    const what = typeof tls === 'string' ? 'a string' : given(tls)
    throw new ConfigError('tls', `must be true, an object of TLS options, or a function that returns one; given was ${what}`)
  }
  for (const name of places) {
    if (name in tls) throw new ConfigError(`tls.${name}`, 'is set by the client for each connection: leave it out')
  }
  const copy = Object.freeze({ ...tls })
  return new TlsSource(() => copy)
}
