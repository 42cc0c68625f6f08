import { brandClass, isBranded, KafkaError, type KafkaErrorCode } from '@k/protocol'

/** Where a {@link PartitionError} happened. */
export interface PartitionErrorOptions {
  readonly topic: string
  readonly partition: number
  /** The offset at which reading stands. */
  readonly offset: number
  readonly cause?: unknown
  readonly retriable?: boolean
}

/**
 * A partition cannot be read on: corrupt or undecodable records, no offset to begin at, no permission. The position stays where it is, so the
 * next read meets the same again, unless `seek` goes past it.
 */
export class PartitionError<C extends KafkaErrorCode = KafkaErrorCode> extends KafkaError<C> {
  /** The topic's name. */
  readonly topic: string
  /** The partition's number. */
  readonly partition: number
  /** The offset at which reading stands; -1 where there is none yet. */
  readonly offset: number

  constructor(code: C, message: string, options: PartitionErrorOptions) {
    super(code, message, { cause: options.cause, retriable: options.retriable ?? false })
    this.topic = options.topic
    this.partition = options.partition
    this.offset = options.offset
  }

  /** Like {@link KafkaError.is}, for this class. */
  static override is<C extends KafkaErrorCode = KafkaErrorCode>(error: unknown, ...codes: C[]): error is PartitionError<C> {
    return isBranded(error, PARTITION_ERROR, codes)
  }
}

const PARTITION_ERROR = brandClass(PartitionError, 'PartitionError')

/** The record that a deserializer refused. */
export interface RawRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly rawKey: Buffer | null
  readonly rawValue: Buffer | null
}

/** A deserializer threw. The position stays at the record: seek past it, or set `onDeserializationError`. */
export class DeserializationError extends PartitionError<'DESERIALIZATION_FAILED'> {
  // Private, so that the payload is in no log and no inspection.
  readonly #record: RawRecord

  /** @param part - which half of the record was refused */
  constructor(part: 'key' | 'value', record: RawRecord, cause: unknown) {
    const { topic, partition, offset } = record
    super(
      'DESERIALIZATION_FAILED',
      `the ${part}Deserializer threw at offset ${offset} of ${topic}-${partition}: ${cause instanceof Error ? cause.message : String(cause)}; ` +
        "to go on, seek past that offset, or set onDeserializationError: 'skip'",
      { topic, partition, offset, cause },
    )
    this.#record = record
  }

  /** The key as it was read: a view. */
  get rawKey(): Buffer | null {
    return this.#record.rawKey
  }

  /** The value as it was read: a view. */
  get rawValue(): Buffer | null {
    return this.#record.rawValue
  }

  /** Like {@link KafkaError.is}, for this class. */
  static override is<C extends KafkaErrorCode = KafkaErrorCode>(
    error: unknown,
    ...codes: C[]
  ): error is DeserializationError & KafkaError<C & 'DESERIALIZATION_FAILED'> {
    return isBranded(error, DESERIALIZATION_ERROR, codes)
  }
}

const DESERIALIZATION_ERROR = brandClass(DeserializationError, 'DeserializationError')
