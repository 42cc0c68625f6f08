import { type Bytes, type Headers, RecordBatchBuilder } from '@k/protocol'
import { produceError, type Whereabouts } from './errors.ts'

/** A record for a batch by hand. Topic and partition are those that the batch is sent to. */
export interface BatchRecord<K = Bytes, V = Bytes> {
  /** Absent or null: none. */
  readonly key?: K | null | undefined
  /** Null is a tombstone, and needs a key. */
  readonly value: V | null
  /** Milliseconds since the epoch, or a date. Default: now. */
  readonly timestamp?: number | Date | undefined
  /** `{ name: value }`, or `[name, value][]` where order and repeated names matter. */
  readonly headers?: Headers | undefined
}

/** Where a record is in a batch by hand. */
export interface BatchRecordMetadata {
  /** Its place in the batch, from 0 on: it will be at the offset of the batch plus this. */
  readonly index: number
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  /** Bytes that the record takes in the batch. */
  readonly size: number
}

/** A record as it goes into a batch. */
export interface EncodableRecord {
  readonly key: Bytes | null
  readonly value: Bytes | null
  readonly timestamp: number
  readonly headers: Headers | undefined
}

/**
 * A batch that is filled by hand: the records go to one partition together, or not at all. Made by `producer.createBatch()`, sent by
 * `producer.sendBatch()`, once.
 */
export class BatchBuilder<K = Bytes, V = Bytes> {
  readonly #batchSize: number
  readonly #encodable: (record: BatchRecord<K, V>) => EncodableRecord
  readonly #builder: RecordBatchBuilder
  #isClosed = false
  #isSent = false

  /** For {@link Producer.createBatch}. @param encodable - checks and serializes a record, or throws a ProduceError */
  constructor(batchSize: number, encodable: (record: BatchRecord<K, V>) => EncodableRecord) {
    this.#batchSize = batchSize
    this.#encodable = encodable
    this.#builder = new RecordBatchBuilder({ size: batchSize })
  }

  /** Records in it. */
  get recordCount(): number {
    return this.#builder.count
  }

  /** Bytes that it takes, before compression. */
  get size(): number {
    return this.#builder.size
  }

  /** Whether it takes no more records: it was closed, or sent. */
  get closed(): boolean {
    return this.#isClosed || this.#isSent
  }

  /**
   * Appends a record, unless the batch is full (more than `batchSize` bytes with it; the first record is always taken) or closed: then the answer
   * is undefined. Serializers must answer at once, and see an empty topic.
   * @throws ProduceError for a record that cannot be sent
   */
  append(record: BatchRecord<K, V>): BatchRecordMetadata | undefined {
    if (this.closed) return undefined
    const one = this.#encodable(record)
    const { timestamp } = one
    const { size } = this
    const index = this.#builder.append(timestamp, one.key, one.value, one.headers, this.recordCount > 0 ? this.#batchSize : undefined)
    return index < 0 ? undefined : { index, timestamp, size: this.size - size }
  }

  /** Takes no more records. Left open, the batch may be sent with records of `send()` behind its own. */
  close(): void {
    this.#isClosed = true
  }

  /** Hands a batch over for sending to `target`. @throws ProduceError INVALID_ARGUMENT where it is empty, was sent already, or is none */
  static take(batch: BatchBuilder<never, never>, target: Whereabouts): RecordBatchBuilder {
    let wrong: string | undefined
    if (!(#builder in Object(batch))) wrong = 'is not of createBatch()'
    else if (batch.#isSent) wrong = 'was sent already'
    else if (batch.recordCount === 0) wrong = 'is empty'
    if (wrong !== undefined) throw produceError({ code: 'INVALID_ARGUMENT', message: `the batch ${wrong}` }, target)
    batch.#isSent = true
    if (batch.#isClosed) batch.#builder.close()
    return batch.#builder
  }
}
