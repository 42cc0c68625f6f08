import type { ConnectionOptions as NodeTlsOptions } from 'node:tls'
import { ConfigError } from '@k/protocol'
import { givenKind, refuseOption } from './option-checks.ts'

/** Options of Node's `tls.connect`, without those that say where to. */
export type TlsOptions = Omit<NodeTlsOptions, 'host' | 'port' | 'path' | 'socket' | 'lookup' | 'timeout'>

/** Gives the TLS options of a connection. Keys and passphrases stay private: nothing prints them. @throws ConfigError where a function of the user's gives something else */
export type TlsSource = () => Promise<TlsOptions>

const places = ['host', 'port', 'path', 'socket', 'lookup', 'timeout']

function checkOptions(option: string, value: unknown): TlsOptions {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuseOption(option, 'true, an object of TLS options, or a function', givenKind(value))
  }
  for (const name of places) {
    if (name in value) throw new ConfigError(`tls.${name}`, 'is set by the client')
  }
  return { ...value }
}

/** Checks the option. @throws ConfigError */
export function checkTls(option: string, tls: unknown = false): TlsSource | undefined {
  if (tls === false) return undefined
  if (typeof tls === 'function') return async () => checkOptions(option, await tls())
  const options = checkOptions(option, tls === true ? {} : tls)
  return async () => options
}
