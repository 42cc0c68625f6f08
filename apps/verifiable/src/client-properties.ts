import { readFileSync } from 'node:fs'
import { type ClientOptions, type ClusterOptions, plain, type SaslMechanism, type TlsOptions } from '@k/producer'
import { UsageError } from './command-line.ts'
import { parseProperties } from './java-properties.ts'

/** Properties of every Kafka client that are a number and have the same name here, in camelCase. */
const numbers = `connections.max.idle.ms default.api.timeout.ms metadata.max.age.ms reconnect.backoff.max.ms reconnect.backoff.ms
  request.timeout.ms retry.backoff.max.ms retry.backoff.ms socket.connection.setup.timeout.max.ms socket.connection.setup.timeout.ms`.split(
  /\s+/,
)

/** @throws UsageError where the file cannot be read */
export function readProperties(file: string): Map<string, string> {
  try {
    return parseProperties(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`)
  }
}

/** What the properties of a Kafka client say about the way to the cluster. Those that are not known here are left out, as Java does. */
export function clientOptions(properties: ReadonlyMap<string, string>): ClientOptions & ClusterOptions {
  const clientId = properties.get('client.id')
  return {
    ...numberOptions(properties, numbers),
    ...(clientId === undefined ? {} : { clientId }),
    ...securityOptions(properties),
  }
}

/** @throws UsageError for a value that is no number */
export function numberOptions(properties: ReadonlyMap<string, string>, names: readonly string[]): Record<string, number> {
  const given = names.filter((name) => properties.has(name))
  return Object.fromEntries(given.map((name) => [camelCase(name), numberOf(name, properties.get(name) as string)]))
}

function numberOf(name: string, text: string): number {
  const number = Number(text.trim())
  if (text.trim() !== '' && !Number.isNaN(number)) return number
  throw new UsageError(`${name} must be a number, not '${text}'`)
}

function camelCase(name: string): string {
  return name.replace(/\.(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function securityOptions(properties: ReadonlyMap<string, string>): Pick<ClusterOptions, 'tls' | 'sasl'> {
  const protocol = properties.get('security.protocol') ?? 'PLAINTEXT'
  const tls = protocol.endsWith('SSL') ? tlsOptions(properties) : undefined
  const sasl = protocol.startsWith('SASL_') ? saslOption(properties) : undefined
  return { ...(tls === undefined ? {} : { tls }), ...(sasl === undefined ? {} : { sasl }) }
}

/** PEM alone, given as text or as files: Java's own key stores are read by Java alone. */
function tlsOptions(properties: ReadonlyMap<string, string>): TlsOptions {
  const text = (inline: string, location: string): string | undefined => {
    const file = properties.get(location)
    return properties.get(inline) ?? (file === undefined ? undefined : readFileSync(file, 'utf8'))
  }
  const ca = text('ssl.truststore.certificates', 'ssl.truststore.location')
  const chain = text('ssl.keystore.certificate.chain', 'ssl.keystore.location')
  const key = properties.get('ssl.keystore.key') ?? chain
  const passphrase = properties.get('ssl.key.password')
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(chain === undefined ? {} : { cert: chain, key }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(properties.get('ssl.endpoint.identification.algorithm') === '' ? { checkServerIdentity: () => undefined } : {}),
  }
}

function saslOption(properties: ReadonlyMap<string, string>): SaslMechanism {
  const mechanism = properties.get('sasl.mechanism') ?? 'GSSAPI'
  if (mechanism !== 'PLAIN') throw new UsageError(`sasl.mechanism ${mechanism} is not understood here; PLAIN is`)
  const config = properties.get('sasl.jaas.config') ?? ''
  const quoted = (name: string) => new RegExp(`\\b${name}\\s*=\\s*"((?:[^"\\\\]|\\\\.)*)"`).exec(config)?.[1]?.replace(/\\(.)/g, '$1')
  const username = quoted('username')
  const password = quoted('password')
  if (username !== undefined && password !== undefined) return plain({ username, password })
  throw new UsageError('sasl.jaas.config must hold a username="..." and a password="..."')
}
