import { KafkaError } from '../errors/kafka-error.ts'
import { type BatchFields, checkBatchFields } from './batch-fields.ts'
import * as layout from './batch-layout.ts'
import { BufferPool } from './buffer-pool.ts'
import type { Bytes } from './bytes.ts'
import type { Codec } from './codec.ts'
import { crc32c } from './crc32c.ts'
import { type HeaderPairs, type Headers, headerPairs, sizeOfHeaders, writeHeaders } from './headers.ts'
import { RecordCursor } from './record-cursor.ts'
import { timestampDelta } from './timestamps.ts'
import { byteLengthOf, leastLengthOf, sizeOfVarbytes, writeVarbytes } from './varbytes.ts'
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './varint.ts'

const RELEASED = /* @__PURE__ */ Buffer.alloc(0)
// UTF-8 takes at most three bytes where ASCII takes one.
const BYTES_PER_CHARACTER = 3
// Bytes of the longest varint: what stands before a record.
const MAX_VARINT = 5
// Sizes and offset deltas are int32.
const MAX_INT32 = 0x7fffffff
const CODEC_IDS: readonly number[] = [1, 2, 3, 4]

const DEFAULT_SIZE = 16 * 1024
// Keeps nothing.
const noPool = /* @__PURE__ */ new BufferPool(0, 0)

/** How a builder gets its memory. */
export interface RecordBatchBuilderOptions {
  /** Bytes that the buffer has at first; it grows. Default: what the pool keeps, or 16 KB. */
  readonly size?: number
  /** Where the buffer comes from and goes back to. Default: a buffer of its own. */
  readonly pool?: BufferPool
}

/** {@link BatchFields} and the compression of the records. */
export interface CloseOptions extends BatchFields {
  /** Default: none. */
  readonly codec?: Codec | undefined
}

/**
 * Builds one record batch (magic 2, KIP-98) in one buffer: records are encoded where they are sent from, and their size is known at any time.
 * Nothing is allocated for a record.
 */
export class RecordBatchBuilder {
  readonly #pool: BufferPool
  #buffer: Buffer
  #end = layout.RECORDS
  #count = 0
  #lastOffsetDelta = -1
  // Not the number: V8 would keep both in the way of numbers alone, and make an object for every record that reads them.
  #baseTimestamp: number | bigint = -1n
  #maxTimestamp: number | bigint = -1n
  #closed = false
  #compressed: { readonly codec: Codec; readonly buffer: Buffer; readonly end: number } | undefined

  constructor(options: RecordBatchBuilderOptions = {}) {
    this.#pool = options.pool ?? noPool
    this.#buffer = this.#pool.take(Math.max(options.size ?? (this.#pool.bufferSize || DEFAULT_SIZE), layout.RECORDS))
  }

  /** Bytes that a record can take at most: cheap, three times too much for ASCII text. */
  static sizeUpperBound(key: Bytes | null | undefined, value: Bytes | null | undefined, headers?: Headers): number {
    const sizeOf = (bytes: Bytes | null | undefined) =>
      (bytes?.length ?? 0) * (typeof bytes === 'string' ? BYTES_PER_CHARACTER : 1) + MAX_VARINT
    let size = sizeOf(key) + sizeOf(value) + 26
    for (const [name, bytes] of headerPairs(headers)) size += sizeOf(name) + sizeOf(bytes)
    return size
  }

  /** Records appended. */
  get count(): number {
    return this.#count
  }

  /** Bytes of the batch if it were closed now without compression. */
  get size(): number {
    return this.#end
  }

  /** Bytes of memory that the builder holds. */
  get capacity(): number {
    return this.#buffer.length
  }

  /** The largest timestamp, -1 while there is none. */
  get maxTimestamp(): number {
    return Number(this.#maxTimestamp)
  }

  /**
   * Appends one record and returns its index in the batch, or -1 and changes nothing where the batch would exceed `limit` bytes with it or is
   * closed already.
   *
   * The first timestamp becomes the base. Bytes are copied; text is written as UTF-8.
   * @param timestamp - milliseconds since the epoch, a whole number
   * @param headers - default: none
   * @param limit - the most bytes that `size` may reach. Default: 2^31 - 1
   * @throws KafkaError with `INVALID_ARGUMENT`, for what is neither text nor bytes nor null, and for a timestamp that is no whole number
   */
  append(
    timestamp: number | bigint,
    key: Bytes | null | undefined,
    value: Bytes | null | undefined,
    headers?: Headers,
    limit: number = MAX_INT32,
  ): number {
    // The last offset that there is may have been given.
    return this.#lastOffsetDelta === MAX_INT32 ? -1 : this.appendAt(this.#lastOffsetDelta + 1, timestamp, key, value, headers, limit)
  }

  /**
   * Like {@link append}, at an offset of one's own: what a compacted topic leaves over.
   * @param offsetDelta - the record's offset minus the batch's base offset; larger than that of the record before
   */
  appendAt(
    offsetDelta: number,
    timestamp: number | bigint,
    key: Bytes | null | undefined,
    value: Bytes | null | undefined,
    headers?: Headers,
    limit: number = MAX_INT32,
  ): number {
    if ((offsetDelta | 0) !== offsetDelta || offsetDelta <= this.#lastOffsetDelta) {
      throw new KafkaError('INVALID_ARGUMENT', `offset delta ${offsetDelta} is no int32 above ${this.#lastOffsetDelta}`)
    }
    if (this.#closed) return -1
    const first = this.#count === 0
    const delta = timestampDelta(timestamp, first ? timestamp : this.#baseTimestamp)
    const pairs = headerPairs(headers)
    const deltas = 1 + sizeOfVarlong(delta) + sizeOfVarint(offsetDelta)
    // What the record takes if all text is ASCII: exact for bytes, the least for text.
    const least = deltas + sizeOfContents(key, value, pairs, leastLengthOf)
    const at = this.#end
    const lengthSize = sizeOfVarint(least)
    if (at + lengthSize + least > limit) return -1
    if (at + MAX_VARINT + BYTES_PER_CHARACTER * least > this.#buffer.length) {
      const exact = deltas + sizeOfContents(key, value, pairs, byteLengthOf)
      const end = at + sizeOfVarint(exact) + exact
      if (end > limit) return -1
      if (end > this.#buffer.length) this.#grow(end)
    }

    const buffer = this.#buffer
    const start = at + lengthSize
    buffer[start] = 0
    let end = writeVarlong(buffer, start + 1, delta)
    end = writeVarint(buffer, end, offsetDelta)
    end = writeVarbytes(buffer, end, key)
    end = writeVarbytes(buffer, end, value)
    end = writeHeaders(buffer, end, pairs)
    const length = end - start
    if (length !== least) {
      const moved = at + sizeOfVarint(length)
      if (moved !== start) buffer.copyWithin(moved, start, end)
      end = moved + length
      if (end > limit) return -1
    }
    writeVarint(buffer, at, length)

    this.#end = end
    if (first) {
      this.#baseTimestamp = timestamp
      this.#maxTimestamp = timestamp
    } else if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
    this.#lastOffsetDelta = offsetDelta
    return this.#count++
  }

  #grow(size: number): void {
    const full = this.#buffer
    this.#buffer = this.#pool.take(Math.max(full.length * 2, size))
    full.copy(this.#buffer, 0, 0, this.#end)
    this.#pool.give(full)
  }

  /**
   * Ends the batch: no record is taken any more. Fills in header and checksum and returns the bytes to send: a view of the builder's own buffer,
   * or new bytes where they are compressed (at once, or as a promise, as the codec answers).
   *
   * May be called again, with other fields for a retry under a new producer epoch, or with another codec: records are not encoded again. That
   * rewrites the header in the bytes that an earlier call returned, which therefore must not be on their way.
   */
  close(fields?: BatchFields & { readonly codec?: undefined }): Buffer
  /** The same with a codec: new bytes, at once or as a promise, as the codec answers. */
  close(options?: CloseOptions): Buffer | Promise<Buffer>
  close(options: CloseOptions = {}): Buffer | Promise<Buffer> {
    checkBatchFields(options)
    const { codec } = options
    if (codec !== undefined && !CODEC_IDS.includes(codec.id)) throw wrongCodec(`has the number ${codec.id}, not 1 to 4`)
    this.#closed = true
    if (codec === undefined) return this.#finish(this.#buffer, this.#end, options)
    if (this.#compressed?.codec === codec) return this.#finish(this.#compressed.buffer, this.#compressed.end, options)
    const compressed = codec.compress(this.#buffer.subarray(layout.RECORDS, this.#end))
    if (compressed instanceof Uint8Array) return this.#keep(codec, compressed, options)
    // A promise of whatever make: those of another realm, as some test runners have it, are not ours.
    return Promise.resolve(compressed).then((bytes) => this.#keep(codec, bytes, options))
  }

  #keep(codec: Codec, records: Uint8Array, options: CloseOptions): Buffer {
    if (!(records instanceof Uint8Array)) throw wrongCodec('gave no bytes')
    const end = layout.RECORDS + records.length
    const buffer = this.#pool.take(end)
    buffer.set(records, layout.RECORDS)
    this.#compressed = { codec, buffer, end }
    return this.#finish(buffer, end, options)
  }

  #finish(buffer: Buffer, end: number, options: CloseOptions): Buffer {
    const { codec, isTransactional, isControl } = options
    const attributes = (codec?.id ?? 0) | (isTransactional ? layout.TRANSACTIONAL : 0) | (isControl ? layout.CONTROL : 0)
    const batch = buffer.subarray(0, end)
    batch.writeBigInt64BE(BigInt(options.baseOffset ?? 0), layout.BASE_OFFSET)
    batch.writeInt32BE(end - layout.LOG_OVERHEAD, layout.BATCH_LENGTH)
    batch.writeInt32BE(options.partitionLeaderEpoch ?? -1, layout.PARTITION_LEADER_EPOCH)
    batch.writeInt8(2, layout.MAGIC)
    batch.writeInt16BE(attributes, layout.ATTRIBUTES)
    batch.writeInt32BE(Math.max(0, this.#lastOffsetDelta), layout.LAST_OFFSET_DELTA)
    batch.writeBigInt64BE(BigInt(this.#baseTimestamp), layout.BASE_TIMESTAMP)
    batch.writeBigInt64BE(BigInt(this.#maxTimestamp), layout.MAX_TIMESTAMP)
    batch.writeBigInt64BE(options.producerId ?? -1n, layout.PRODUCER_ID)
    batch.writeInt16BE(options.producerEpoch ?? -1, layout.PRODUCER_EPOCH)
    batch.writeInt32BE(options.baseSequence ?? -1, layout.BASE_SEQUENCE)
    batch.writeInt32BE(this.#count, layout.COUNT)
    batch.writeUInt32BE(crc32c(batch, layout.ATTRIBUTES), layout.CRC)
    return batch
  }

  /** A cursor over the records that it has now, good until it is given another one or is released. Offsets begin with 0. */
  records(): RecordCursor {
    return new RecordCursor(this.#buffer, layout.RECORDS, this.#count, BigInt(this.#baseTimestamp))
  }

  /**
   * Gives the buffer back to the pool. Neither the builder nor the bytes that `close` returned may be used afterwards: call it when they are
   * acknowledged, or when the connection that was sending them is gone; never while a codec is at work.
   */
  release(): void {
    this.#pool.give(this.#buffer)
    if (this.#compressed !== undefined) this.#pool.give(this.#compressed.buffer)
    this.#buffer = RELEASED
    this.#compressed = undefined
    this.#closed = true
  }
}

type Nullable = Bytes | null | undefined

function sizeOfContents(key: Nullable, value: Nullable, pairs: HeaderPairs, lengthOf: typeof leastLengthOf): number {
  return sizeOfVarbytes(lengthOf(key)) + sizeOfVarbytes(lengthOf(value)) + sizeOfHeaders(pairs, lengthOf)
}

function wrongCodec(what: string): KafkaError {
  return new KafkaError('INVALID_ARGUMENT', `the codec of a batch ${what}`)
}
