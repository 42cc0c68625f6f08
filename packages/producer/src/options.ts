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
  type ResolvedClientOptions,
} from '@k/network'
import { type Bytes, type Codec, ConfigError } from '@k/protocol'
import type { ProducerInterceptor } from './interceptor.ts'
import { defaultPartitioner, type Partitioner, type PartitionFunction, partitionerOf } from './partitioner.ts'
import { type SerializeFunction, type Serializer, type SerializerObject, serializeFunctionOf } from './serializer.ts'

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
  readonly codecs: readonly Codec[]
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
  /** The serializers that want to be closed. */
  readonly closers: readonly SerializerObject<never>[]
}

const names = [
  'acks',
  'batchSize',
  'bufferMemory',
  'compression',
  'deliveryTimeoutMs',
  'enableIdempotence',
  'interceptors',
  'keySerializer',
  'valueSerializer',
  'lingerMs',
  'maxBlockMs',
  'maxInFlightRequestsPerConnection',
  'maxRequestSize',
  'metadataMaxIdleMs',
  'partitioner',
  'partitionerAdaptivePartitioning',
  'partitionerAvailabilityTimeoutMs',
  'partitionerIgnoreKeys',
  'retries',
  'transactionalId',
  'transactionTimeoutMs',
] as const satisfies readonly (keyof ProducerSettings<unknown, unknown>)[]

const MAX_INT32 = 2 ** 31 - 1
// A broker remembers so many batches of a producer.
const MAX_IN_FLIGHT_IDEMPOTENT = 5
const IDEMPOTENCE_NEEDS = `acks 'all', retries of at least 1 and maxInFlightRequestsPerConnection of at most ${MAX_IN_FLIGHT_IDEMPOTENT}`

/** @throws ConfigError for names that no producer knows */
export function checkProducerNames(options: object): void {
  checkNames(options, [...clusterOptionNames, ...clientOptionNames, 'cluster', ...names], 'Producer')
}

/** Checks the producer's own options and fills in the defaults. @throws ConfigError */
export function resolveSettings<K, V>(
  options: ProducerSettings<K, V>,
  { requestTimeoutMs }: Pick<ResolvedClientOptions, 'requestTimeoutMs'>,
): ResolvedSettings {
  const o = options
  const acks = checkOneOf('acks', o.acks, 'all', ['all', -1, 0, 1])
  const batchSize = checkNumber('batchSize', o.batchSize, 16_384, { max: MAX_INT32 })
  const bufferMemory = checkNumber('bufferMemory', o.bufferMemory, 33_554_432, { min: 1 })
  if (batchSize > bufferMemory) {
    throw new ConfigError('batchSize', `(${batchSize}) must not be more than bufferMemory (${bufferMemory}), which all batches share`)
  }
  const maxRequestSize = checkNumber('maxRequestSize', o.maxRequestSize, 1_048_576, { min: 1, max: MAX_INT32 })
  const lingerMs = checkNumber('lingerMs', o.lingerMs, 0, { fraction: true, max: MAX_INT32 })
  const pipeline = {
    acks: acks === 'all' ? (-1 as const) : acks,
    retries: checkNumber('retries', o.retries, MAX_INT32, { max: MAX_INT32 }),
    maxInFlightRequestsPerConnection: checkNumber('maxInFlightRequestsPerConnection', o.maxInFlightRequestsPerConnection, 5, { min: 1 }),
  }
  return Object.freeze({
    ...pipeline,
    enableIdempotence: resolveIdempotence(o.enableIdempotence, pipeline),
    ...resolveTransactions(o, pipeline),
    batchSize: Math.min(batchSize, maxRequestSize),
    bufferMemory,
    maxRequestSize,
    lingerMs,
    codecs: resolveCodecs(o.compression),
    deliveryTimeoutMs: resolveDeliveryTimeout(o.deliveryTimeoutMs, lingerMs + requestTimeoutMs),
    maxBlockMs: checkNumber('maxBlockMs', o.maxBlockMs, 60_000),
    metadataMaxIdleMs: checkNumber('metadataMaxIdleMs', o.metadataMaxIdleMs, 300_000, { min: 1, infinity: true }),
    interceptors: resolveInterceptors(o.interceptors),
    keySerializer: resolveSerializer('keySerializer', o.keySerializer),
    valueSerializer: resolveSerializer('valueSerializer', o.valueSerializer),
    ...resolvePartitioning(o),
    closers: [o.keySerializer, o.valueSerializer].filter((serializer) => typeof serializer === 'object'),
  })
}

function resolveIdempotence(
  wanted: boolean | undefined,
  pipeline: Pick<ResolvedSettings, 'acks' | 'retries' | 'maxInFlightRequestsPerConnection'>,
): boolean {
  const against = againstIdempotence(pipeline)
  if (!checkBoolean('enableIdempotence', wanted, against === undefined)) return false
  if (against === undefined) return true
  throw new ConfigError('enableIdempotence', `cannot be true with ${against}: it needs ${IDEMPOTENCE_NEEDS}`)
}

function resolveTransactions(
  o: Pick<ProducerSettings<unknown, unknown>, 'transactionalId' | 'transactionTimeoutMs' | 'enableIdempotence'>,
  pipeline: Pick<ResolvedSettings, 'acks' | 'retries' | 'maxInFlightRequestsPerConnection'>,
): Pick<ResolvedSettings, 'transactionalId' | 'transactionTimeoutMs'> {
  const transactionalId = checkString('transactionalId', o.transactionalId, undefined)
  const transactionTimeoutMs = checkNumber('transactionTimeoutMs', o.transactionTimeoutMs, 60_000, { min: 1, max: MAX_INT32 })
  if (transactionalId !== undefined) {
    const against = o.enableIdempotence === false ? 'enableIdempotence false' : againstIdempotence(pipeline)
    if (against !== undefined) {
      throw new ConfigError(
        'transactionalId',
        `cannot be given with ${against}: transactions need enableIdempotence, which needs ${IDEMPOTENCE_NEEDS}`,
      )
    }
  } else if (o.transactionTimeoutMs !== undefined) {
    throw new ConfigError('transactionTimeoutMs', 'needs a transactionalId: without one there are no transactions')
  }
  return { transactionalId, transactionTimeoutMs }
}

function againstIdempotence({
  acks,
  retries,
  maxInFlightRequestsPerConnection,
}: Pick<ResolvedSettings, 'acks' | 'retries' | 'maxInFlightRequestsPerConnection'>): string | undefined {
  if (acks !== -1) return `acks ${acks}`
  if (retries === 0) return 'retries 0'
  const isTooMany = maxInFlightRequestsPerConnection > MAX_IN_FLIGHT_IDEMPOTENT
  return isTooMany ? `maxInFlightRequestsPerConnection ${maxInFlightRequestsPerConnection}` : undefined
}

function resolveDeliveryTimeout(wanted: number | undefined, least: number): number {
  const deliveryTimeoutMs = checkNumber('deliveryTimeoutMs', wanted, Math.max(120_000, least), {
    fraction: true,
    max: Number.MAX_SAFE_INTEGER,
  })
  if (deliveryTimeoutMs >= least) return deliveryTimeoutMs
  throw new ConfigError(
    'deliveryTimeoutMs',
    `(${deliveryTimeoutMs}) must be at least lingerMs + requestTimeoutMs (${least}): one attempt takes that long`,
  )
}

function resolveCodecs(compression: Codec | readonly Codec[] | undefined): readonly Codec[] {
  if (compression === undefined) return []
  const codecs: readonly Codec[] = Array.isArray(compression) ? compression : [compression]
  for (const codec of codecs) checkCodec(codec)
  return Object.freeze([...codecs])
}

function checkCodec(codec: Codec): void {
  const fits = typeof codec === 'object' && codec !== null && typeof codec.compress === 'function' && codec.id >= 1 && codec.id <= 4
  if (fits) return
  const hint = typeof codec === 'function' ? '; call it: gzip()' : ''
  throw new ConfigError('compression', `must be a codec, for example gzip() of @k/compression-gzip; given was ${given(codec)}${hint}`)
}

function resolveInterceptors(interceptors: readonly ProducerInterceptor<unknown, unknown>[] | undefined): ResolvedSettings['interceptors'] {
  if (interceptors === undefined) return []
  const fits = Array.isArray(interceptors) && interceptors.every(isInterceptor)
  if (fits) return Object.freeze([...interceptors])
  const what = 'must be an array of objects with onSend(), onAcknowledgement() or close()'
  throw new ConfigError('interceptors', `${what}; given was ${given(interceptors)}`)
}

function isInterceptor(interceptor: unknown): boolean {
  if (typeof interceptor !== 'object' || interceptor === null) return false
  const { onSend, onAcknowledgement, close } = interceptor as ProducerInterceptor
  return [onSend, onAcknowledgement, close].every((method) => method === undefined || typeof method === 'function')
}

function resolveSerializer<T>(option: string, serializer: Serializer<T> | undefined): SerializeFunction<unknown> | undefined {
  if (serializer === undefined) return undefined
  if (typeof serializer !== 'function' && typeof serializer?.serialize !== 'function') {
    throw new ConfigError(option, `must be a function or an object with serialize(); given was ${given(serializer)}`)
  }
  return serializeFunctionOf(serializer) as SerializeFunction<unknown>
}

type PartitionerSettings = Pick<
  ProducerSettings<unknown, unknown>,
  'partitioner' | 'partitionerAdaptivePartitioning' | 'partitionerAvailabilityTimeoutMs' | 'partitionerIgnoreKeys'
>

function resolvePartitioning(o: PartitionerSettings) {
  const { partitioner } = o
  for (const name of ['partitionerAdaptivePartitioning', 'partitionerAvailabilityTimeoutMs', 'partitionerIgnoreKeys'] as const) {
    if (typeof partitioner !== 'function' || o[name] === undefined) continue
    throw new ConfigError(name, 'is an option of defaultPartitioner(), and cannot be given together with a function of your own')
  }
  return {
    partitioner: resolvePartitioner(partitioner),
    partitionerAdaptivePartitioning: checkBoolean('partitionerAdaptivePartitioning', o.partitionerAdaptivePartitioning, true),
    partitionerAvailabilityTimeoutMs: checkNumber('partitionerAvailabilityTimeoutMs', o.partitionerAvailabilityTimeoutMs, 0),
    partitionerIgnoreKeys: checkBoolean('partitionerIgnoreKeys', o.partitionerIgnoreKeys, false),
  }
}

function resolvePartitioner(partitioner: Partitioner | PartitionFunction | undefined): Partitioner {
  if (typeof partitioner === 'function') return partitionerOf(partitioner)
  return checkMethods('partitioner', partitioner, defaultPartitioner(), ['forTopic'])
}
