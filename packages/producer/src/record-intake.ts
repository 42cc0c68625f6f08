import { type CallOptions, FencedError, type MaybePromise } from '@k/network'
import type { Bytes } from '@k/protocol'
import { BatchBuilder, type BatchRecord, type EncodableRecord } from './batch-builder.ts'
import { sizeOfBatch } from './batch-size.ts'
import { type Delivery, type EnqueueOptions, isMany, PendingCallback, PendingSend, UnheardDeliveries } from './delivery.ts'
import { closedError, ProduceError, produceError, type Reason, textOf } from './errors.ts'
import { Interceptors } from './interceptors.ts'
import type { ResolvedSettings } from './options.ts'
import { checkBytes, checkObject, checkTarget, checkTime, headersOf, type ProducerRecord } from './producer-record.ts'
import type { RecordAccumulator } from './record-accumulator.ts'
import { RecordMetadata } from './record-metadata.ts'
import { Room } from './room.ts'
import type { SerializeFunction, SerializerContext } from './serializer.ts'
import { copyOf, type SerializedRecord } from './waiting-record.ts'
import type { Waiting } from './waiting-records.ts'

type AnyRecord = ProducerRecord<unknown, unknown>

/** Where a batch by hand is sent to. */
export interface BatchSendTarget {
  /** The name of the topic. */
  readonly topic: string
  /** From 0. */
  readonly partition: number
}

/** The way in: records are checked and serialized, and appended or put in line, in the order of the calls. */
export class RecordIntake {
  /** Records that were enqueued without a callback. */
  readonly unheard = new UnheardDeliveries()
  /** Whether the producer was closed. */
  isClosed = false
  readonly #accumulator: RecordAccumulator
  readonly #settings: ResolvedSettings
  readonly #onThrown: (error: unknown) => void
  readonly #interceptors: Interceptors | undefined
  /** The same callback for many records is the usual thing. */
  #lastCallback: PendingCallback | undefined

  /** @param onThrown - called with what callbacks and interceptors throw */
  constructor(accumulator: RecordAccumulator, settings: ResolvedSettings, onThrown: (error: unknown) => void) {
    this.#accumulator = accumulator
    this.#settings = settings
    this.#onThrown = onThrown
    if (settings.interceptors.length > 0) this.#interceptors = new Interceptors(settings.interceptors, onThrown)
  }

  /** See `Producer.send`. @param refusal - why nothing is taken but of a producer that is closed @param batch - what is sent in place of records */
  send(
    records: AnyRecord | readonly AnyRecord[],
    { signal }: CallOptions = {},
    refusal?: Reason,
    batch?: BatchBuilder<never, never>,
  ): Promise<RecordMetadata> & Promise<RecordMetadata[]> {
    const pending = new PendingSend(records)
    const reason = this.isClosed ? closedError() : refusal
    if (FencedError.is(reason)) pending.reject(reason)
    else if (reason !== undefined) pending.failRest((record) => produceError(reason, record))
    else if (signal?.aborted) pending.reject(signal.reason)
    else {
      try {
        let line: Waiting | readonly Waiting[] | undefined
        if (batch !== undefined) line = this.#admitBatch(batch, records as BatchSendTarget, pending)
        else line = isMany(records) ? this.#admitAll(records, pending) : this.#admit(records, new RecordMetadata(), pending)
        if (signal !== undefined) pending.abortOn(signal, () => [line ?? []].flat().filter((one) => this.#accumulator.waiting.end(one)))
      } catch (error) {
        pending.reject(error)
      }
    }
    return pending.promise as Promise<RecordMetadata> & Promise<RecordMetadata[]>
  }

  /** See `Producer.enqueue`. @param refusal - why it is not taken but by a producer that is closed */
  enqueue(record: AnyRecord, options: EnqueueOptions | undefined, refusal?: Reason): Promise<void> | undefined {
    const onDelivery = options?.onDelivery
    const signal = options?.signal
    const reason = this.isClosed ? closedError() : refusal
    if (reason !== undefined) throw FencedError.is(reason) ? reason : produceError(reason, record)
    if (signal?.aborted) return Room.reject(signal.reason)
    let delivery: Delivery = this.unheard
    if (onDelivery !== undefined) {
      if (this.#lastCallback?.onDelivery !== onDelivery) this.#lastCallback = new PendingCallback(onDelivery, this.#onThrown)
      delivery = this.#lastCallback!
    }
    let waiting: Waiting | undefined
    try {
      waiting = this.#admit(record, onDelivery && new RecordMetadata(), delivery)
    } catch (error) {
      if (!ProduceError.is(error) || error.code === 'INVALID_ARGUMENT') throw error
      // As with every other failure, whoever listens hears of it after the call.
      queueMicrotask(() => delivery.ended(error, undefined))
      return undefined
    }
    return waiting === undefined ? this.#accumulator.breath() : this.#roomFor(waiting, onDelivery === undefined, signal)
  }

  #roomFor(waiting: Waiting, rejects: boolean, signal: AbortSignal | undefined): Promise<void> {
    const room = new Room((resolve, reject) => {
      const onAbort = () => {
        waiting.onEnd = () => reject(signal?.reason)
        this.#accumulator.waiting.end(waiting)
      }
      signal?.addEventListener('abort', onAbort)
      waiting.onEnd = (error) => {
        signal?.removeEventListener('abort', onAbort)
        if (error !== undefined && rejects) reject(error)
        else resolve()
        if (error === undefined) return
        // Who waits for room hears of it there.
        if (rejects && room.isAwaited) this.#interceptors?.acknowledged(error, undefined)
        else waiting.delivery.ended(error, waiting.metadata)
      }
    })
    return room
  }

  /** Takes one record. Answers its place in line where it could not be appended at once. @throws ProduceError for what will never be appended */
  #admit(given: AnyRecord, metadata: RecordMetadata | undefined, delivery: Delivery): Waiting | undefined {
    const interceptors = this.#interceptors
    if (interceptors === undefined) return this.#admitSeen(given, metadata, delivery)
    try {
      return this.#admitSeen(interceptors.onSend(given), metadata ?? new RecordMetadata(), interceptors.before(delivery))
    } catch (error) {
      interceptors.acknowledged(error as ProduceError, undefined)
      throw error
    }
  }

  #admitSeen(record: AnyRecord, metadata: RecordMetadata | undefined, delivery: Delivery): Waiting | undefined {
    const prepared = this.#prepare(record)
    if (isLater(prepared)) return this.#admitLater([record], [prepared!], [metadata], delivery)[0]
    return this.#accumulator.append(record, prepared, metadata, delivery)
  }

  /** Takes many records: none where one of them cannot be. Answers the places of those that could not be appended at once. */
  #admitAll(given: readonly AnyRecord[], pending: PendingSend): Waiting[] {
    const interceptors = this.#interceptors
    const records = interceptors === undefined ? given : given.map((record) => interceptors.onSend(record))
    const delivery = interceptors?.before(pending) ?? pending
    const metadata = pending.metadata!
    const prepared = new Array<SerializedRecord | undefined>(records.length)
    const errors = new Map<number, ProduceError>()
    for (let i = 0; i < records.length; i++) {
      try {
        prepared[i] = this.#prepare(records[i]!)
      } catch (error) {
        errors.set(i, error as ProduceError)
      }
    }
    if (errors.size === 0 && prepared.some(isLater)) return this.#admitLater(records, prepared as SerializedRecord[], metadata, delivery)
    const line: Waiting[] = []
    for (let i = 0; i < records.length; i++) {
      try {
        if (errors.size > 0) throw errors.get(i) ?? notAttempted(records[i]!)
        const waiting = this.#accumulator.append(records[i]!, prepared[i], metadata[i], delivery)
        if (waiting !== undefined) line.push(waiting)
      } catch (error) {
        delivery.ended(error as ProduceError, metadata[i])
      }
    }
    return line
  }

  /** Takes a batch that was put together by hand. Answers its place in line where it could not be taken at once. @throws ProduceError */
  #admitBatch(batch: BatchBuilder<never, never>, target: BatchSendTarget, delivery: Delivery): Waiting | undefined {
    checkTarget(Object(target), true)
    const record = { partition: target.partition, batch: BatchBuilder.take(batch, target) } as SerializedRecord
    return this.#accumulator.append(target as AnyRecord & BatchSendTarget, record, new RecordMetadata(), delivery)
  }

  /** What goes into a batch by hand. @throws ProduceError */
  encodable(given: BatchRecord<unknown, unknown>): EncodableRecord {
    const record = given as AnyRecord
    checkObject(record)
    checkTime(record)
    const encodable = this.#serialize(record) as SerializedRecord & EncodableRecord
    // A promise does not pass.
    this.#check(record, encodable)
    return encodable
  }

  /** What serializers and headers made of a record; undefined for one that goes as it is. @throws ProduceError */
  #prepare(record: AnyRecord): SerializedRecord | undefined {
    checkObject(record)
    checkTarget(record)
    checkTime(record)
    const { keySerializer, valueSerializer } = this.#settings
    const isAsItGoes = keySerializer === undefined && valueSerializer === undefined && record.headers === undefined
    const prepared = isAsItGoes ? undefined : this.#serialize(record)
    if (!isLater(prepared)) this.#check(record, prepared ?? record)
    return prepared
  }

  /** Key and value may still be promises. */
  #serialize(record: AnyRecord): SerializedRecord {
    const { keySerializer, valueSerializer } = this.#settings
    const headers = headersOf(record)
    const context = { topic: record.topic ?? '', headers }
    let key: MaybePromise<Bytes | null>
    let value: MaybePromise<Bytes | null>
    try {
      key = serialized(keySerializer, record.key ?? null, context)
      value = serialized(valueSerializer, record.value, context)
    } catch (error) {
      throw serializationError(record, error)
    }
    return copyOf(record, key as Bytes | null, value as Bytes | null, headers, this.#accumulator.now())
  }

  /** Takes records whose serializers are still at work: in line at once, appended when all have answered. */
  #admitLater(
    records: readonly AnyRecord[],
    prepared: readonly SerializedRecord[],
    metadata: readonly (RecordMetadata | undefined)[],
    delivery: Delivery,
  ): Waiting[] {
    const accumulator = this.#accumulator
    const { waiting } = accumulator
    const line = records.map(({ topic }, i) => waiting.add(accumulator.topic(topic), metadata[i], delivery)!)
    const errors = new Map<number, ProduceError>()
    const finish = async (one: SerializedRecord, i: number) => {
      try {
        const [key, value] = await Promise.all([one.key, one.value])
        const record = { ...one, key, value }
        this.#check(records[i]!, record)
        return record
      } catch (error) {
        errors.set(i, serializationError(records[i]!, error))
        return undefined
      }
    }
    void Promise.all(prepared.map(finish)).then((finished) => {
      for (const [i, record] of finished.entries()) {
        if (errors.size > 0) waiting.end(line[i]!, errors.get(i) ?? notAttempted(records[i]!))
        else waiting.ready(line[i]!, record!)
      }
    })
    return line
  }

  /** @throws ProduceError for what is neither text nor bytes, or too large */
  #check(record: AnyRecord, given: Pick<AnyRecord, 'key' | 'value' | 'headers'>): void {
    const { value, headers } = given
    // No key is one that is left out of the record, not by a serializer.
    const key = given === record ? (record.key ?? null) : given.key
    checkBytes(record, key, value)
    const { maxRequestSize, bufferMemory } = this.#settings
    const limit = Math.min(maxRequestSize, bufferMemory)
    const size = sizeOfBatch(key as Bytes | null, value as Bytes | null, headers, limit)
    if (size <= limit) return
    const option = limit === maxRequestSize ? 'maxRequestSize' : 'bufferMemory'
    throw produceError({ code: 'MESSAGE_TOO_LARGE', message: `its ${size} bytes are more than ${option} (${limit})` }, record)
  }
}

/** Whether a serializer answered with a promise. */
function isLater(prepared: SerializedRecord | undefined): boolean {
  return isPromise(prepared?.key) || isPromise(prepared?.value)
}

function isPromise(answer: unknown): boolean {
  return (answer as Partial<Promise<unknown>> | null | undefined)?.then !== undefined
}

function serialized(
  serializer: SerializeFunction<unknown> | undefined,
  given: unknown,
  context: SerializerContext,
): MaybePromise<Bytes | null> {
  if (given === null || given === undefined || serializer === undefined) return given as Bytes
  const answer = serializer(given, context)
  // Nobody asks for it where something else of the call is wrong.
  if (answer instanceof Promise) answer.catch(() => {})
  return answer
}

function serializationError(record: AnyRecord, cause: unknown): ProduceError {
  if (ProduceError.is(cause)) return cause
  return produceError({ code: 'SERIALIZATION_FAILED', message: `its serializer threw: ${textOf(cause)}`, cause }, record)
}

function notAttempted(record: AnyRecord): ProduceError {
  const message = 'another record of the call failed'
  return produceError({ code: 'OPERATION_NOT_ATTEMPTED', message, retriable: true }, record)
}
