import type { Backoff } from '@k/network'
import {
  type BufferPool,
  type Bytes,
  type Codec,
  downConvert,
  type Headers,
  incrementSequence,
  type KafkaError,
  RecordBatchBuilder,
} from '@k/protocol'
import { BatchDeliveries } from './batch-deliveries.ts'
import type { Delivery } from './delivery.ts'
import type { ProduceError } from './errors.ts'
import type { UnfinishedMetadata } from './record-metadata.ts'

/** A producer id and the epoch of it that a partition uses. */
export interface ProducerIdentity {
  readonly producerId: bigint
  readonly producerEpoch: number
}

/** The partition that a batch is for. */
export interface BatchTarget {
  readonly topic: string
  readonly partition: number
}

/** Who keeps account of batches. */
export interface BatchOwner<Q extends BatchTarget> {
  /** Where the batches' memory comes from. */
  readonly pool: BufferPool
  /** Whether its batches are part of transactions. Default: false. */
  readonly isTransactional?: boolean | undefined
  /** All deliveries of the batch have been told. @param error - undefined where it is written */
  settled(batch: ProducerBatch<Q>, error: ProduceError | undefined): void
  /** Nobody needs the batch's bytes any more. */
  released(batch: ProducerBatch<Q>): void
  /** The batch becomes others, which hold its records and its memory. */
  replaced(batch: ProducerBatch<Q>, parts: readonly ProducerBatch<Q>[]): void
  /** The batch was compressed. */
  compressed(batch: ProducerBatch<Q>, compressedSize: number): void
}

// Of records by hand the first hears of them all.
const NOBODY: Delivery = { ended() {} }

/** Records of one partition that are written together, and those who wait for them. */
export class ProducerBatch<Q extends BatchTarget> {
  readonly queue: Q
  /** Grows from batch to batch of a producer: within a partition, the order in which they must reach the log. */
  order: number
  /** When it was made: monotonic milliseconds. */
  readonly createdAt: number
  /** Bytes of `bufferMemory` that it holds. */
  reserved: number
  /** Whether it ever left its queue: from then on it takes no records. */
  hasLeft = false
  /** Times it was sent, or may have been. */
  attempts = 0
  /** The pauses after its failures. Undefined before the first. */
  backoff: Backoff | undefined
  /** Whether the outcome of some attempt is unknown, so that it may be in the log. */
  maybeWritten = false
  /** Why it came back last. */
  lastError: KafkaError | undefined
  /** Under which it has a place in the producer's sequence, which must not be given to others. */
  identity: ProducerIdentity | undefined
  /** Of its first record; -1: none. */
  baseSequence = -1
  /** Whether a request holds its bytes. */
  inFlight = false
  /** Whether any of its records has headers. */
  hasHeaders = false
  /** Records at its beginning that were put together by hand, and are written together or not at all. */
  byHand = 0
  /** Parts of a batch share its place in the order: `order` up to the next whole number. */
  #width = 1
  /** Whether its deliveries have been told. */
  isSettled = false
  #bytes: Uint8Array | undefined
  #codec: Codec | undefined
  readonly #owner: BatchOwner<Q>
  readonly #builder: RecordBatchBuilder
  readonly #deliveries = new BatchDeliveries()

  /** @param builder - with records or without */
  constructor(
    owner: BatchOwner<Q>,
    queue: Q,
    order: number,
    createdAt: number,
    reserved: number,
    builder: RecordBatchBuilder = new RecordBatchBuilder({ size: reserved, pool: owner.pool }),
  ) {
    this.#owner = owner
    this.queue = queue
    this.order = order
    this.createdAt = createdAt
    this.reserved = reserved
    this.#builder = builder
  }

  /** Records in it. */
  get count(): number {
    return this.#builder.count
  }

  /** Bytes of its records before compression. */
  get uncompressedSize(): number {
    return this.#builder.size
  }

  /** Bytes that it takes in a request, at most. */
  get size(): number {
    return this.#bytes?.length ?? this.#builder.size
  }

  /** Whether its records have a place in the producer's sequence. */
  get hasSequence(): boolean {
    return this.identity !== undefined
  }

  /** Appends a record unless the batch would exceed `limit` bytes with it or has been sealed. */
  append(
    timestamp: number,
    key: Bytes | null,
    value: Bytes | null,
    headers: Headers | undefined,
    limit: number,
    metadata: UnfinishedMetadata | undefined,
    delivery: Delivery,
  ): boolean {
    if (this.#builder.append(timestamp, key, value, headers, limit) < 0) return false
    if (headers !== undefined) this.hasHeaders = true
    this.#keep(timestamp, metadata, delivery)
    return true
  }

  /** Takes over the records that it was made with: one delivery for all, at the offset of the first. */
  adopt(metadata: UnfinishedMetadata | undefined, delivery: Delivery): void {
    this.#keep(this.#builder.maxTimestamp, metadata, delivery)
    for (let i = 1; i < this.count; i++) this.#deliveries.add(undefined, NOBODY)
    this.byHand = this.count
    this.hasHeaders = true
  }

  #keep(timestamp: number, metadata: UnfinishedMetadata | undefined, delivery: Delivery): void {
    if (metadata !== undefined) {
      metadata.partition = this.queue.partition
      metadata.timestamp = timestamp
    }
    this.#deliveries.add(metadata, delivery)
  }

  /**
   * Its place in the producer's sequence. Kept over all attempts: the broker knows a repeated batch by it.
   * @param identity - undefined takes the place back: only for a batch that is certainly not in the log
   */
  setSequence(identity: ProducerIdentity | undefined, baseSequence = -1): void {
    this.identity = identity
    this.baseSequence = baseSequence
    this.#bytes = undefined
  }

  /**
   * The bytes to send. The same at each attempt, unless its place in the sequence has changed, or the codec that the broker understands. No
   * record is taken any more.
   */
  seal(codec: Codec | undefined): Uint8Array | Promise<Uint8Array> {
    if (this.#bytes !== undefined && this.#codec === codec) return this.#bytes
    const sealed = (bytes: Uint8Array) => {
      if (codec !== undefined && this.#codec !== codec) this.#owner.compressed(this, bytes.length)
      this.#codec = codec
      this.#bytes = bytes
      return bytes
    }
    const bytes = this.#builder.close({
      ...this.identity,
      baseSequence: this.baseSequence,
      codec,
      isTransactional: this.#owner.isTransactional,
    })
    return bytes instanceof Uint8Array ? sealed(bytes) : bytes.then(sealed)
  }

  /**
   * The bytes to send to brokers of before Kafka 0.11: a message set of magic 1, which is larger.
   * @throws UnsupportedVersionError for records with headers
   */
  sealAsMessageSet(codec: Codec | undefined): Uint8Array | Promise<Uint8Array> {
    this.seal(undefined)
    return downConvert(this.#builder.records(), { magic: 1, codec })
  }

  /** Tells every record how it ended, once. @param error - undefined: the broker has it. Numbers are -1 where it said nothing. */
  settle(error: ProduceError | undefined, baseOffset = -1, logAppendTimeMs = -1, logStartOffset = -1): void {
    if (this.isSettled) return
    this.isSettled = true
    this.#deliveries.each((delivery, metadata, index) => {
      if (error === undefined) {
        if (metadata === undefined) return
        if (baseOffset >= 0) metadata.offset = baseOffset + index
        if (logAppendTimeMs >= 0) {
          metadata.timestamp = logAppendTimeMs
          metadata.timestampType = 'LogAppendTime'
        }
        metadata.logStartOffset = logStartOffset
      }
      delivery.ended(error, metadata)
    })
    this.#deliveries.clear()
    this.#owner.settled(this, error)
    // A request that is still on its way reads from the buffer.
    if (!this.inFlight) this.#release()
  }

  /** Two batches in its place, with half of the records each, under the same places in the sequence. For one that is divisible, back from a broker. */
  split(): readonly ProducerBatch<Q>[] {
    const half = this.byHand || this.count >> 1
    const parts = this.#divide([this.#part(0, 2), this.#part(1, 2)], (index) => (index < half ? 0 : 1))
    if (this.hasSequence) parts[1]!.baseSequence = incrementSequence(this.baseSequence, half)
    return parts
  }

  /** A batch in its place without the records of `errors`, which fail. For one back from a broker that has certainly not written it. */
  without(errors: ReadonlyMap<number, ProduceError>): readonly ProducerBatch<Q>[] {
    const parts = this.#divide([this.#part(0, 1)], (index) => (errors.has(index) ? -1 : 0))
    this.#deliveries.each((delivery, metadata, index) => {
      const error = errors.get(index)
      if (error !== undefined) delivery.ended(error, metadata)
    })
    return parts
  }

  /** Fills the batches in its place. @param partOf - which of them gets a record; -1 for none */
  #divide(parts: readonly ProducerBatch<Q>[], partOf: (index: number) => number): readonly ProducerBatch<Q>[] {
    const records = this.#builder.records()
    this.#deliveries.each((delivery, metadata, index) => {
      records.next()
      const part = parts[partOf(index)]
      if (part === undefined) return
      part.#builder.append(records.timestampBigInt, records.key(), records.value(), records.headers())
      part.#deliveries.add(metadata, delivery)
      if (index === 0) part.byHand = this.byHand
    })
    this.#owner.replaced(this, parts)
    this.#builder.release()
    return parts
  }

  #part(at: number, count: number): ProducerBatch<Q> {
    const width = this.#width / count
    // All parts together have all of it.
    const reserved = Math.floor((this.reserved + at) / count)
    // What the pool keeps is as large as a whole batch.
    const builder = new RecordBatchBuilder({ size: reserved })
    const part = new ProducerBatch(this.#owner, this.queue, this.order + at * width, this.createdAt, reserved, builder)
    part.setSequence(this.identity, this.baseSequence)
    part.#width = width
    part.hasLeft = true
    // What it was refused for is mended: that was no attempt.
    part.attempts = this.attempts - 1
    part.maybeWritten = this.maybeWritten
    part.hasHeaders = this.hasHeaders
    return part
  }

  /** The request that held its bytes has ended. */
  landed(): void {
    this.inFlight = false
    if (this.isSettled) this.#release()
  }

  #release(): void {
    this.#builder.release()
    this.#owner.released(this)
  }
}
