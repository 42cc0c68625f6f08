import {
  type ClientOptions,
  type Connect,
  checkBoolean,
  checkMethods,
  checkNames,
  checkNumber,
  checkOneOf,
  checkString,
  clientOptionNames,
  clusterOptionNames,
  given,
} from '@k/network'
import { type Codec, Codecs, ConfigError } from '@k/protocol'
import type { Assignor } from './assignors/assignor.ts'
import { range } from './assignors/range.ts'
import type { OnDeserializationError } from './deserialization.ts'
import { type Deserialize, type Deserializer, deserializeFunction } from './deserializer.ts'
import type { IsolationLevel } from './isolation-level.ts'
import type { AutoOffsetReset } from './position-resolver.ts'
import type { RebalanceListener } from './rebalance-listener.ts'

/** What a consumer takes besides how to reach a cluster. Options that are a property of Kafka's Java client have its name in camelCase. */
export interface ConsumerSettings<K, V> {
  /** The group whose members share the topics and keep their offsets together. Without one the topics are read in full. @default none Kafka: `group.id` */
  readonly groupId?: string | undefined
  /** Topics to read; the same as `subscribe({ topics })`. @default none */
  readonly topics?: readonly string[] | undefined
  /** Hears which partitions come and go, for subscriptions that bring no listener of their own. @default none */
  readonly listener?: RebalanceListener | undefined
  /**
   * Makes the member static: it keeps its partitions over a restart that takes less than `sessionTimeoutMs`, and `close()` does not leave the group.
   * Needs `groupId`. @default none Kafka: `group.instance.id`
   */
  readonly groupInstanceId?: string | undefined
  /** Where to begin without a committed offset, or where it does not exist (any more); `'none'` fails the read. @default 'latest' Kafka: `auto.offset.reset` */
  readonly autoOffsetReset?: AutoOffsetReset | undefined
  /** Whether what was processed is committed by itself: in intervals, before partitions are given up, and by `close()`. @default true Kafka: `enable.auto.commit` */
  readonly enableAutoCommit?: boolean | undefined
  /** Milliseconds between these commits; at least 1. @default 5000 Kafka: `auto.commit.interval.ms` */
  readonly autoCommitIntervalMs?: number | undefined
  /**
   * Whether a record counts as processed when the next is asked for. With false only `processed(record)` counts: for work that goes on beside the
   * loop. @default true librdkafka: `enable.auto.offset.store`
   */
  readonly enableAutoOffsetStore?: boolean | undefined
  /** Milliseconds without a heartbeat after which the group takes the member for dead; above `heartbeatIntervalMs`. @default 45000 Kafka: `session.timeout.ms` */
  readonly sessionTimeoutMs?: number | undefined
  /** Milliseconds between heartbeats, which are sent whatever the program is busy with; at least 1. @default 3000 Kafka: `heartbeat.interval.ms` */
  readonly heartbeatIntervalMs?: number | undefined
  /**
   * Milliseconds that one record or batch may be in hand before the member leaves the group until it is done, and that a rebalance waits for this
   * member; at least 1. @default 300000 Kafka: `max.poll.interval.ms`
   */
  readonly maxPollIntervalMs?: number | undefined
  /**
   * Milliseconds that a partition which is to be given up waits for its record in hand; 0 to `maxPollIntervalMs`. The others of the group wait as
   * long. @default 60000, or maxPollIntervalMs where that is less
   */
  readonly drainTimeoutMs?: number | undefined
  /** Records that one batch of `batches()` holds at most; at least 1. @default 500 Kafka: `max.poll.records` */
  readonly maxPollRecords?: number | undefined
  /** Bytes that a broker waits for before it answers a fetch; at least 0. @default 1 Kafka: `fetch.min.bytes` */
  readonly fetchMinBytes?: number | undefined
  /** Milliseconds that it waits for them at most; at least 0. @default 500 Kafka: `fetch.max.wait.ms` */
  readonly fetchMaxWaitMs?: number | undefined
  /** Bytes that are fetched ahead at most, of all partitions together; one batch may exceed it. At least 1. @default 52428800 Kafka: `fetch.max.bytes` */
  readonly fetchMaxBytes?: number | undefined
  /** Bytes that one fetch brings of a partition at most; one batch may exceed it. At least 1. @default 1048576 Kafka: `max.partition.fetch.bytes` */
  readonly maxPartitionFetchBytes?: number | undefined
  /** Bytes that one batch may become when it is decompressed; at least 1. @default 67108864 */
  readonly maxDecompressedBytes?: number | undefined
  /** Whether checksums are compared. @default true Kafka: `check.crcs` */
  readonly checkCrcs?: boolean | undefined
  /** Whether topics that do not exist may be created by being read, where brokers are configured so. @default true Kafka: `allow.auto.create.topics` */
  readonly allowAutoCreateTopics?: boolean | undefined
  /** The rack this consumer runs in: partitions with a replica there are assigned to it first. @default none Kafka: `client.rack` */
  readonly clientRack?: string | undefined
  /**
   * Which records are read: all, or of transactions only those that are committed, and nothing behind one that is undecided. Offsets at the end
   * are then those before the first undecided transaction. @default 'read_uncommitted' Kafka: `isolation.level`
   */
  readonly isolationLevel?: IsolationLevel | undefined
  /** How partitions are dealt out, the best first: all members of a group must have one in common. @default [range()] Kafka: `partition.assignment.strategy` */
  readonly assignors?: readonly Assignor[] | undefined
  /** Compressions that may be read besides gzip and, where Node has it, zstd: `snappy()` of @k/compression-snappy. @default [] */
  readonly codecs?: readonly Codec[] | undefined
  /** Makes keys of bytes; required unless Buffers will do. @default none Kafka: `key.deserializer` */
  readonly keyDeserializer?: Deserializer<K> | undefined
  /** Makes values of bytes; required unless Buffers will do. @default none Kafka: `value.deserializer` */
  readonly valueDeserializer?: Deserializer<V> | undefined
  /** What becomes of a record that a deserializer refuses: `'fail'` rejects the read, `'skip'` leaves it out, a function decides. @default 'fail' */
  readonly onDeserializationError?: OnDeserializationError | undefined
}

type Needed<Name extends string, T> = [Buffer] extends [T] ? unknown : { readonly [P in Name]: Deserializer<T> }

/** Everything a consumer takes. A deserializer is required for keys and values that are to be anything else than Buffers. */
export type ConsumerOptions<K = Buffer, V = Buffer> = ConsumerSettings<K, V> &
  Connect &
  ClientOptions &
  Needed<'keyDeserializer', K> &
  Needed<'valueDeserializer', V>

/** {@link ConsumerSettings} with every default filled in. Frozen. */
export interface ResolvedSettings<K, V> {
  readonly groupId: string | undefined
  readonly topics: readonly string[] | undefined
  readonly listener: RebalanceListener | undefined
  readonly groupInstanceId: string | undefined
  readonly autoOffsetReset: AutoOffsetReset
  readonly enableAutoCommit: boolean
  readonly autoCommitIntervalMs: number
  readonly enableAutoOffsetStore: boolean
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly maxPollIntervalMs: number
  readonly drainTimeoutMs: number
  readonly maxPollRecords: number
  readonly fetchMinBytes: number
  readonly fetchMaxWaitMs: number
  readonly fetchMaxBytes: number
  readonly maxPartitionFetchBytes: number
  readonly maxDecompressedBytes: number
  readonly checkCrcs: boolean
  readonly allowAutoCreateTopics: boolean
  readonly clientRack: string | undefined
  readonly isolationLevel: IsolationLevel
  readonly assignors: readonly Assignor[]
  readonly codecs: Codecs
  readonly keyDeserializer: Deserialize<K> | undefined
  readonly valueDeserializer: Deserialize<V> | undefined
  readonly onDeserializationError: OnDeserializationError
  /** The deserializers that want to be closed. */
  readonly closers: readonly { close?(): unknown }[]
}

const names = [
  'groupId',
  'topics',
  'listener',
  'groupInstanceId',
  'autoOffsetReset',
  'enableAutoCommit',
  'autoCommitIntervalMs',
  'enableAutoOffsetStore',
  'sessionTimeoutMs',
  'heartbeatIntervalMs',
  'maxPollIntervalMs',
  'drainTimeoutMs',
  'maxPollRecords',
  'fetchMinBytes',
  'fetchMaxWaitMs',
  'fetchMaxBytes',
  'maxPartitionFetchBytes',
  'maxDecompressedBytes',
  'checkCrcs',
  'allowAutoCreateTopics',
  'clientRack',
  'isolationLevel',
  'assignors',
  'codecs',
  'keyDeserializer',
  'valueDeserializer',
  'onDeserializationError',
] as const satisfies readonly (keyof ConsumerSettings<unknown, unknown>)[]

const MAX_INT32 = 2 ** 31 - 1
const DRAIN_TIMEOUT_MS = 60_000

/** @throws ConfigError for names that no consumer knows */
export function checkConsumerNames(options: object): void {
  checkNames(options, [...clusterOptionNames, ...clientOptionNames, 'cluster', ...names], 'Consumer')
}

/** Checks the consumer's own options and fills in the defaults. @throws ConfigError */
export function resolveSettings<K, V>(options: ConsumerSettings<K, V>): ResolvedSettings<K, V> {
  const o = options
  const int32 = (name: keyof ConsumerSettings<K, V> & string, fallback: number, min: number) =>
    checkNumber(name, o[name], fallback, { min, max: MAX_INT32 })
  const heartbeatIntervalMs = int32('heartbeatIntervalMs', 3_000, 1)
  const maxPollIntervalMs = int32('maxPollIntervalMs', 300_000, 1)
  const settings: ResolvedSettings<K, V> = {
    groupId: checkString('groupId', o.groupId, undefined),
    topics: o.topics === undefined ? undefined : checkTopics('topics', o.topics),
    listener: o.listener === undefined ? undefined : checkListener(o.listener),
    groupInstanceId: checkString('groupInstanceId', o.groupInstanceId, undefined),
    autoOffsetReset: checkOneOf('autoOffsetReset', o.autoOffsetReset, 'latest', ['earliest', 'latest', 'none']),
    enableAutoCommit: checkBoolean('enableAutoCommit', o.enableAutoCommit, true),
    autoCommitIntervalMs: int32('autoCommitIntervalMs', 5_000, 1),
    enableAutoOffsetStore: checkBoolean('enableAutoOffsetStore', o.enableAutoOffsetStore, true),
    sessionTimeoutMs: int32('sessionTimeoutMs', 45_000, 1),
    heartbeatIntervalMs,
    maxPollIntervalMs,
    drainTimeoutMs: checkNumber('drainTimeoutMs', o.drainTimeoutMs, Math.min(DRAIN_TIMEOUT_MS, maxPollIntervalMs), {
      max: maxPollIntervalMs,
    }),
    maxPollRecords: int32('maxPollRecords', 500, 1),
    fetchMinBytes: int32('fetchMinBytes', 1, 0),
    fetchMaxWaitMs: int32('fetchMaxWaitMs', 500, 0),
    fetchMaxBytes: int32('fetchMaxBytes', 52_428_800, 1),
    maxPartitionFetchBytes: int32('maxPartitionFetchBytes', 1_048_576, 1),
    maxDecompressedBytes: int32('maxDecompressedBytes', 67_108_864, 1),
    checkCrcs: checkBoolean('checkCrcs', o.checkCrcs, true),
    allowAutoCreateTopics: checkBoolean('allowAutoCreateTopics', o.allowAutoCreateTopics, true),
    clientRack: checkString('clientRack', o.clientRack, undefined),
    isolationLevel: checkOneOf('isolationLevel', o.isolationLevel, 'read_uncommitted', ['read_uncommitted', 'read_committed']),
    assignors: checkAssignors(o.assignors),
    codecs: new Codecs(checkCodecs(o.codecs)),
    keyDeserializer: deserializeFunction('keyDeserializer', o.keyDeserializer),
    valueDeserializer: deserializeFunction('valueDeserializer', o.valueDeserializer),
    onDeserializationError:
      typeof o.onDeserializationError === 'function'
        ? o.onDeserializationError
        : checkOneOf<'fail' | 'skip'>('onDeserializationError', o.onDeserializationError, 'fail', ['fail', 'skip']),
    closers: [...new Set([o.keyDeserializer, o.valueDeserializer])].filter((one) => typeof one === 'object'),
  }
  if (heartbeatIntervalMs >= settings.sessionTimeoutMs) {
    throw new ConfigError(
      'heartbeatIntervalMs',
      `must be less than sessionTimeoutMs, a third of it for example; given were ${heartbeatIntervalMs} and ${settings.sessionTimeoutMs}`,
    )
  }
  if (settings.groupId === undefined) {
    if (o.enableAutoCommit === true) throw new ConfigError('enableAutoCommit', 'needs a groupId: offsets are committed for a group')
    if (settings.groupInstanceId !== undefined) throw new ConfigError('groupInstanceId', 'needs a groupId')
  }
  return Object.freeze(settings)
}

/** @throws ConfigError */
export function checkTopics(option: string, topics: unknown): readonly string[] {
  const isFine = Array.isArray(topics) && topics.length > 0 && topics.every((topic) => typeof topic === 'string' && topic !== '')
  if (isFine) return [...topics]
  throw new ConfigError(option, `must be an array of at least one topic; given was ${given(topics)}`)
}

/** @throws ConfigError */
export function checkListener(listener: unknown): RebalanceListener {
  const calls = ['onPartitionsAssigned', 'onPartitionsRevoked', 'onPartitionsLost'] as const
  const holder = listener as Record<string, unknown>
  const isFine =
    typeof listener === 'object' && listener !== null && calls.every((call) => ['undefined', 'function'].includes(typeof holder[call]))
  if (isFine) return listener
  throw new ConfigError('listener', `must be an object with any of ${calls.join(', ')}; given was ${given(listener)}`)
}

function checkAssignors(assignors: readonly Assignor[] | undefined): readonly Assignor[] {
  if (assignors === undefined) return [range()]
  if (!Array.isArray(assignors) || assignors.length === 0) {
    throw new ConfigError('assignors', `must be an array of at least one assignor, for example [range()]; given was ${given(assignors)}`)
  }
  for (const assignor of assignors) {
    checkMethods('assignors', assignor, assignor, ['assign'])
    if (typeof assignor.name !== 'string' || assignor.name === '') throw new ConfigError('assignors', 'must each have a name')
  }
  const unique = new Set(assignors.map(({ name }) => name))
  if (unique.size < assignors.length)
    throw new ConfigError('assignors', `must each have a name of its own; given were ${[...unique].join(', ')}`)
  return [...assignors]
}

function checkCodecs(codecs: readonly Codec[] | undefined): readonly Codec[] {
  if (codecs === undefined) return []
  if (!Array.isArray(codecs)) throw new ConfigError('codecs', `must be an array, for example [snappy()]; given was ${given(codecs)}`)
  for (const codec of codecs) checkMethods('codecs', codec, codec, ['decompress'])
  return codecs
}
