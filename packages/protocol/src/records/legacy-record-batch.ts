import { DecodeError } from '../errors/decode-error.ts'
import { COMPRESSION_MASK, LOG_APPEND_TIME } from './batch-layout.ts'
import { Codecs } from './codecs.ts'
import { ATTRIBUTES, CRC, MAGIC, OFFSET, readLegacyMessage, TIMESTAMP } from './legacy-message.ts'
import { nodeZlib } from './node-zlib.ts'
import { DEFAULT_MAX_DECOMPRESSED_BYTES, type RecordBatch, type TimestampType } from './record-batch.ts'
import type { RecordReader } from './record-reader.ts'
import { upConvertMessage, upConvertSet } from './up-convert.ts'
import { readInt64, safeOffset } from './wide-number.ts'

const builtIn = /* @__PURE__ */ new Codecs()
const NOTHING = /* @__PURE__ */ Buffer.alloc(0)

/**
 * A message of magic 0 or 1 (before Kafka 0.11), or a compressed set of them: what stands there instead of a batch. What such messages do not
 * have reads as in a batch of a producer that is not idempotent.
 */
export class LegacyRecordBatch implements RecordBatch {
  readonly position: number
  readonly sizeInBytes: number
  readonly magic: number
  readonly partitionLeaderEpoch: -1 = -1
  readonly isTransactional: false = false
  readonly isControl: false = false
  readonly producerId: bigint = -1n
  readonly producerEpoch: -1 = -1
  readonly baseSequence: -1 = -1
  readonly lastSequence: -1 = -1
  readonly deleteHorizonMs: undefined = undefined
  readonly #buffer: Buffer

  /** @param buffer - holds the whole message from `position` on: at least as many bytes as one has without key and value */
  constructor(buffer: Buffer, position: number, sizeInBytes: number) {
    this.#buffer = buffer
    this.position = position
    this.sizeInBytes = sizeInBytes
    this.magic = buffer.readInt8(position + MAGIC)
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(this.position, this.position + this.sizeInBytes)
  }

  get baseOffset(): number {
    return this.lastOffset
  }

  get baseOffsetBigInt(): bigint {
    return this.lastOffsetBigInt
  }

  get lastOffset(): number {
    return safeOffset(readInt64(this.#buffer, this.position + OFFSET))
  }

  get lastOffsetBigInt(): bigint {
    return this.#buffer.readBigInt64BE(this.position + OFFSET)
  }

  get attributes(): number {
    return this.#buffer.readInt8(this.position + ATTRIBUTES)
  }

  get compressionType(): number {
    return this.attributes & COMPRESSION_MASK
  }

  get timestampType(): TimestampType {
    if (this.magic === 0) return 'NoTimestampType'
    return this.attributes & LOG_APPEND_TIME ? 'LogAppendTime' : 'CreateTime'
  }

  get count(): number | undefined {
    return this.compressionType === 0 ? 1 : undefined
  }

  get baseTimestamp(): number {
    return this.maxTimestamp
  }

  get baseTimestampBigInt(): bigint {
    return this.maxTimestampBigInt
  }

  get maxTimestamp(): number {
    return this.magic === 0 ? -1 : readInt64(this.#buffer, this.position + TIMESTAMP)
  }

  get maxTimestampBigInt(): bigint {
    return this.magic === 0 ? -1n : this.#buffer.readBigInt64BE(this.position + TIMESTAMP)
  }

  get checksum(): number {
    return this.#buffer.readUInt32BE(this.position + CRC)
  }

  isValid(): boolean {
    return nodeZlib().crc32(this.#buffer.subarray(this.position + MAGIC, this.position + this.sizeInBytes)) === this.checksum
  }

  ensureValid(): void {
    if (this.isValid()) return
    throw new DecodeError(
      `the message at byte ${this.position} (offset ${this.lastOffsetBigInt}, ${this.sizeInBytes} bytes) is corrupt: its checksum does not fit`,
      { code: 'CRC_MISMATCH', position: this.position },
    )
  }

  records(codecs: Codecs = builtIn, maxBytes: number = DEFAULT_MAX_DECOMPRESSED_BYTES): RecordReader | Promise<RecordReader> {
    const { compressionType } = this
    if (compressionType === 0) return upConvertMessage(this.#buffer, this.position, this.sizeInBytes)
    const { value } = readLegacyMessage(this.#buffer, this.position, this.sizeInBytes)
    const set = codecs.decompress(compressionType, value ?? NOTHING, maxBytes)
    return set instanceof Uint8Array ? upConvertSet(this, set) : set.then((bytes) => upConvertSet(this, bytes))
  }
}
