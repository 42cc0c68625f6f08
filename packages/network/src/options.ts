import type { AnyApi, Clock, Random, Transport } from '@k/protocol'
import { checkApiVersion, type HighestVersions } from './api-versions-table.ts'
import { type BootstrapServers, checkBootstrapServers, type HostPort } from './bootstrap-servers.ts'
import { guardedLogger, type Logger, silentLogger, standardErrorLogger } from './logger.ts'
import type { MaybePromise } from './maybe-promise.ts'
import { nodeTransport } from './node-transport.ts'
import { checkMethods, checkNames, checkNumber, checkOneOf, checkString, givenKind, type NumberBounds, taken } from './option-checks.ts'
import type { SaslMechanism } from './sasl/mechanism.ts'
import { systemClock } from './system-clock.ts'
import { systemRandom } from './system-random.ts'
import { checkTls, type TlsOptions, type TlsSource } from './tls-source.ts'

/** Where to dial instead of the address that a broker goes by: for port-forwards and tunnels. `nodeId` is undefined for bootstrap addresses. */
export type ResolveBroker = (host: string, port: number, nodeId: number | undefined) => MaybePromise<HostPort>

/** How a cluster is reached. Options that are a property of Kafka's Java client have its name in camelCase. */
export interface ClusterOptions {
  /** Brokers to begin with; the rest are learned from them. Port 9092 where none is given. @default 'localhost:9092' Kafka: `bootstrap.servers` */
  readonly bootstrapServers?: BootstrapServers | undefined
  /** TLS with Node's options, or true for its defaults; a function is asked for each connection. Certificates are verified unless told otherwise. @default false */
  readonly tls?: boolean | TlsOptions | (() => MaybePromise<TlsOptions>) | undefined
  /** How the client says who it is: `plain({ username, password })`. @default none */
  readonly sasl?: SaslMechanism | undefined
  /** How bytes reach a broker. @default TCP and TLS of Node */
  readonly transport?: Transport | undefined
  /**
   * The highest version of some APIs that may be spoken, whatever brokers offer: `[[Produce, 9], [Metadata, 12]]`, with the APIs of
   * `@k/protocol`. Others have the highest version that both sides know, as `'auto'` means for all. @default 'auto'
   */
  readonly apiVersion?: 'auto' | readonly (readonly [api: AnyApi, version: number])[] | undefined
  /** Rewrites addresses before they are dialled. @default none */
  readonly resolveBroker?: ResolveBroker | undefined
  /** Milliseconds after which the picture of the cluster is fetched anew. @default 300000 Kafka: `metadata.max.age.ms` */
  readonly metadataMaxAgeMs?: number | undefined
  /** What to do when none of the known brokers can be reached: ask the bootstrap servers again, or fail. @default 'rebootstrap' Kafka: `metadata.recovery.strategy` */
  readonly metadataRecoveryStrategy?: 'rebootstrap' | 'none' | undefined
  /** Milliseconds after which an unused connection is closed. @default 540000 Kafka: `connections.max.idle.ms` */
  readonly connectionsMaxIdleMs?: number | undefined
  /** Milliseconds that TCP and TLS may take; grows with each failure in a row. @default 10000 Kafka: `socket.connection.setup.timeout.ms` */
  readonly socketConnectionSetupTimeoutMs?: number | undefined
  /** What the above grows to. @default 30000 Kafka: `socket.connection.setup.timeout.max.ms` */
  readonly socketConnectionSetupTimeoutMaxMs?: number | undefined
  /** Milliseconds before a broker is dialled again; grows with each failure in a row. @default 50 Kafka: `reconnect.backoff.ms` */
  readonly reconnectBackoffMs?: number | undefined
  /** What the above grows to. @default 1000 Kafka: `reconnect.backoff.max.ms` */
  readonly reconnectBackoffMaxMs?: number | undefined
  /** Bytes of the largest response that is accepted: what a broken or hostile peer can make this process allocate. @default 104857600 */
  readonly maxResponseBytes?: number | undefined
  /** Time. @default the machine's */
  readonly clock?: Clock | undefined
  /** Chance. @default the machine's */
  readonly random?: Random | undefined
}

/** What every client takes besides the cluster. */
export interface ClientOptions {
  /** Name of this client in the broker's logs, metrics and quotas. @default '@k/network', and each client's own package name Kafka: `client.id` */
  readonly clientId?: string | undefined
  /** Milliseconds that one request may take. @default 30000 Kafka: `request.timeout.ms` */
  readonly requestTimeoutMs?: number | undefined
  /** Milliseconds that a call with all its attempts may take, where it has no deadline of its own. @default 60000 Kafka: `default.api.timeout.ms` */
  readonly defaultApiTimeoutMs?: number | undefined
  /** Milliseconds before the second attempt; grows with each failure in a row. @default 100 Kafka: `retry.backoff.ms` */
  readonly retryBackoffMs?: number | undefined
  /** What the above grows to. @default 1000 Kafka: `retry.backoff.max.ms` */
  readonly retryBackoffMaxMs?: number | undefined
  /** Where to write what nobody awaits; null for silence. @default warnings and errors to standard error */
  readonly logger?: Logger | null | undefined
}

/** {@link ClientOptions} with every default filled in. Frozen. */
export interface ResolvedClientOptions {
  /** See {@link ClientOptions.clientId}. */
  readonly clientId: string
  /** See {@link ClientOptions.requestTimeoutMs}. */
  readonly requestTimeoutMs: number
  /** See {@link ClientOptions.defaultApiTimeoutMs}. */
  readonly defaultApiTimeoutMs: number
  /** See {@link ClientOptions.retryBackoffMs}. */
  readonly retryBackoffMs: number
  /** See {@link ClientOptions.retryBackoffMaxMs}. */
  readonly retryBackoffMaxMs: number
  /** See {@link ClientOptions.logger}. What it throws is ignored. */
  readonly logger: Logger
}

/** {@link ClusterOptions} and {@link ClientOptions} with every default filled in. Frozen. Holds no secret that could be printed. */
export interface ResolvedOptions extends ResolvedClientOptions {
  /** Finds the bootstrap addresses. */
  readonly bootstrapServers: () => Promise<readonly HostPort[]>
  /** Node's options for a connection; undefined for plain text. */
  readonly tls: TlsSource | undefined
  /** See {@link ClusterOptions.sasl}. */
  readonly sasl: SaslMechanism | undefined
  /** See {@link ClusterOptions.transport}. */
  readonly transport: Transport
  /** See {@link ClusterOptions.apiVersion}; by the key of the API. */
  readonly apiVersion: HighestVersions
  /** See {@link ClusterOptions.resolveBroker}. */
  readonly resolveBroker: ResolveBroker | undefined
  /** See {@link ClusterOptions.metadataMaxAgeMs}. */
  readonly metadataMaxAgeMs: number
  /** See {@link ClusterOptions.metadataRecoveryStrategy}. */
  readonly metadataRecoveryStrategy: 'rebootstrap' | 'none'
  /** See {@link ClusterOptions.connectionsMaxIdleMs}. */
  readonly connectionsMaxIdleMs: number
  /** See {@link ClusterOptions.socketConnectionSetupTimeoutMs}. */
  readonly socketConnectionSetupTimeoutMs: number
  /** See {@link ClusterOptions.socketConnectionSetupTimeoutMaxMs}. */
  readonly socketConnectionSetupTimeoutMaxMs: number
  /** See {@link ClusterOptions.reconnectBackoffMs}. */
  readonly reconnectBackoffMs: number
  /** See {@link ClusterOptions.reconnectBackoffMaxMs}. */
  readonly reconnectBackoffMaxMs: number
  /** See {@link ClusterOptions.maxResponseBytes}. */
  readonly maxResponseBytes: number
  /** See {@link ClusterOptions.clock}. */
  readonly clock: Clock
  /** See {@link ClusterOptions.random}. */
  readonly random: Random
}

/** Gives what holds for an option: its value, checked, or its default. @throws ConfigError */
export type Check<T> = (option: string, value: unknown) => T

/** The check of an option that is a number. */
export function number(fallback: number, bounds?: NumberBounds): Check<number> {
  return (option, value) => checkNumber(option, value, fallback, bounds)
}

function methods<T extends object>(fallback: T, ...names: (keyof T & string)[]): Check<T> {
  return (option, value) => checkMethods(option, value, fallback, names)
}

function checkLogger(option: string, logger: unknown): Logger {
  return logger === null
    ? silentLogger
    : guardedLogger(checkMethods(option, logger, standardErrorLogger, ['debug', 'info', 'warn', 'error']))
}

function checkSasl(option: string, sasl: unknown): SaslMechanism | undefined {
  const { name, start } = Object(sasl)
  const fits = typeof name === 'string' && typeof start === 'function'
  return taken<SaslMechanism | undefined>(option, sasl, undefined, fits, 'a mechanism: plain({ username, password })', givenKind)
}

function checkResolveBroker(option: string, resolve: unknown): ResolveBroker | undefined {
  return taken<ResolveBroker | undefined>(
    option,
    resolve,
    undefined,
    typeof resolve === 'function',
    'a function that returns { host, port }',
  )
}

const clientChecks: { readonly [P in keyof ClientOptions]-?: Check<ResolvedClientOptions[P]> } = {
  clientId: (option, value) => checkString(option, value, '@k/network'),
  requestTimeoutMs: number(30_000, { min: 1, max: 2 ** 31 - 1 }),
  defaultApiTimeoutMs: number(60_000, { min: 1 }),
  retryBackoffMs: number(100),
  retryBackoffMaxMs: number(1_000),
  logger: checkLogger,
}

const clusterChecks: { readonly [P in keyof ClusterOptions]-?: Check<ResolvedOptions[P]> } = {
  bootstrapServers: checkBootstrapServers,
  tls: checkTls,
  sasl: checkSasl,
  transport: methods(nodeTransport, 'connect'),
  apiVersion: checkApiVersion,
  resolveBroker: checkResolveBroker,
  metadataMaxAgeMs: number(300_000, { min: 1, infinity: true }),
  metadataRecoveryStrategy: (option, value) => checkOneOf(option, value, 'rebootstrap', ['rebootstrap', 'none']),
  connectionsMaxIdleMs: number(540_000, { min: 1, infinity: true }),
  socketConnectionSetupTimeoutMs: number(10_000, { min: 1 }),
  socketConnectionSetupTimeoutMaxMs: number(30_000, { min: 1 }),
  reconnectBackoffMs: number(50),
  reconnectBackoffMaxMs: number(1_000),
  maxResponseBytes: number(104_857_600, { min: 1_024, max: 2 ** 31 - 1 }),
  clock: methods(systemClock, 'now', 'monotonic', 'setTimer', 'endOfTick'),
  random: methods(systemRandom, 'next'),
}

/** Names of {@link ClusterOptions}. */
export const clusterOptionNames = Object.keys(clusterChecks) as readonly (keyof ClusterOptions)[]

/** Names of {@link ClientOptions}. */
export const clientOptionNames = Object.keys(clientChecks) as readonly (keyof ClientOptions)[]

/** Checks each option that `checks` names, and fills in the defaults. @throws ConfigError */
export function resolve<R extends object>(
  checks: { readonly [P in keyof R]: Check<R[P]> },
  options: { readonly [P in keyof R]?: unknown },
  fallback: Partial<R> = {},
): R {
  const resolved: Partial<R> = {}
  for (const name in checks) {
    const { [name]: value = fallback[name] } = options
    resolved[name] = checks[name](name, value)
  }
  return resolved as R
}

/**
 * Checks what every client takes. Other names in `options` are left alone.
 * @param fallback - what holds where an option is not given: each client's own defaults, or those of a shared cluster
 * @throws ConfigError
 */
export function resolveClientOptions(options: ClientOptions, fallback: Partial<ResolvedClientOptions> = {}): ResolvedClientOptions {
  return Object.freeze(resolve(clientChecks, options, fallback))
}

/** Checks the options of a cluster and fills in the defaults. @throws ConfigError */
export function resolveOptions(options: ClusterOptions & ClientOptions = {}): ResolvedOptions {
  checkNames(options, [...clusterOptionNames, ...clientOptionNames], 'Cluster')
  return Object.freeze({ ...resolve(clientChecks, options), ...resolve(clusterChecks, options) })
}
