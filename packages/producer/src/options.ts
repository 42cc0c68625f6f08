import {
  type Check,
  type ClientOptions,
  type Connect,
  checkBoolean,
  checkMethods,
  checkNames,
  checkOneOf,
  checkString,
  clientOptionNames,
  clusterOptionNames,
  given,
  type MaybePromise,
  number,
  type ResolvedClientOptions,
  refuseOption,
  resolve,
} from '@k/network'
import { type Bytes, type Codec, ConfigError } from '@k/protocol'
import type { ProducerInterceptor } from './interceptor.ts'
import { defaultPartitioner, type Partitioner, type PartitionFunction, partitionerOf } from './partitioner.ts'
import type { SerializeFunction, Serializer, SerializerObject } from './serializer.ts'

/** What a producer takes besides how to reach a cluster. Options that are a property of Kafka's Java client have its name in camelCase. */
export interface ProducerSettings<K, V> {
  /**
   * Who must have a record before it counts as written: every replica that is in sync (`'all'` or -1), the leader alone (1), or nobody (0: no
   * answer, no offset). Anything but all turns the default `enableIdempotence` off. @default 'all' Kafka: `acks`
   */
  readonly acks?: 0 | 1 | -1 | 'all' | undefined
  /** Bytes up to which records share a batch; at least 0, which gives every record its own. @default 16384 Kafka: `batch.size` */
  readonly batchSize?: number | undefined
  /** Bytes that the batches of all partitions may take together; at least `batchSize`. Whoever finds no room waits. @default 33554432 Kafka: `buffer.memory` */
  readonly bufferMemory?: number | undefined
  /**
   * How batches are compressed, for example `gzip()` of @k/compression-gzip. Of several the first is taken that the broker understands: brokers
   * of before Kafka 2.1 know no zstd. @default none Kafka: `compression.type`
   */
  readonly compression?: Codec | readonly Codec[] | undefined
  /**
   * Milliseconds within which a record is acknowledged or fails, from its batch's beginning and over all attempts; at least `lingerMs` +
   * `requestTimeoutMs`. @default 120000 Kafka: `delivery.timeout.ms`
   */
  readonly deliveryTimeoutMs?: number | undefined
  /**
   * Whether brokers recognise what is sent again, so that nothing is written twice or out of order. Needs acks all, retries, and at most 5
   * requests in flight. @default true, unless those say otherwise Kafka: `enable.idempotence`
   */
  readonly enableIdempotence?: boolean | undefined
  /** See every record before it is sent, and every outcome. @default none Kafka: `interceptor.classes` */
  readonly interceptors?: readonly ProducerInterceptor<K, V>[] | undefined
  /** Turns keys into bytes; required unless they are strings or bytes already. @default none Kafka: `key.serializer` */
  readonly keySerializer?: Serializer<K> | undefined
  /** Turns values into bytes; required unless they are strings or bytes already. @default none Kafka: `value.serializer` */
  readonly valueSerializer?: Serializer<V> | undefined
  /** Milliseconds that a batch waits for more records; at least 0: those of the same tick. @default 0 Kafka: `linger.ms`, which is 5 there */
  readonly lingerMs?: number | undefined
  /** Milliseconds that a record may wait for metadata, for room and for its serializers; at least 0. @default 60000 Kafka: `max.block.ms` */
  readonly maxBlockMs?: number | undefined
  /**
   * Requests that may be on their way to one broker; at least 1. More than 5 turn the default `enableIdempotence` off. @default 5
   * Kafka: `max.in.flight.requests.per.connection`
   */
  readonly maxInFlightRequestsPerConnection?: number | undefined
  /** Bytes that one request may take, and so one record; at least 1. @default 1048576 Kafka: `max.request.size` */
  readonly maxRequestSize?: number | undefined
  /**
   * Milliseconds after which a topic that nothing is sent to is no longer kept fresh; the next record looks it up again. Looked at when metadata
   * is refreshed. @default 300000 Kafka: `metadata.max.idle.ms`
   */
  readonly metadataMaxIdleMs?: number | undefined
  /** Chooses the partition of records that name none: a partitioner or a function. @default defaultPartitioner() Kafka: `partitioner.class` */
  readonly partitioner?: Partitioner | PartitionFunction | undefined
  /** Whether the default partitioner sends less to partitions whose batches pile up (KIP-794). @default true Kafka: `partitioner.adaptive.partitioning.enable` */
  readonly partitionerAdaptivePartitioning?: boolean | undefined
  /**
   * Milliseconds that a broker may leave batches waiting before the default partitioner takes its partitions for unavailable; 0: for ever.
   * @default 0 Kafka: `partitioner.availability.timeout.ms`
   */
  readonly partitionerAvailabilityTimeoutMs?: number | undefined
  /** Whether the default partitioner treats records with keys like those without. @default false Kafka: `partitioner.ignore.keys` */
  readonly partitionerIgnoreKeys?: boolean | undefined
  /** How often a batch may be sent again, within `deliveryTimeoutMs`; at least 0, which turns the default `enableIdempotence` off. @default 2147483647 Kafka: `retries` */
  readonly retries?: number | undefined
  /**
   * Turns transactions on, and names them: a producer that begins with the same id ends what the one before left open, and fences it. Records are then
   * sent inside of transactions only. Needs `enableIdempotence`. @default none Kafka: `transactional.id`
   */
  readonly transactionalId?: string | undefined
  /**
   * Milliseconds from the first record of a transaction after which the broker aborts it; at least 1, and no more than `transaction.max.timeout.ms` of
   * the broker. Needs `transactionalId`. @default 60000 Kafka: `transaction.timeout.ms`
   */
  readonly transactionTimeoutMs?: number | undefined
}

/**
 * What a `transactionalId` demands of the other options, as far as types can say it. It is optional in both, since an `enableIdempotence` that is only
 * known to be a boolean has to fit each; that `transactionTimeoutMs` needs it, the constructor says.
 */
type Transactional =
  | { readonly transactionalId?: undefined }
  | {
      readonly transactionalId?: string | undefined
      readonly acks?: 'all' | -1 | undefined
      readonly enableIdempotence?: true | undefined
    }

/** What an explicit `enableIdempotence: true` demands of the other options, as far as types can say it. */
type Idempotence =
  | { readonly enableIdempotence?: false | undefined }
  | { readonly enableIdempotence: true; readonly acks?: 'all' | -1 | undefined }

type Needed<Name extends string, T> = [T] extends [Bytes] ? unknown : { readonly [P in Name]: Serializer<T> }

/** Everything a producer takes. A serializer is required for keys and values that are neither strings nor bytes. */
export type ProducerOptions<K = Bytes, V = Bytes> = ProducerSettings<K, V> &
  Connect &
  ClientOptions &
  Idempotence &
  Transactional &
  Needed<'keySerializer', K> &
  Needed<'valueSerializer', V>

/** {@link ProducerSettings} with every default filled in. Frozen. */
export interface ResolvedSettings {
  /** -1 for all. */
  readonly acks: 0 | 1 | -1
  readonly batchSize: number
  readonly bufferMemory: number
  /** In the order of preference; empty for none. */
  readonly compression: readonly Codec[]
  readonly deliveryTimeoutMs: number
  readonly enableIdempotence: boolean
  readonly keySerializer: SerializeFunction<unknown> | undefined
  readonly valueSerializer: SerializeFunction<unknown> | undefined
  readonly interceptors: readonly ProducerInterceptor<unknown, unknown>[]
  readonly lingerMs: number
  readonly maxBlockMs: number
  readonly maxInFlightRequestsPerConnection: number
  readonly maxRequestSize: number
  readonly metadataMaxIdleMs: number
  readonly partitioner: Partitioner
  readonly partitionerAdaptivePartitioning: boolean
  readonly partitionerAvailabilityTimeoutMs: number
  readonly partitionerIgnoreKeys: boolean
  readonly retries: number
  readonly transactionalId: string | undefined
  readonly transactionTimeoutMs: number
  /** The serializers and interceptors, which may want to be closed. */
  readonly closers: readonly ({ close?(): MaybePromise<void> } | undefined)[]
}

const MAX_INT32 = 2 ** 31 - 1
// A broker remembers so many batches of a producer.
const MAX_IN_FLIGHT_IDEMPOTENT = 5

const checks = {
  acks: (option: string, value: unknown) => {
    const acks = checkOneOf<0 | 1 | -1 | 'all'>(option, value, 'all', ['all', -1, 0, 1])
    return acks === 'all' ? -1 : acks
  },
  batchSize: number(16_384),
  bufferMemory: number(33_554_432, { min: 1 }),
  compression: checkCodecs,
  deliveryTimeoutMs: number(120_000, { fraction: true }),
  enableIdempotence: boolean(true),
  interceptors: checkInterceptors,
  keySerializer: checkSerializer,
  valueSerializer: checkSerializer,
  lingerMs: number(0, { fraction: true }),
  maxBlockMs: number(60_000),
  maxInFlightRequestsPerConnection: number(MAX_IN_FLIGHT_IDEMPOTENT, { min: 1 }),
  maxRequestSize: number(1_048_576, { min: 1, max: MAX_INT32 }),
  metadataMaxIdleMs: number(300_000, { min: 1, infinity: true }),
  partitioner: checkPartitioner,
  partitionerAdaptivePartitioning: boolean(true),
  partitionerAvailabilityTimeoutMs: number(0),
  partitionerIgnoreKeys: boolean(false),
  retries: number(MAX_INT32, { max: MAX_INT32 }),
  transactionalId: (option: string, value: unknown) => checkString(option, value, undefined),
  transactionTimeoutMs: number(60_000, { min: 1, max: MAX_INT32 }),
} satisfies { readonly [P in keyof ProducerSettings<unknown, unknown>]-?: Check<unknown> }

/** @throws ConfigError for names that no producer knows */
export function checkProducerNames(options: object): void {
  checkNames(options, [...clusterOptionNames, ...clientOptionNames, 'cluster', ...Object.keys(checks)], 'Producer')
}

/** Checks the producer's own options and fills in the defaults. @throws ConfigError */
export function resolveSettings<K, V>(
  options: ProducerSettings<K, V>,
  { requestTimeoutMs }: Pick<ResolvedClientOptions, 'requestTimeoutMs'>,
): ResolvedSettings {
  const settings = resolve<{ readonly [P in keyof typeof checks]: ReturnType<(typeof checks)[P]> }>(checks, options)
  const { batchSize, bufferMemory, transactionalId } = settings
  const missing = missingForIdempotence(settings)
  const { enableIdempotence = missing === undefined } = options
  if (transactionalId !== undefined && (missing !== undefined || !enableIdempotence)) {
    throw new ConfigError('transactionalId', `needs ${missing ?? 'enableIdempotence'}`)
  }
  if (enableIdempotence && missing !== undefined) throw new ConfigError('enableIdempotence', `needs ${missing}`)
  if (transactionalId === undefined && options.transactionTimeoutMs !== undefined) {
    throw new ConfigError('transactionTimeoutMs', 'needs a transactionalId')
  }
  if (batchSize > bufferMemory) throw new ConfigError('batchSize', 'is more than bufferMemory')
  const least = settings.lingerMs + requestTimeoutMs
  const { deliveryTimeoutMs = Math.max(settings.deliveryTimeoutMs, least) } = options
  if (deliveryTimeoutMs < least) throw new ConfigError('deliveryTimeoutMs', `needs at least lingerMs + requestTimeoutMs (${least})`)
  for (const [name, value] of Object.entries(options)) {
    if (typeof options.partitioner === 'function' && /^partitioner./.test(name) && value !== undefined) {
      throw new ConfigError(name, 'needs a partitioner object')
    }
  }
  return Object.freeze({
    ...settings,
    enableIdempotence,
    deliveryTimeoutMs,
    batchSize: Math.min(batchSize, settings.maxRequestSize),
    closers: [options.keySerializer, options.valueSerializer, ...settings.interceptors] as ResolvedSettings['closers'],
  })
}

/** What would have to be given for idempotence; undefined where nothing is missing. */
function missingForIdempotence(
  settings: Pick<ResolvedSettings, 'acks' | 'retries' | 'maxInFlightRequestsPerConnection'>,
): string | undefined {
  if (settings.acks !== -1) return "acks 'all'"
  if (settings.retries === 0) return 'retries'
  if (settings.maxInFlightRequestsPerConnection <= MAX_IN_FLIGHT_IDEMPOTENT) return undefined
  return `maxInFlightRequestsPerConnection of at most ${MAX_IN_FLIGHT_IDEMPOTENT}`
}

function boolean(fallback: boolean): Check<boolean> {
  return (option, value) => checkBoolean(option, value, fallback)
}

function checkCodecs(option: string, value: unknown = []): readonly Codec[] {
  const codecs: Codec[] = [value as Codec].flat()
  for (const codec of codecs) {
    if (typeof codec?.compress !== 'function') refuseOption(option, 'a codec such as gzip()', given(codec))
  }
  return codecs
}

function checkInterceptors(option: string, value: unknown = []): readonly ProducerInterceptor<unknown, unknown>[] {
  const isMethod = (method: unknown) => method === undefined || typeof method === 'function'
  const fits = (one: Partial<ProducerInterceptor> | null) =>
    typeof one === 'object' && one !== null && isMethod(one.onSend) && isMethod(one.onAcknowledgement)
  if (Array.isArray(value) && value.every(fits)) return [...value]
  refuseOption(option, 'an array of objects with methods', given(value))
}

function checkSerializer(option: string, value: unknown): SerializeFunction<unknown> | undefined {
  if (value === undefined || typeof value === 'function') return value as SerializeFunction<unknown> | undefined
  const serializer = checkMethods(option, value, value as SerializerObject<unknown>, ['serialize'])
  return (given, context) => serializer.serialize(given, context)
}

function checkPartitioner(option: string, value: unknown): Partitioner {
  if (typeof value === 'function') return partitionerOf(value as PartitionFunction)
  return checkMethods(option, value, defaultPartitioner(), ['forTopic'])
}
