export { ApiVersionsTable, type HighestVersions, type VersionBounds, type Versions } from './api-versions-table.ts'
export { Backoff, type BackoffOptions } from './backoff.ts'
export { type BootstrapServers, formatHostPort, type HostPort, parseBootstrapServers } from './bootstrap-servers.ts'
export type { Lane } from './broker.ts'
export { Cluster, type RefreshOptions, type RequestOptions, type RequestTarget } from './cluster.ts'
export { Connection, type ConnectionEvents, type ConnectionRequestOptions } from './connection.ts'
export type { ConnectionTarget } from './connection-target.ts'
export type { CoordinatorKey } from './coordinators.ts'
export { abortable, type CallOptions, type DeadlineOptions, sleep, withDeadline } from './deadline.ts'
export { type ConnectionFacts, DiagnosticsChannel, diagnostics } from './diagnostics.ts'
export { AuthenticationError } from './errors/authentication-error.ts'
export { ClosedError } from './errors/closed-error.ts'
export { ConnectionError, type ConnectionErrorOptions, type ConnectionPhase } from './errors/connection-error.ts'
export { FencedError } from './errors/fenced-error.ts'
export { type FailedItem, type ItemResult, ItemsError, type SucceededItem } from './errors/items-error.ts'
export { TimeoutError, type TimeoutErrorOptions } from './errors/timeout-error.ts'
export { type LogFields, type Logger, silentLogger, standardErrorLogger } from './logger.ts'
export type { MaybePromise } from './maybe-promise.ts'
export type { LeaderHint } from './metadata.ts'
export { NodeTransport, type NodeTransportOptions, nodeTransport, type ResolvedAddress } from './node-transport.ts'
export { type Connect, type OpenCluster, openCluster } from './open-cluster.ts'
export {
  checkBoolean,
  checkMethods,
  checkNames,
  checkNumber,
  checkOneOf,
  checkString,
  given,
  type NumberBounds,
  refuseOption,
} from './option-checks.ts'
export {
  type Check,
  type ClientOptions,
  type ClusterOptions,
  clientOptionNames,
  clusterOptionNames,
  number,
  type ResolveBroker,
  type ResolvedClientOptions,
  type ResolvedOptions,
  resolve,
  resolveClientOptions,
  resolveOptions,
} from './options.ts'
export type { AnswerOf, PendingRequestOptions, RequestBody } from './pending-request.ts'
export { type Attempt, type RetryOptions, type RetryScope, retry } from './retry.ts'
export type { SaslContext, SaslExchange, SaslMechanism } from './sasl/mechanism.ts'
export { type PlainOptions, plain } from './sasl/plain.ts'
export { systemClock } from './system-clock.ts'
export { systemRandom } from './system-random.ts'
export type { TlsOptions, TlsSource } from './tls-source.ts'
export type { BrokerMetadata, NodeEndpoint, PartitionMetadata, TopicMetadata } from './topic-metadata.ts'
