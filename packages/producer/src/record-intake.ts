import type { MaybePromise } from '@k/network'
import type { Bytes, Headers } from '@k/protocol'
import { BatchBuilder, type BatchRecord, type EncodableRecord } from './batch-builder.ts'
import type { Delivery } from './delivery.ts'
import { messageOf, ProduceError, produceError } from './errors.ts'
import type { ResolvedSettings } from './options.ts'
import { checkBytes, checkContents, checkObject, checkTarget, headersOf, type ProducerRecord, timestampOf } from './producer-record.ts'
import type { RecordAccumulator } from './record-accumulator.ts'
import { RecordMetadata } from './record-metadata.ts'
import { isPromiseLike, type SerializeFunction, type SerializerContext } from './serializer.ts'
import type { SerializedRecord } from './waiting-record.ts'
import type { Waiting } from './waiting-records.ts'

type AnyRecord = ProducerRecord<unknown, unknown>

/** Where a batch by hand is sent to. */
export interface BatchSendTarget {
  /** The name of the topic. */
  readonly topic: string
  /** From 0. */
  readonly partition: number
}

/** A record whose key and value may still be promises of a serializer. */
type Prepared = Omit<SerializedRecord, 'key' | 'value'> & { readonly [P in 'key' | 'value']: MaybePromise<Bytes | null> }

/** The way in: records are checked and serialized, and appended or put in line, in the order of the calls. */
export class RecordIntake {
  readonly #accumulator: RecordAccumulator
  readonly #settings: Pick<ResolvedSettings, 'keySerializer' | 'valueSerializer'>

  constructor(accumulator: RecordAccumulator, settings: Pick<ResolvedSettings, 'keySerializer' | 'valueSerializer'>) {
    this.#accumulator = accumulator
    this.#settings = settings
  }

  /**
   * Takes one record. Answers its place in line where it could not be appended at once.
   * @throws ProduceError for what will never be appended
   */
  admit(record: AnyRecord, metadata: RecordMetadata | undefined, delivery: Delivery): Waiting | undefined {
    const prepared = this.#prepare(record)
    if (isLater(prepared)) return this.#admitLater([record], [prepared!], [metadata], delivery)[0]
    return this.#append(record, prepared, metadata, delivery)
  }

  /** Takes many records: none where one of them cannot be. Answers the places of those that could not be appended at once. */
  admitAll(records: readonly AnyRecord[], metadata: readonly RecordMetadata[], delivery: Delivery): Waiting[] {
    const prepared: (Prepared | undefined)[] = []
    const errors = new Map<number, ProduceError>()
    for (let i = 0; i < records.length; i++) {
      try {
        prepared.push(this.#prepare(records[i]!))
      } catch (error) {
        errors.set(i, error as ProduceError)
      }
    }
    if (errors.size === 0 && prepared.some(isLater)) return this.#admitLater(records, prepared as Prepared[], metadata, delivery)
    const line: Waiting[] = []
    for (let i = 0; i < records.length; i++) {
      try {
        if (errors.size > 0) throw errors.get(i) ?? notAttempted(records[i]!)
        const waiting = this.#append(records[i]!, prepared[i], metadata[i], delivery)
        if (waiting !== undefined) line.push(waiting)
      } catch (error) {
        delivery.ended(error as ProduceError, metadata[i])
      }
    }
    return line
  }

  /** Takes a batch that was put together by hand. Answers its place in line where it could not be taken at once. @throws ProduceError */
  admitBatch(batch: BatchBuilder<never, never>, target: BatchSendTarget, delivery: Delivery): Waiting | undefined {
    checkObject(target, 'the { topic, partition } of a batch')
    checkTarget(target)
    const { topic, partition } = target
    const record = { key: null, value: null, partition, timestamp: undefined, headers: undefined, batch: BatchBuilder.take(batch, target) }
    return this.#append({ topic, partition, value: null }, record, new RecordMetadata(), delivery)
  }

  /** What goes into a batch by hand. @throws ProduceError */
  encodable(given: BatchRecord<unknown, unknown>): EncodableRecord {
    checkObject(given)
    const { key, value, timestamp, headers } = given
    const record: AnyRecord = { topic: '', key, value, timestamp, headers }
    checkContents(record)
    const prepared = this.#serialize(record)
    if (!isLater(prepared)) return prepared as SerializedRecord & EncodableRecord
    throw produceError({ code: 'INVALID_ARGUMENT', message: 'a batch by hand needs serializers that answer at once' }, record)
  }

  /** What serializers and headers made of a record; undefined for one that goes as it is. @throws ProduceError */
  #prepare(record: AnyRecord): Prepared | undefined {
    checkObject(record)
    checkTarget(record)
    checkContents(record)
    const { keySerializer, valueSerializer } = this.#settings
    if (keySerializer !== undefined || valueSerializer !== undefined || record.headers !== undefined) return this.#serialize(record)
    const { key = null, value } = record as ProducerRecord
    this.#check(record, key, value, undefined)
    return undefined
  }

  #serialize(record: AnyRecord): Prepared {
    const { keySerializer, valueSerializer } = this.#settings
    const headers = headersOf(record)
    const context = { topic: record.topic, headers }
    let key: MaybePromise<Bytes | null>
    let value: MaybePromise<Bytes | null>
    try {
      key = serialized(keySerializer, record.key, context)
      value = serialized(valueSerializer, record.value, context)
    } catch (error) {
      throw serializationError(record, error)
    }
    const prepared = this.#copyOf(record, key, value, headers)
    if (!isLater(prepared)) this.#check(record, key as Bytes | null, value as Bytes | null, headers)
    return prepared
  }

  #copyOf<T>(record: AnyRecord, key: T, value: T, headers: Headers | undefined) {
    return { key, value, headers, partition: record.partition, timestamp: timestampOf(record) ?? this.#accumulator.now() }
  }

  #append(
    record: AnyRecord,
    prepared: Prepared | undefined,
    metadata: RecordMetadata | undefined,
    delivery: Delivery,
  ): Waiting | undefined {
    const accumulator = this.#accumulator
    const topic = accumulator.topic(record.topic)
    const given = (prepared ?? record) as SerializedRecord
    try {
      if (accumulator.append(topic, given, prepared?.batch, metadata, delivery)) return undefined
    } catch (error) {
      throw produceError(error as Error, record)
    }
    const waiting = accumulator.waiting.add(topic, metadata, delivery)
    accumulator.waiting.ready(waiting, prepared === undefined ? this.#copyOf(record, given.key ?? null, given.value, undefined) : given)
    return waiting
  }

  #admitLater(
    records: readonly AnyRecord[],
    prepared: readonly Prepared[],
    metadata: readonly (RecordMetadata | undefined)[],
    delivery: Delivery,
  ): Waiting[] {
    const accumulator = this.#accumulator
    const line = records.map(({ topic }, i) => accumulator.waiting.add(accumulator.topic(topic), metadata[i], delivery))
    void this.#finish(line, records, prepared)
    return line
  }

  async #finish(line: readonly Waiting[], records: readonly AnyRecord[], prepared: readonly Prepared[]): Promise<void> {
    const { waiting } = this.#accumulator
    const results = await Promise.allSettled(
      prepared.map(async (one, i) => {
        const [key, value] = await Promise.all([one.key, one.value])
        this.#check(records[i]!, key, value, one.headers)
        return { ...one, key, value }
      }),
    )
    const isWhole = results.every(({ status }) => status === 'fulfilled')
    for (const [i, result] of results.entries()) {
      if (result.status === 'rejected') waiting.fail(line[i]!, serializationError(records[i]!, result.reason))
      else if (isWhole) waiting.ready(line[i]!, result.value)
      else waiting.fail(line[i]!, notAttempted(records[i]!))
    }
  }

  /** @throws ProduceError for what is neither text nor bytes, or too large */
  #check(record: AnyRecord, key: Bytes | null, value: Bytes | null, headers: Headers | undefined): void {
    checkBytes(record, key, value)
    this.#accumulator.checkSize(record, key, value, headers)
  }
}

function isLater(prepared: Prepared | undefined): boolean {
  return prepared !== undefined && (isPromiseLike(prepared.key) || isPromiseLike(prepared.value))
}

function serialized(
  serializer: SerializeFunction<unknown> | undefined,
  given: unknown,
  context: SerializerContext,
): MaybePromise<Bytes | null> {
  if (given === null || given === undefined) return null
  return serializer === undefined ? (given as Bytes) : serializer(given, context)
}

function serializationError(record: AnyRecord, cause: unknown): ProduceError {
  if (ProduceError.is(cause)) return cause
  return produceError({ code: 'SERIALIZATION_FAILED', message: `its serializer threw: ${messageOf(cause)}`, cause }, record)
}

function notAttempted(record: AnyRecord): ProduceError {
  const message = 'another record of the same call cannot be sent'
  return produceError({ code: 'OPERATION_NOT_ATTEMPTED', message, retriable: true }, record)
}
