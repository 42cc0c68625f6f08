import { type Codecs, DecodeError, KafkaError, type RecordBatch, type RecordReader, recordBatches } from '@k/protocol'
import type { AbortedTransactions } from './aborted-transactions.ts'
import { ConsumerRecord, type RecordOrigin } from './consumer-record.ts'
import { PartitionError } from './errors.ts'
import type { PartitionState } from './partition-state.ts'

/** Records of one batch, decoded, on their way to the user. */
export interface Chunk<K = Buffer, V = Buffer> {
  readonly state: PartitionState
  records: ConsumerRecord<K, V>[]
  /** The position when all of them are handed out. */
  endOffset: number
  /** The epoch of the leader that appended them. */
  readonly leaderEpoch: number
  /** What the next read is to be failed with when all of them are handed out. */
  error: KafkaError | undefined
  /** The state's fetch epoch when they were fetched: they are good as long as it is the same. */
  readonly fetchEpoch: number
  /** Index of the next record to hand out. */
  index: number
}

/** How to decode. */
export interface DecodeSettings {
  readonly codecs: Codecs
  readonly checkCrcs: boolean
  readonly maxDecompressedBytes: number
}

/**
 * What one fetch brought of one partition: bytes until they are taken, then one batch at a time is checked, decompressed and decoded. What lies
 * below the offset that was asked for is left out, and so are control batches and, where they are told, aborted transactions.
 */
export class FetchedPartition {
  readonly state: PartitionState
  readonly sizeInBytes: number
  /** The offset to fetch next. */
  readonly endOffset: number
  readonly #settings: DecodeSettings
  readonly #batches: RecordBatch[] = []
  readonly #aborted: AbortedTransactions | undefined
  readonly #seeks: number
  readonly #fetchEpoch: number
  // What is wrong after the last batch that is not.
  readonly #error: KafkaError | undefined
  #next = 0
  #offset: number
  #batch: RecordBatch | undefined
  #reader: RecordReader | undefined
  #origin: RecordOrigin | undefined

  /**
   * @param offset - what was asked for: the offset of the first record that is wanted
   * @param told.aborted - whose records are left out; undefined: nobody's
   * @param told.error - what the partition is to be failed with instead
   */
  constructor(
    state: PartitionState,
    bytes: Buffer,
    offset: number,
    settings: DecodeSettings,
    told: { aborted?: AbortedTransactions | undefined; error?: KafkaError } = {},
  ) {
    this.state = state
    this.sizeInBytes = bytes.length
    this.#settings = settings
    this.#aborted = told.aborted
    this.#seeks = state.seeks
    this.#fetchEpoch = state.fetchEpoch
    this.#offset = offset
    let endOffset = offset
    let { error } = told
    try {
      const batches = recordBatches(bytes)
      for (let batch = batches.take(); batch !== undefined; batch = batches.take()) {
        const { baseOffset, lastOffset } = batch
        if (lastOffset < baseOffset) throw new DecodeError(`a batch goes from offset ${baseOffset} back to ${lastOffset}`)
        if (lastOffset < endOffset) {
          // Brokers begin with the batch that holds the offset: an older one is rare, and may be a newer one whose header is damaged.
          if (settings.checkCrcs) batch.ensureValid()
          continue
        }
        endOffset = lastOffset + 1
        this.#batches.push(batch)
      }
    } catch (failure) {
      error = this.#failure(failure, endOffset)
    }
    this.#error = error
    this.endOffset = endOffset
  }

  /** Whether there is nothing to take, not even an error. */
  get isEmpty(): boolean {
    return this.#batches.length === 0 && this.#error === undefined
  }

  /** Whether an error comes at the end, whatever else does. */
  get isFaulty(): boolean {
    return this.#error !== undefined
  }

  /** The offset that taking has come to. */
  get offset(): number {
    return this.#offset
  }

  /** Whether the state still wants what was fetched: it was neither revoked nor sent elsewhere since. */
  get isCurrent(): boolean {
    return this.state.isOwned && this.state.fetchEpoch === this.#fetchEpoch
  }

  /**
   * The next records, at most `max` and all of one batch; a promise only where decompression takes one; undefined when there are no more.
   * @throws PartitionError where the batch is corrupt or cannot be decoded; the partition is to be fetched anew then
   */
  take(max: number): Chunk | Promise<Chunk | undefined> | undefined {
    try {
      for (;;) {
        if (this.#reader !== undefined) {
          const chunk = this.#read(this.#reader, max)
          if (chunk !== undefined) return chunk
        }
        const batch = this.#batches[this.#next++]
        if (batch === undefined) {
          if (this.#error !== undefined) throw this.#error
          return undefined
        }
        const opened = this.#open(batch)
        if (opened !== undefined) return opened.then(() => this.take(max)).catch((error) => this.#throw(error))
      }
    } catch (error) {
      return this.#throw(error)
    }
  }

  /** Makes the batch the one to read; a promise where that takes time. */
  #open(batch: RecordBatch): Promise<void> | undefined {
    this.#batch = batch
    const { checkCrcs, codecs, maxDecompressedBytes } = this.#settings
    if (checkCrcs) batch.ensureValid()
    if (batch.isControl) {
      this.#aborted?.pass(batch)
      this.#close(batch)
      return undefined
    }
    if (this.#aborted?.includes(batch)) {
      this.#close(batch)
      return undefined
    }
    const reader = batch.records(codecs, maxDecompressedBytes)
    if (reader instanceof Promise) return reader.then((opened) => this.#opened(batch, opened))
    this.#opened(batch, reader)
    return undefined
  }

  #opened(batch: RecordBatch, reader: RecordReader): void {
    this.#reader = reader
    const { timestampType, partitionLeaderEpoch: leaderEpoch } = batch
    this.#origin = { state: this.state, seeks: this.#seeks, buffer: reader.buffer, timestampType, leaderEpoch }
  }

  #close(batch: RecordBatch): void {
    this.#reader = undefined
    this.#origin = undefined
    this.#batch = undefined
    this.#offset = batch.lastOffset + 1
  }

  #read(reader: RecordReader, max: number): Chunk | undefined {
    const origin = this.#origin!
    const batch = this.#batch!
    const records: ConsumerRecord[] = []
    while (records.length < max && reader.next()) {
      const { offset } = reader
      // A fetch begins with the batch that holds the offset, not with the record.
      if (offset < this.#offset) continue
      this.#offset = offset + 1
      records.push(new ConsumerRecord(origin, reader))
    }
    if (reader.remaining === 0) this.#close(batch)
    if (records.length === 0) return undefined
    const { state, leaderEpoch } = origin
    return { state, records, endOffset: this.#offset, leaderEpoch, error: undefined, fetchEpoch: this.#fetchEpoch, index: 0 }
  }

  #throw(error: unknown): never {
    // The promise of an asynchronous codec comes through here twice.
    throw PartitionError.is(error) ? error : this.#failure(error, this.#offset)
  }

  #failure(error: unknown, offset: number): KafkaError {
    if (!KafkaError.is(error)) return new DecodeError('reading fetched records failed', { cause: error })
    const { topic, partition } = this.state
    return new PartitionError(error.code, `${topic}-${partition} cannot be read at offset ${offset}: ${error.message}`, {
      topic,
      partition,
      offset,
      cause: error,
    })
  }
}
