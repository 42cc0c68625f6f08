import type { ConsoleRecord } from './console-record.ts'
import type { Listeners, NodeAddress, Properties } from './properties.ts'

/** How a cluster came to be: brokers that ran already, containers, or JVMs on this machine. */
export type Way = 'address' | 'docker' | 'java'

/** What to start. */
export interface StartKafkaOptions {
  /** One of `kafkaVersions`. Default `defaultKafkaVersion`. */
  version?: string
  /** Number of nodes, each broker and controller at once. Default 1. */
  nodes?: number
  /** Broker properties that go over the launcher's own; a function gets each node's id and ports. */
  properties?: Properties | ((node: NodeAddress) => Properties)
  /** Listeners besides `PLAINTEXT`; ask for their addresses with `kafka.bootstrapServersOf(name)`. */
  listeners?: Listeners
  /** Further arguments of `kafka-storage format`, for example `['--feature', 'transaction.version=1']`. KRaft only. */
  formatArguments?: string[]
  /** Further arguments of each broker's JVM. */
  jvmArguments?: string[]
  /** Level of the brokers' logs. Default `WARN`. */
  logLevel?: 'ERROR' | 'WARN' | 'INFO' | 'DEBUG' | 'TRACE'
  /** How long until every node must be ready. Default 60,000 ms. */
  startTimeoutMs?: number
  /** Forces a way instead of the first that is possible. */
  way?: Way
}

export interface ToolOptions {
  /** Text for the tool's standard input. */
  input?: string
  /** Default 60,000 ms. */
  timeoutMs?: number
}

export interface ConsoleProducerOptions {
  topic: string
  /** Their `key`, `value` and `headers` are used; the tool cannot set timestamps. */
  records: ConsoleRecord[]
  /** Producer properties, for example `{ 'compression.type': 'gzip' }`. */
  properties?: Properties
  timeoutMs?: number
}

export interface ConsoleConsumerOptions {
  topic: string
  /** Reads from the beginning until this many records have come. */
  count: number
  /** One partition, without a group. Default: all, in a group of its own. */
  partition?: number
  group?: string
  /** Consumer properties, for example `{ 'isolation.level': 'read_committed' }`. */
  properties?: Properties
  /** Default 30,000 ms without a record. */
  timeoutMs?: number
}
