import { type Clock, ConfigError, type Random, type Transport } from '@k/protocol'
import { type BootstrapServers, type HostPort, resolveBootstrapServers } from './bootstrap-servers.ts'
import { guardedLogger, type Logger, silentLogger, standardErrorLogger } from './logger.ts'
import type { MaybePromise } from './maybe-promise.ts'
import { nodeTransport } from './node-transport.ts'
import { checkMethods, checkNames, checkNumber, checkOneOf, checkString, given } from './option-checks.ts'
import type { SaslMechanism } from './sasl/mechanism.ts'
import { systemClock } from './system-clock.ts'
import { systemRandom } from './system-random.ts'
import { resolveTls, type TlsOptions, type TlsSource } from './tls-source.ts'

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

/** Names of {@link ClusterOptions}. */
export const clusterOptionNames = [
  'bootstrapServers',
  'tls',
  'sasl',
  'transport',
  'resolveBroker',
  'metadataMaxAgeMs',
  'metadataRecoveryStrategy',
  'connectionsMaxIdleMs',
  'socketConnectionSetupTimeoutMs',
  'socketConnectionSetupTimeoutMaxMs',
  'reconnectBackoffMs',
  'reconnectBackoffMaxMs',
  'maxResponseBytes',
  'clock',
  'random',
] as const satisfies readonly (keyof ClusterOptions)[]

/** Names of {@link ClientOptions}. */
export const clientOptionNames = [
  'clientId',
  'requestTimeoutMs',
  'defaultApiTimeoutMs',
  'retryBackoffMs',
  'retryBackoffMaxMs',
  'logger',
] as const satisfies readonly (keyof ClientOptions)[]

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

const defaults: ResolvedClientOptions = {
  clientId: '@k/network',
  requestTimeoutMs: 30_000,
  defaultApiTimeoutMs: 60_000,
  retryBackoffMs: 100,
  retryBackoffMaxMs: 1_000,
  logger: /* @__PURE__ */ guardedLogger(standardErrorLogger),
}

function resolveLogger(logger: Logger | null | undefined, fallback: Logger): Logger {
  if (logger === undefined) return fallback
  if (logger === null) return silentLogger
  return guardedLogger(checkMethods('logger', logger, fallback, ['debug', 'info', 'warn', 'error']))
}

/**
 * Checks what every client takes. Other names in `options` are left alone.
 * @param fallback - what holds where an option is not given: each client's own defaults, or those of a shared cluster
 * @throws ConfigError
 */
export function resolveClientOptions(options: ClientOptions, fallback: Partial<ResolvedClientOptions> = {}): ResolvedClientOptions {
  const from = { ...defaults, ...fallback }
  return Object.freeze({
    clientId: checkString('clientId', options.clientId, from.clientId),
    requestTimeoutMs: checkNumber('requestTimeoutMs', options.requestTimeoutMs, from.requestTimeoutMs, { min: 1 }),
    defaultApiTimeoutMs: checkNumber('defaultApiTimeoutMs', options.defaultApiTimeoutMs, from.defaultApiTimeoutMs, { min: 1 }),
    retryBackoffMs: checkNumber('retryBackoffMs', options.retryBackoffMs, from.retryBackoffMs),
    retryBackoffMaxMs: checkNumber('retryBackoffMaxMs', options.retryBackoffMaxMs, from.retryBackoffMaxMs),
    logger: resolveLogger(options.logger, from.logger),
  })
}

/** Checks the options of a cluster and fills in the defaults. @throws ConfigError */
export function resolveOptions(options: ClusterOptions & ClientOptions = {}): ResolvedOptions {
  checkNames(options, [...clusterOptionNames, ...clientOptionNames], 'Cluster')
  const o = options
  if (o.resolveBroker !== undefined && typeof o.resolveBroker !== 'function') {
    throw new ConfigError(
      'resolveBroker',
      `must be a function (host, port, nodeId) => ({ host, port }); given was ${given(o.resolveBroker)}`,
    )
  }
  if (o.sasl !== undefined && (typeof o.sasl !== 'object' || typeof o.sasl?.start !== 'function' || typeof o.sasl.name !== 'string')) {
    throw new ConfigError('sasl', 'must be a mechanism, for example plain({ username, password })')
  }
  return Object.freeze({
    ...resolveClientOptions(o),
    bootstrapServers: resolveBootstrapServers(o.bootstrapServers),
    tls: resolveTls(o.tls),
    sasl: o.sasl,
    transport: checkMethods('transport', o.transport, nodeTransport, ['connect']),
    resolveBroker: o.resolveBroker,
    metadataMaxAgeMs: checkNumber('metadataMaxAgeMs', o.metadataMaxAgeMs, 300_000, { min: 1, infinity: true }),
    metadataRecoveryStrategy: checkOneOf('metadataRecoveryStrategy', o.metadataRecoveryStrategy, 'rebootstrap', ['rebootstrap', 'none']),
    connectionsMaxIdleMs: checkNumber('connectionsMaxIdleMs', o.connectionsMaxIdleMs, 540_000, { min: 1, infinity: true }),
    socketConnectionSetupTimeoutMs: checkNumber('socketConnectionSetupTimeoutMs', o.socketConnectionSetupTimeoutMs, 10_000, { min: 1 }),
    socketConnectionSetupTimeoutMaxMs: checkNumber('socketConnectionSetupTimeoutMaxMs', o.socketConnectionSetupTimeoutMaxMs, 30_000, {
      min: 1,
    }),
    reconnectBackoffMs: checkNumber('reconnectBackoffMs', o.reconnectBackoffMs, 50),
    reconnectBackoffMaxMs: checkNumber('reconnectBackoffMaxMs', o.reconnectBackoffMaxMs, 1_000),
    maxResponseBytes: checkNumber('maxResponseBytes', o.maxResponseBytes, 104_857_600, { min: 1_024, max: 2 ** 31 - 1 }),
    clock: checkMethods('clock', o.clock, systemClock, ['now', 'monotonic', 'setTimer', 'endOfTick']),
    random: checkMethods('random', o.random, systemRandom, ['next']),
  })
}
