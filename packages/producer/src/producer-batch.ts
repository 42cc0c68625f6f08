import { type BufferPool, type Bytes, type Codec, type Headers, type KafkaError, RecordBatchBuilder } from '@k/protocol'
import type { Delivery } from './delivery.ts'
import type { ProduceError } from './errors.ts'
import type { RecordMetadata, UnfinishedMetadata } from './record-metadata.ts'

/** The partition that a batch is for. */
export interface BatchTarget {
  readonly topic: string
  readonly partition: number
}

/** Who keeps account of batches. */
export interface BatchOwner<Q extends BatchTarget> {
  /** Where the batches' memory comes from. */
  readonly pool: BufferPool
  /** All deliveries of the batch have been told. */
  settled(batch: ProducerBatch<Q>): void
  /** Nobody needs the batch's bytes any more. */
  released(batch: ProducerBatch<Q>): void
}

/** What a broker said of a batch that it appended. Numbers are -1 where it said nothing. */
export interface Acknowledgement {
  readonly baseOffset: number
  readonly logAppendTimeMs: number
  readonly logStartOffset: number
}

const NO_SEQUENCE = -1

/** Records of one partition that are written together, and those who wait for them. */
export class ProducerBatch<Q extends BatchTarget> {
  readonly queue: Q
  /** Grows from batch to batch of a producer: within a partition, the order in which they must reach the log. */
  readonly order: number
  /** When it was made: monotonic milliseconds. */
  readonly createdAt: number
  /** Bytes of `bufferMemory` that it holds. */
  readonly reserved: number
  /** Whether it ever left its queue: from then on it takes no records. */
  hasLeft = false
  /** Times it was sent, or may have been. */
  attempts = 0
  /** Times in a row that it came back. */
  failures = 0
  /** Whether the outcome of some attempt is unknown, so that it may be in the log. */
  maybeWritten = false
  /** Why it came back last. */
  lastError: KafkaError | undefined
  producerId = -1n
  producerEpoch = -1
  baseSequence = NO_SEQUENCE
  /** Whether a request holds its bytes. */
  inFlight = false
  #isSettled = false
  #isReleased = false
  #bytes: Uint8Array | undefined
  #codec: Codec | undefined
  readonly #owner: BatchOwner<Q>
  readonly #builder: RecordBatchBuilder
  readonly #metadata: (RecordMetadata | undefined)[] = []
  readonly #deliveries: Delivery[] = []

  constructor(owner: BatchOwner<Q>, queue: Q, order: number, createdAt: number, reserved: number) {
    this.#owner = owner
    this.queue = queue
    this.order = order
    this.createdAt = createdAt
    this.reserved = reserved
    this.#builder = new RecordBatchBuilder({ size: reserved, pool: owner.pool })
  }

  /** Records in it. */
  get count(): number {
    return this.#builder.count
  }

  /** Bytes that it takes in a request, at most. */
  get size(): number {
    return this.#bytes?.length ?? this.#builder.size
  }

  /** Whether its records have a place in the producer's sequence, which must not be given to others. */
  get hasSequence(): boolean {
    return this.baseSequence !== NO_SEQUENCE
  }

  /** Whether its deliveries have been told. */
  get isSettled(): boolean {
    return this.#isSettled
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
    if (metadata !== undefined) {
      metadata.partition = this.queue.partition
      metadata.timestamp = timestamp
    }
    this.#metadata.push(metadata)
    this.#deliveries.push(delivery)
    return true
  }

  /** Its place in the producer's sequence. Kept over all attempts: the broker knows a repeated batch by it. */
  setSequence(producerId: bigint, producerEpoch: number, baseSequence: number): void {
    this.producerId = producerId
    this.producerEpoch = producerEpoch
    this.baseSequence = baseSequence
    this.#bytes = undefined
  }

  /** Takes its place in the sequence back: only for a batch that is certainly not in the log. */
  resetSequence(): void {
    this.setSequence(-1n, -1, NO_SEQUENCE)
  }

  /**
   * The bytes to send. The same at each attempt, unless its place in the sequence has changed, or the codec that the broker understands. No
   * record is taken any more.
   */
  seal(codec: Codec | undefined): Uint8Array | Promise<Uint8Array> {
    if (this.#bytes !== undefined && this.#codec === codec) return this.#bytes
    const { producerId, producerEpoch, baseSequence } = this
    const bytes = this.#builder.close({ producerId, producerEpoch, baseSequence, codec })
    if (!(bytes instanceof Uint8Array)) return bytes.then((later) => this.#sealed(codec, later))
    return this.#sealed(codec, bytes)
  }

  #sealed(codec: Codec | undefined, bytes: Uint8Array): Uint8Array {
    this.#bytes = bytes
    this.#codec = codec
    return bytes
  }

  /** The broker has it. */
  acknowledge({ baseOffset, logAppendTimeMs, logStartOffset }: Acknowledgement): void {
    if (!this.#settle()) return
    const deliveries = this.#deliveries
    for (let i = 0; i < deliveries.length; i++) {
      const metadata = this.#metadata[i] as UnfinishedMetadata | undefined
      if (metadata === undefined) continue
      if (baseOffset >= 0) metadata.offset = baseOffset + i
      if (logAppendTimeMs >= 0) {
        metadata.timestamp = logAppendTimeMs
        metadata.timestampType = 'LogAppendTime'
      }
      metadata.logStartOffset = logStartOffset
      deliveries[i]!.delivered(metadata)
    }
    this.#end()
  }

  /** It was given up. */
  fail(error: ProduceError): void {
    if (!this.#settle()) return
    const deliveries = this.#deliveries
    for (let i = 0; i < deliveries.length; i++) deliveries[i]!.failed(error, this.#metadata[i])
    this.#end()
  }

  /** The request that held its bytes has ended. */
  landed(): void {
    this.inFlight = false
    if (this.#isSettled) this.#release()
  }

  #settle(): boolean {
    if (this.#isSettled) return false
    this.#isSettled = true
    return true
  }

  #end(): void {
    this.#metadata.length = 0
    this.#deliveries.length = 0
    this.#owner.settled(this)
    // A request that is still on its way reads from the buffer.
    if (!this.inFlight) this.#release()
  }

  #release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#bytes = undefined
    this.#builder.release()
    this.#owner.released(this)
  }
}
