import { ItemsError, type MaybePromise } from '@k/network'
import type { Bytes, Headers, RecordBatchBuilder } from '@k/protocol'
import { BatchBuilder, type BatchRecord, type EncodableRecord } from './batch-builder.ts'
import type { Delivery, PendingSends } from './delivery.ts'
import { ProduceError, produceError, type Reason } from './errors.ts'
import type { Interceptors } from './interceptors.ts'
import {
  checkBytes,
  checkContents,
  checkObject,
  checkRecord,
  checkTarget,
  headersOf,
  type ProducerRecord,
  timestampOf,
} from './producer-record.ts'
import type { RecordAccumulator } from './record-accumulator.ts'
import { RecordMetadata } from './record-metadata.ts'
import { isPromiseLike, type SerializeFunction } from './serializer.ts'
import type { Waiting } from './waiting-records.ts'

type AnyRecord = ProducerRecord<unknown, unknown>
type MaybeBytes = MaybePromise<Bytes | null>

/** Where a batch by hand is sent to. */
export interface BatchSendTarget {
  readonly topic: string
  readonly partition: number
}

/** What a record becomes before it has a partition. Key and value may still be promises of a serializer. */
interface Prepared {
  readonly key: MaybeBytes
  readonly value: MaybeBytes
  readonly headers: Headers | undefined
}

function isLater(prepared: Prepared | undefined): boolean {
  return prepared !== undefined && (isPromiseLike(prepared.key) || isPromiseLike(prepared.value))
}

/** The way in: records are checked and serialized, and appended or put in line, in the order of the calls. */
export class RecordIntake {
  readonly #accumulator: RecordAccumulator
  readonly #interceptors: Interceptors | undefined
  readonly #keySerializer: SerializeFunction<unknown> | undefined
  readonly #valueSerializer: SerializeFunction<unknown> | undefined

  constructor(
    accumulator: RecordAccumulator,
    keySerializer: SerializeFunction<unknown> | undefined,
    valueSerializer: SerializeFunction<unknown> | undefined,
    interceptors: Interceptors | undefined,
  ) {
    this.#interceptors = interceptors
    this.#accumulator = accumulator
    this.#keySerializer = keySerializer
    this.#valueSerializer = valueSerializer
  }

  /**
   * Takes one record. Answers its place in line where it could not be appended at once.
   * @throws ProduceError for what will never be appended
   */
  admit(record: AnyRecord, wantsMetadata: boolean, delivery: Delivery): Waiting | undefined {
    const interceptors = this.#interceptors
    if (interceptors === undefined) return this.#admit(record, wantsMetadata, delivery)
    try {
      return this.#admit(interceptors.onSend(record), true, interceptors.before(delivery))
    } catch (error) {
      interceptors.refused(error)
      throw error
    }
  }

  #admit(record: AnyRecord, wantsMetadata: boolean, delivery: Delivery): Waiting | undefined {
    checkRecord(record)
    const headers = record.headers === undefined ? undefined : headersOf(record)
    const key = this.#serialize(record, this.#keySerializer, record.key, headers)
    const value = this.#serialize(record, this.#valueSerializer, record.value, headers)
    if (isPromiseLike(key) || isPromiseLike(value)) {
      const waiting = this.#reserve(record, wantsMetadata, delivery)
      void this.#finishLater(waiting, record, { key, value, headers }, this.#timestampOf(record))
      return waiting
    }
    this.#check(record, key, value, headers)
    const metadata = wantsMetadata ? newMetadata(record, key, value) : undefined
    return this.#append(record, key, value, headers, metadata, delivery)
  }

  /**
   * Takes many records: none where one of them cannot be. Answers the places of those that could not be appended at once.
   * @throws ItemsError
   */
  admitAll(records: readonly AnyRecord[], pending: PendingSends): Waiting[] {
    const interceptors = this.#interceptors
    if (interceptors === undefined) return this.#admitAll(records, pending, pending)
    try {
      const intercepted = records.map((record) => interceptors.onSend(record))
      return this.#admitAll(intercepted, pending, interceptors.before(pending))
    } catch (error) {
      interceptors.refused(error)
      throw error
    }
  }

  #admitAll(records: readonly AnyRecord[], pending: PendingSends, delivery: Delivery): Waiting[] {
    const prepared = this.#prepareAll(records)
    if (prepared.some(isLater)) {
      const line = records.map((record) => this.#reserve(record, true, delivery))
      for (const { metadata } of line) pending.metadata.push(metadata!)
      const now = this.#accumulator.now()
      void this.#finishAllLater(line, records, prepared, now)
      return line
    }
    const line: Waiting[] = []
    for (let i = 0; i < records.length; i++) {
      const record = records[i]!
      const { key = null, value, headers } = (prepared[i] ?? record) as { key?: Bytes | null; value: Bytes | null; headers?: Headers }
      const metadata = newMetadata(record, key, value)
      pending.metadata.push(metadata)
      let waiting: Waiting | undefined
      try {
        waiting = this.#append(record, key, value, headers, metadata, delivery)
      } catch (error) {
        delivery.failed(error as ProduceError, metadata)
      }
      if (waiting !== undefined) line.push(waiting)
    }
    return line
  }

  /** Takes a batch that was put together by hand. Answers its place in line where it could not be taken at once. @throws ProduceError */
  admitBatch(batch: BatchBuilder<never, never>, target: BatchSendTarget, delivery: Delivery): Waiting | undefined {
    checkTarget(target)
    const { topic: name, partition } = target
    const accumulator = this.#accumulator
    let builder: RecordBatchBuilder
    try {
      builder = BatchBuilder.take(batch)
    } catch (error) {
      throw produceError(error as Error, { topic: name, partition, maybeWritten: false })
    }
    const topic = accumulator.topic(name)
    const metadata = new RecordMetadata(name, -1, -1, -1)
    if (accumulator.appendBatch(topic, partition, builder, metadata, delivery)) return undefined
    const waiting = accumulator.waiting.add(topic, metadata, delivery)
    accumulator.waiting.ready(waiting, { ...NOTHING, partition, batch: builder })
    return waiting
  }

  /** What goes into a batch by hand. @throws ProduceError */
  encodable(given: BatchRecord<unknown, unknown>): EncodableRecord {
    checkObject(given)
    const { key: givenKey, value: givenValue, timestamp, headers: givenHeaders } = given
    const record: AnyRecord = { topic: '', key: givenKey, value: givenValue, timestamp, headers: givenHeaders }
    checkContents('', undefined, timestamp, givenKey, givenValue)
    const headers = headersOf(record)
    const key = this.#serialize(record, this.#keySerializer, record.key, headers)
    const value = this.#serialize(record, this.#valueSerializer, record.value, headers)
    if (isPromiseLike(key) || isPromiseLike(value)) {
      const message = 'a batch by hand needs serializers that answer at once; hand in what they have made, as text or bytes'
      throw failure(record, { code: 'INVALID_ARGUMENT', message })
    }
    this.#check(record, key, value, headers)
    return { key, value, headers, timestamp: this.#timestampOf(record) }
  }

  /** What serializers and headers made of each record; undefined for a record that goes as it is. */
  #prepareAll(records: readonly AnyRecord[]): (Prepared | undefined)[] {
    const isPlain = this.#keySerializer === undefined && this.#valueSerializer === undefined
    const prepared: (Prepared | undefined)[] = []
    const errors = new Map<number, ProduceError>()
    for (let i = 0; i < records.length; i++) {
      const record = records[i]!
      try {
        checkRecord(record)
        if (isPlain && record.headers === undefined) {
          const { key = null, value } = record as ProducerRecord
          this.#check(record, key, value, undefined)
          prepared.push(undefined)
          continue
        }
        const headers = headersOf(record)
        const key = this.#serialize(record, this.#keySerializer, record.key, headers)
        const value = this.#serialize(record, this.#valueSerializer, record.value, headers)
        if (!isPromiseLike(key) && !isPromiseLike(value)) this.#check(record, key, value, headers)
        prepared.push({ key, value, headers })
      } catch (error) {
        errors.set(i, error as ProduceError)
      }
    }
    if (errors.size > 0) throw refusal(records, errors)
    return prepared
  }

  async #finishLater(waiting: Waiting, record: AnyRecord, { key, value, headers }: Prepared, timestamp: number): Promise<void> {
    try {
      const [k, v] = await Promise.all([key, value])
      this.#ready(waiting, record, k, v, headers, timestamp)
    } catch (error) {
      this.#accumulator.waiting.fail(waiting, serializationError(record, error))
    }
  }

  async #finishAllLater(
    line: readonly Waiting[],
    records: readonly AnyRecord[],
    prepared: readonly (Prepared | undefined)[],
    now: number,
  ): Promise<void> {
    const errors = new Map<number, ProduceError>()
    const results = await Promise.all(
      records.map(async (record, i) => {
        const { key = null, value, headers } = (prepared[i] ?? record) as Prepared
        try {
          const [k, v] = await Promise.all([key, value])
          this.#check(record, k, v, headers)
          return [k, v] as const
        } catch (error) {
          errors.set(i, serializationError(record, error))
          return undefined
        }
      }),
    )
    for (const [i, waiting] of line.entries()) {
      const result = results[i]
      if (errors.size > 0 || result === undefined) {
        this.#accumulator.waiting.fail(waiting, errors.get(i) ?? notAttempted(records[i]!))
        continue
      }
      const record = records[i]!
      this.#ready(waiting, record, result[0], result[1], prepared[i]?.headers, timestampOf(record) ?? now)
    }
  }

  #serialize(
    record: AnyRecord,
    serializer: SerializeFunction<unknown> | undefined,
    given: unknown,
    headers: Headers | undefined,
  ): MaybeBytes {
    if (given === null || given === undefined) return null
    if (serializer === undefined) return given as Bytes
    try {
      return serializer(given, { topic: record.topic, headers })
    } catch (error) {
      throw serializationError(record, error)
    }
  }

  /** @throws ProduceError for what is neither text nor bytes, or too large */
  #check(record: AnyRecord, key: Bytes | null, value: Bytes | null, headers: Headers | undefined): void {
    checkBytes(record, key, value)
    try {
      this.#accumulator.checkSize(key, value, headers)
    } catch (error) {
      throw failure(record, error as Error)
    }
  }

  #append(
    record: AnyRecord,
    key: Bytes | null,
    value: Bytes | null,
    headers: Headers | undefined,
    metadata: RecordMetadata | undefined,
    delivery: Delivery,
  ): Waiting | undefined {
    const accumulator = this.#accumulator
    const { partition } = record
    const timestamp = timestampOf(record)
    const topic = accumulator.topic(record.topic)
    try {
      if (accumulator.append(topic, partition, timestamp, key, value, headers, metadata, delivery)) return undefined
    } catch (error) {
      throw failure(record, error as Error)
    }
    const waiting = accumulator.waiting.add(topic, metadata, delivery)
    accumulator.waiting.ready(waiting, { key, value, partition, timestamp: timestamp ?? accumulator.now(), headers })
    return waiting
  }

  #reserve(record: AnyRecord, wantsMetadata: boolean, delivery: Delivery): Waiting {
    const metadata = wantsMetadata ? newMetadata(record, null, null) : undefined
    return this.#accumulator.waiting.add(this.#accumulator.topic(record.topic), metadata, delivery)
  }

  #timestampOf(record: AnyRecord): number {
    return timestampOf(record) ?? this.#accumulator.now()
  }

  /** @throws ProduceError for what cannot be sent */
  #ready(
    waiting: Waiting,
    record: AnyRecord,
    key: Bytes | null,
    value: Bytes | null,
    headers: Headers | undefined,
    timestamp: number | undefined,
  ): void {
    if (waiting.isDone) return
    this.#check(record, key, value, headers)
    const { metadata } = waiting
    if (metadata !== undefined) {
      metadata.serializedKeySize = sizeOf(key)
      metadata.serializedValueSize = sizeOf(value)
    }
    const { partition } = record
    this.#accumulator.waiting.ready(waiting, { key, value, partition, timestamp, headers })
  }
}

const NOTHING = { key: null, value: null, timestamp: undefined, headers: undefined }

function newMetadata(record: AnyRecord, key: Bytes | null, value: Bytes | null): RecordMetadata {
  return new RecordMetadata(record.topic, -1, sizeOf(key), sizeOf(value))
}

function sizeOf(bytes: Bytes | null): number {
  if (bytes === null) return -1
  return typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length
}

function failure({ topic, partition }: AnyRecord, reason: Reason | Error): ProduceError {
  return produceError(reason, { topic, partition, maybeWritten: false })
}

function serializationError(record: AnyRecord, cause: unknown): ProduceError {
  if (ProduceError.is(cause)) return cause
  const why = cause instanceof Error ? cause.message : String(cause)
  return failure(record, { code: 'SERIALIZATION_FAILED', message: `its serializer threw: ${why}`, cause })
}

function notAttempted(record: AnyRecord): ProduceError {
  return failure(record, { code: 'OPERATION_NOT_ATTEMPTED', message: 'another record of the same call cannot be sent', retriable: true })
}

/** The refusal of a whole call: `errors` by the index of the record, and for the others that they were not attempted. */
export function refusal(records: readonly AnyRecord[], errors: ReadonlyMap<number, ProduceError>): ItemsError {
  const results = records.map((item, i) => ({ ok: false as const, item, error: errors.get(i) ?? notAttempted(item) }))
  return new ItemsError('send', results)
}
