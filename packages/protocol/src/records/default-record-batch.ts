import { DecodeError } from '../errors/decode-error.ts'
import * as layout from './batch-layout.ts'
import { Codecs } from './codecs.ts'
import { crc32c } from './crc32c.ts'
import { DEFAULT_MAX_DECOMPRESSED_BYTES, type RecordBatch, type TimestampType } from './record-batch.ts'
import { RecordReader, type RecordReaderSource } from './record-reader.ts'
import { incrementSequence } from './sequence.ts'
import { readInt64, safeOffset } from './wide-number.ts'

const MAX_INT64 = (1n << 63n) - 1n
const builtIn = /* @__PURE__ */ new Codecs()

/** A batch in the format since Kafka 0.11 (magic 2). */
export class DefaultRecordBatch implements RecordBatch, RecordReaderSource {
  readonly position: number
  readonly sizeInBytes: number
  readonly #buffer: Buffer

  /** @param buffer - holds the whole batch from `position` on: at least as many bytes as a header has */
  constructor(buffer: Buffer, position: number, sizeInBytes: number) {
    this.#buffer = buffer
    this.position = position
    this.sizeInBytes = sizeInBytes
  }

  get magic(): 2 {
    return 2
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(this.position, this.position + this.sizeInBytes)
  }

  get roundedBaseOffset(): number {
    return readInt64(this.#buffer, this.position + layout.BASE_OFFSET)
  }

  get baseOffset(): number {
    return safeOffset(this.roundedBaseOffset)
  }

  get baseOffsetBigInt(): bigint {
    return this.#buffer.readBigInt64BE(this.position + layout.BASE_OFFSET)
  }

  get lastOffsetDelta(): number {
    return this.#buffer.readInt32BE(this.position + layout.LAST_OFFSET_DELTA)
  }

  get lastOffset(): number {
    return safeOffset(this.roundedBaseOffset + this.lastOffsetDelta)
  }

  get lastOffsetBigInt(): bigint {
    return this.baseOffsetBigInt + BigInt(this.lastOffsetDelta)
  }

  get partitionLeaderEpoch(): number {
    return this.#buffer.readInt32BE(this.position + layout.PARTITION_LEADER_EPOCH)
  }

  get attributes(): number {
    return this.#buffer.readInt16BE(this.position + layout.ATTRIBUTES)
  }

  get compressionType(): number {
    return this.attributes & layout.COMPRESSION_MASK
  }

  get timestampType(): TimestampType {
    return this.attributes & layout.LOG_APPEND_TIME ? 'LogAppendTime' : 'CreateTime'
  }

  get isTransactional(): boolean {
    return (this.attributes & layout.TRANSACTIONAL) !== 0
  }

  get isControl(): boolean {
    return (this.attributes & layout.CONTROL) !== 0
  }

  get producerId(): bigint {
    return this.#buffer.readBigInt64BE(this.position + layout.PRODUCER_ID)
  }

  get producerEpoch(): number {
    return this.#buffer.readInt16BE(this.position + layout.PRODUCER_EPOCH)
  }

  get baseSequence(): number {
    return this.#buffer.readInt32BE(this.position + layout.BASE_SEQUENCE)
  }

  get lastSequence(): number {
    const { baseSequence } = this
    return baseSequence === -1 ? -1 : incrementSequence(baseSequence, this.lastOffsetDelta)
  }

  get count(): number {
    return this.#buffer.readInt32BE(this.position + layout.COUNT)
  }

  get baseTimestamp(): number {
    return readInt64(this.#buffer, this.position + layout.BASE_TIMESTAMP)
  }

  get baseTimestampBigInt(): bigint {
    return this.#buffer.readBigInt64BE(this.position + layout.BASE_TIMESTAMP)
  }

  get maxTimestamp(): number {
    return readInt64(this.#buffer, this.position + layout.MAX_TIMESTAMP)
  }

  get maxTimestampBigInt(): bigint {
    return this.#buffer.readBigInt64BE(this.position + layout.MAX_TIMESTAMP)
  }

  get logAppendTime(): number | undefined {
    return this.attributes & layout.LOG_APPEND_TIME ? this.maxTimestamp : undefined
  }

  get logAppendTimeBigInt(): bigint | undefined {
    return this.attributes & layout.LOG_APPEND_TIME ? this.maxTimestampBigInt : undefined
  }

  get deleteHorizonMs(): number | undefined {
    return this.attributes & layout.DELETE_HORIZON ? this.baseTimestamp : undefined
  }

  get checksum(): number {
    return this.#buffer.readUInt32BE(this.position + layout.CRC)
  }

  isValid(): boolean {
    return crc32c(this.#buffer, this.position + layout.ATTRIBUTES, this.position + this.sizeInBytes) === this.checksum
  }

  ensureValid(): void {
    if (this.isValid()) return
    throw new DecodeError(
      `the record batch at byte ${this.position} (base offset ${this.baseOffsetBigInt}, ${this.sizeInBytes} bytes) is corrupt: its checksum does not fit`,
      { code: 'CRC_MISMATCH', position: this.position },
    )
  }

  records(codecs: Codecs = builtIn, maxBytes: number = DEFAULT_MAX_DECOMPRESSED_BYTES): RecordReader | Promise<RecordReader> {
    this.#checkHeader()
    const start = this.position + layout.RECORDS
    const end = this.position + this.sizeInBytes
    const { compressionType } = this
    // A batch whose records were all compacted away keeps its header: nothing is left that could be decompressed.
    if (this.count === 0) return new RecordReader(this, this.#buffer, start, start)
    if (compressionType === 0) return new RecordReader(this, this.#buffer, start, end)
    const records = codecs.decompress(compressionType, this.#buffer.subarray(start, end), maxBytes)
    return records instanceof Uint8Array ? this.#readerOf(records) : records.then((bytes) => this.#readerOf(bytes))
  }

  #readerOf(records: Uint8Array): RecordReader {
    const buffer = Buffer.isBuffer(records) ? records : Buffer.from(records.buffer, records.byteOffset, records.byteLength)
    return new RecordReader(this, buffer, 0, buffer.length)
  }

  #checkHeader(): void {
    const { count, lastOffsetDelta, roundedBaseOffset } = this
    if (count < 0) this.#fail(`it says that it has ${count} records`)
    if (lastOffsetDelta < 0) this.#fail(`its last offset delta is ${lastOffsetDelta}`)
    if (roundedBaseOffset < 0) this.#fail(`its base offset is ${roundedBaseOffset}`)
    if (roundedBaseOffset > Number.MAX_SAFE_INTEGER && this.lastOffsetBigInt > MAX_INT64) this.#fail('its last offset is beyond 64 bits')
  }

  #fail(what: string): never {
    throw new DecodeError(`the record batch at byte ${this.position} is malformed: ${what}`, { position: this.position })
  }
}
