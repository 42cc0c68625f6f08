import type { TimestampType } from '@k/protocol'
import type { PartitionState } from './partition-state.ts'
import { NO_HEADERS, type RecordHeaders, readRecordHeaders } from './record-headers.ts'

/** What the records of one batch share. */
export interface RecordOrigin {
  /** The partition as it was assigned when the record was handed out. */
  readonly state: PartitionState
  /** The state's seeks at that time. */
  readonly seeks: number
  /** Holds the bytes of the records. */
  readonly buffer: Buffer
  readonly timestampType: TimestampType
  readonly leaderEpoch: number
}

/** Where the parts of a record lie in its origin's buffer. A `RecordReader` fits. */
export interface RecordPositions {
  readonly offset: number
  readonly timestamp: number
  readonly keyStart: number
  /** -1 for null. */
  readonly keyLength: number
  readonly valueStart: number
  /** -1 for null. */
  readonly valueLength: number
  readonly headersStart: number
  readonly headerCount: number
}

const UNREAD = Symbol('unread')

let originOfRecord: (record: ConsumerRecord<unknown, unknown>) => RecordOrigin
let setDeserialized: (record: ConsumerRecord<unknown, unknown>, key: unknown, value: unknown) => void

/**
 * A record that was read. It and its bytes stay valid for ever and are never reused; without a deserializer `key` and `value` are views of the
 * fetched bytes, made when asked for: {@link ConsumerRecord.detach} copies, so that a record that is kept does not hold a whole fetch.
 */
export class ConsumerRecord<K = Buffer, V = Buffer> {
  /** Its place in the partition. */
  readonly offset: number
  /** Milliseconds since the epoch, rounded beyond 2^53; -1 where records had no timestamp yet (before Kafka 0.10). */
  readonly timestamp: number
  readonly #origin: RecordOrigin
  readonly #keyStart: number
  readonly #keyLength: number
  readonly #valueStart: number
  readonly #valueLength: number
  readonly #headersStart: number
  readonly #headerCount: number
  #key: K | null | typeof UNREAD = UNREAD
  #value: V | null | typeof UNREAD = UNREAD
  #headers: RecordHeaders | undefined = undefined

  constructor(origin: RecordOrigin, positions: RecordPositions) {
    this.offset = positions.offset
    this.timestamp = positions.timestamp
    this.#origin = origin
    this.#keyStart = positions.keyStart
    this.#keyLength = positions.keyLength
    this.#valueStart = positions.valueStart
    this.#valueLength = positions.valueLength
    this.#headersStart = positions.headersStart
    this.#headerCount = positions.headerCount
  }

  /** The topic's name. */
  get topic(): string {
    return this.#origin.state.topic
  }

  /** The partition's number. */
  get partition(): number {
    return this.#origin.state.partition
  }

  /** Whose clock the timestamp comes from: the producer's or the broker's. */
  get timestampType(): TimestampType {
    return this.#origin.timestampType
  }

  /** What the key deserializer made of the key; null where the record has none. */
  get key(): K | null {
    if (this.#key === UNREAD) this.#key = this.#bytes(this.#keyStart, this.#keyLength) as K | null
    return this.#key
  }

  /** What the value deserializer made of the value; null where the record has none (a tombstone). */
  get value(): V | null {
    if (this.#value === UNREAD) this.#value = this.#bytes(this.#valueStart, this.#valueLength) as V | null
    return this.#value
  }

  /** The headers, in order; empty where there are none. */
  get headers(): RecordHeaders {
    if (this.#headers === undefined) {
      this.#headers = this.#headerCount === 0 ? NO_HEADERS : readRecordHeaders(this.#origin.buffer, this.#headersStart)
    }
    return this.#headers
  }

  /** Bytes of the key; undefined where there is none. */
  get serializedKeySize(): number | undefined {
    return this.#keyLength < 0 ? undefined : this.#keyLength
  }

  /** Bytes of the value; undefined where there is none. */
  get serializedValueSize(): number | undefined {
    return this.#valueLength < 0 ? undefined : this.#valueLength
  }

  /** The epoch of the leader that appended the record; undefined where nobody knows. */
  get leaderEpoch(): number | undefined {
    const { leaderEpoch } = this.#origin
    return leaderEpoch < 0 ? undefined : leaderEpoch
  }

  /** {@link ConsumerRecord.offset} as a bigint. */
  get offsetBigInt(): bigint {
    return BigInt(this.offset)
  }

  /** The same record on memory of its own: a kept record then holds its own bytes alone, not those of the whole fetch. */
  detach(): ConsumerRecord<K, V> {
    const from = this.#origin.buffer
    const headersEnd = this.#headerCount === 0 ? this.#headersStart : endOfHeaders(from, this.#headersStart, this.#headerCount)
    // Key, value and headers lie one after another.
    const start = this.#keyStart
    const buffer = Buffer.allocUnsafeSlow(headersEnd - start)
    from.copy(buffer, 0, start, headersEnd)
    const detached = new ConsumerRecord<K, V>(
      { ...this.#origin, buffer },
      {
        offset: this.offset,
        timestamp: this.timestamp,
        keyStart: 0,
        keyLength: this.#keyLength,
        valueStart: this.#valueStart - start,
        valueLength: this.#valueLength,
        headersStart: this.#headersStart - start,
        headerCount: this.#headerCount,
      },
    )
    if (!isViewOf(from, this.#key)) detached.#key = this.#key
    if (!isViewOf(from, this.#value)) detached.#value = this.#value
    return detached
  }

  /** All fields as a plain object. */
  toJSON(): Record<string, unknown> {
    const { topic, partition, offset, timestamp, timestampType, key, value, headers, leaderEpoch } = this
    return { topic, partition, offset, timestamp, timestampType, key, value, headers, leaderEpoch }
  }

  [Symbol.for('nodejs.util.inspect.custom')](
    _depth: number,
    options: object,
    inspect: (value: unknown, options: object) => string,
  ): string {
    return `ConsumerRecord ${inspect({ ...this.toJSON(), headers: [...this.headers] }, options)}`
  }

  #bytes(start: number, length: number): Buffer | null {
    return length < 0 ? null : this.#origin.buffer.subarray(start, start + length)
  }

  static {
    originOfRecord = (record) => record.#origin
    setDeserialized = (record, key, value) => {
      record.#key = key
      record.#value = value
    }
  }
}

/** Where a record comes from. For this package alone. */
export function originOf(record: ConsumerRecord<unknown, unknown>): RecordOrigin {
  return originOfRecord(record)
}

/** Sets what the deserializers made of a record. For this package alone. */
export function setKeyAndValue(record: ConsumerRecord<unknown, unknown>, key: unknown, value: unknown): void {
  setDeserialized(record, key, value)
}

function isViewOf(buffer: Buffer, value: unknown): boolean {
  return value === UNREAD || (value instanceof Uint8Array && value.buffer === buffer.buffer)
}

// Only called on what a RecordReader has checked.
function endOfHeaders(buffer: Buffer, start: number, count: number): number {
  let at = start
  const varint = () => {
    let zigzag = 0
    for (let shift = 0; ; shift += 7) {
      const byte = buffer[at++]!
      zigzag |= (byte & 127) << shift
      if (byte < 128) return (zigzag >>> 1) ^ -(zigzag & 1)
    }
  }
  varint()
  for (let left = count * 2; left > 0; left--) {
    const length = varint()
    if (length > 0) at += length
  }
  return at
}
