import type { TlsOptions } from 'node:tls'
import { type Clock, type Codec, type Codecs, ConfigError, type Random } from '@k/protocol'
import { resolveFeatures } from './features.ts'
import { type FakeGroupOptions, groupOptionNames, type ResolvedGroupOptions, resolveGroupOptions } from './group/group-options.ts'
import { Compression } from './log/compression.ts'
import { checkNames, checkType, shown } from './option-checks.ts'
import { type Release, releaseOf } from './posing/release.ts'
import type { FakeVersion } from './posing/released-versions.ts'
import { systemClock } from './system-clock.ts'
import { systemRandom } from './system-random.ts'

/** A topic to begin with. */
export interface FakeTopicOptions {
  /** Default: `defaultPartitions` of the cluster. Kafka: `num.partitions` */
  readonly numPartitions?: number
  /** How many brokers hold each partition. Default: all, but no more than 3. Kafka: `default.replication.factor` */
  readonly replicationFactor?: number
  /** Kafka's topic configs, by their names. Default: none, so that every one has Kafka's default. */
  readonly configs?: Readonly<Record<string, string | number | boolean>>
}

/** What {@link FakeCluster.start} takes. */
export interface FakeClusterOptions extends FakeGroupOptions {
  /**
   * The release of Kafka to pose as: its APIs and their versions, and so the record formats that go over the wire. Default: `'4.3'`
   */
  readonly version?: FakeVersion
  /** How many brokers; their ids are 1, 2, ... Default: 1 */
  readonly brokers?: number
  /** Whether clients can come over TCP on loopback. False opens no socket: only `kafka.transport` leads in. Default: true */
  readonly tcp?: boolean
  /** The TCP port of broker 1; broker 2 takes the next one, and so on. Default: any free ports */
  readonly port?: number
  /** The rack of each broker, in the order of their ids. Default: none. Kafka: `broker.rack` */
  readonly racks?: readonly string[]
  /** Node's options of a TLS server. Default: plain text */
  readonly tls?: TlsOptions
  /** Who may log in. Default: everybody is let in without. */
  readonly sasl?: {
    /** Passwords by user name, for the mechanism PLAIN. */
    readonly plain: Readonly<Record<string, string>>
  }
  /** Topics that are there from the beginning: a number of partitions, or more. Default: none */
  readonly topics?: Readonly<Record<string, number | FakeTopicOptions>>
  /**
   * Kafka's broker configs, by their names, for every broker: `replica.selector.class` lets consumers read from the replica in their rack,
   * `log.retention.ms` and others are the defaults of topics. Default: none, so that every one has Kafka's default.
   */
  readonly configs?: Readonly<Record<string, string | number | boolean>>
  /** Whether asking for the metadata of a topic creates it. Default: false. Kafka: `auto.create.topics.enable` */
  readonly autoCreateTopics?: boolean
  /**
   * The level of each feature of the cluster, by name; `{ 'transaction.version': 1 }` makes clients use transactions without KIP-890's second
   * part. Default: as a new cluster of the release has them. Kafka: `kafka-storage format --feature`
   */
  readonly features?: Readonly<Record<string, number>>
  /** The longest transaction timeout that a producer may ask for, in ms. Default: 900000. Kafka: `transaction.max.timeout.ms` */
  readonly transactionMaxTimeoutMs?: number
  /** Partitions of a topic that says nothing about them. Default: 1. Kafka: `num.partitions` */
  readonly defaultPartitions?: number
  /**
   * How long bytes are under way in memory, each way, in ms of `clock`: always as long, or from and to, drawn by `random`. Connecting takes as
   * long once. Default: they arrive when the turn ends. TCP takes what it takes.
   */
  readonly latencyMs?: number | readonly [min: number, max: number]
  /** Decompress what `kafka.records()` decodes, and what lookups by timestamp have to look into. Default: what needs no package (gzip; zstd where Node has it) */
  readonly codecs?: readonly Codec[]
  /** Default: the machine's time */
  readonly clock?: Clock
  /** Default: the machine's chance */
  readonly random?: Random
}

/** The options with every default filled in. */
export interface ResolvedFakeClusterOptions {
  readonly release: Release
  readonly brokers: number
  readonly tcp: boolean
  readonly port: number | undefined
  readonly racks: readonly string[]
  readonly tls: TlsOptions | undefined
  readonly plainUsers: Readonly<Record<string, string>> | undefined
  readonly topics: readonly (readonly [string, FakeTopicOptions])[]
  readonly configs: ReadonlyMap<string, string>
  readonly autoCreateTopics: boolean
  readonly defaultPartitions: number
  readonly features: ReadonlyMap<string, number>
  readonly transactionMaxTimeoutMs: number
  readonly groups: ResolvedGroupOptions
  readonly latency: (() => number) | undefined
  readonly compression: Compression
  readonly codecs: Codecs
  readonly clock: Clock
  readonly random: Random
}

const known: readonly string[] = [
  'version',
  'brokers',
  'tcp',
  'port',
  'racks',
  'tls',
  'sasl',
  'topics',
  'configs',
  'autoCreateTopics',
  'defaultPartitions',
  'features',
  'transactionMaxTimeoutMs',
  ...groupOptionNames,
  'latencyMs',
  'codecs',
  'clock',
  'random',
]

/** @throws ConfigError */
export function resolveOptions(options: FakeClusterOptions): ResolvedFakeClusterOptions {
  checkNames('FakeCluster', options, known)
  const { port, racks = [] } = options
  const brokers = integer('brokers', options.brokers ?? 1, 1, 1000)
  if (port !== undefined) integer('port', port, 1, 65536 - brokers)
  checkShapes(options)
  if (racks.length > 0 && racks.length !== brokers) throw new ConfigError('racks', `must name one rack for each of ${brokers} brokers`)
  const { clock = systemClock, random = systemRandom } = options
  const release = releaseOf(options.version ?? '4.3')
  const compression = new Compression(options.codecs ?? [])
  return Object.freeze({
    release,
    brokers,
    tcp: options.tcp ?? true,
    port,
    racks: [...racks],
    tls: options.tls,
    plainUsers: options.sasl?.plain,
    topics: Object.entries(options.topics ?? {}).map(([name, topic]) => {
      return [name, typeof topic === 'number' ? { numPartitions: topic } : topic] as const
    }),
    configs: new Map(Object.entries(options.configs ?? {}).map(([name, value]) => [name, String(value)])),
    autoCreateTopics: options.autoCreateTopics ?? false,
    defaultPartitions: integer('defaultPartitions', options.defaultPartitions ?? 1, 1, 100_000),
    features: resolveFeatures(options.features ?? {}, release),
    transactionMaxTimeoutMs: integer('transactionMaxTimeoutMs', options.transactionMaxTimeoutMs ?? 900_000, 1, 0x7fffffff),
    groups: resolveGroupOptions(options),
    compression,
    codecs: compression.codecs,
    latency: latencyOf(options.latencyMs, random),
    clock,
    random,
  })
}

/** What the types say, for those who have none. */
function checkShapes({ tcp, autoCreateTopics, racks = [], codecs = [], sasl, tls, clock, random, topics = {} }: FakeClusterOptions): void {
  checkType('tcp', tcp, 'boolean')
  checkType('autoCreateTopics', autoCreateTopics, 'boolean')
  if (!Array.isArray(racks) || racks.some((rack) => typeof rack !== 'string')) throw new ConfigError('racks', 'must be an array of strings')
  if (!Array.isArray(codecs) || codecs.some((codec) => typeof codec?.decompress !== 'function')) {
    throw new ConfigError('codecs', 'must be an array of codecs, as packages @k/compression-... export them: [gzip()]')
  }
  if (sasl !== undefined) {
    checkNames('sasl', sasl, ['plain'])
    const passwords = typeof sasl.plain === 'object' ? Object.values(sasl.plain ?? {}) : []
    if (passwords.length === 0 || passwords.some((password) => typeof password !== 'string')) {
      throw new ConfigError('sasl', "must hold passwords by user name: { plain: { user: 'password' } }")
    }
  }
  if (tls !== undefined && (typeof tls !== 'object' || tls === null)) {
    throw new ConfigError('tls', `must be options of a TLS server, such as { key, cert }, not ${shown(tls)}`)
  }
  if (clock !== undefined && typeof clock?.setTimer !== 'function') {
    throw new ConfigError('clock', `must be a Clock, for instance new VirtualClock(), not ${shown(clock)}`)
  }
  if (random !== undefined && typeof random?.next !== 'function') {
    throw new ConfigError('random', `must be a Random, for instance new SeededRandom(1), not ${shown(random)}`)
  }
  if (typeof topics !== 'object' || topics === null || Array.isArray(topics)) {
    throw new ConfigError('topics', `must hold a number of partitions, or more, by name: { orders: 6 }, not ${shown(topics)}`)
  }
  for (const [name, topic] of Object.entries(topics)) if (typeof topic !== 'number') checkTopicOptions(name, topic)
}

/**
 * Refuses what is none of a topic's options.
 * @throws ConfigError
 */
export function checkTopicOptions(name: string, options: FakeTopicOptions): void {
  if (typeof name !== 'string') throw new ConfigError('topic', `must be a name, not ${shown(name)}`)
  checkNames(`topic ${name}`, options, ['numPartitions', 'replicationFactor', 'configs'])
  checkType('numPartitions', options.numPartitions, 'number')
  checkType('replicationFactor', options.replicationFactor, 'number')
}

function integer(option: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new ConfigError(option, `must be an integer from ${min} to ${max}, not ${value}`)
}

function latencyOf(latencyMs: FakeClusterOptions['latencyMs'], random: Random): (() => number) | undefined {
  if (latencyMs === undefined) return undefined
  const [min, max] = typeof latencyMs === 'number' ? [latencyMs, latencyMs] : latencyMs
  if (!(min >= 0 && max >= min && max < Number.POSITIVE_INFINITY)) {
    throw new ConfigError('latencyMs', `must be milliseconds of at least 0, or two such numbers from small to large, not ${latencyMs}`)
  }
  return () => min + random.next() * (max - min)
}
