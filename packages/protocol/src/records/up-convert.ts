import { DecodeError } from '../errors/decode-error.ts'
import { COMPRESSION_MASK, RECORDS } from './batch-layout.ts'
import { DefaultRecordBatch } from './default-record-batch.ts'
import { type LegacyMessage, OFFSET, readLegacyMessage, sizeOfLegacyMessage } from './legacy-message.ts'
import type { RecordBatch } from './record-batch.ts'
import { RecordBatchBuilder } from './record-batch-builder.ts'
import type { RecordReader } from './record-reader.ts'

// Old messages are read by writing them as a batch of magic 2: they are rare, and whoever reads records then knows one format only.

const MAX_INT64 = (1n << 63n) - 1n
const MAX_INT32 = 0x7fffffffn

/** The one record of an uncompressed message. */
export function upConvertMessage(buffer: Buffer, at: number, size: number): RecordReader {
  const message = readLegacyMessage(buffer, at, size)
  const conversion = new Conversion(message.offset, size)
  conversion.append(message, message.offset, message.timestamp)
  return conversion.reader()
}

/**
 * The records of a compressed set.
 * @param bytes - the set, decompressed
 * @throws DecodeError for messages that are not of the set's magic, compressed again, or at offsets that do not grow
 */
export function upConvertSet(wrapper: RecordBatch, bytes: Uint8Array): RecordReader {
  const { magic } = wrapper
  const set = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let lastAt = -1
  for (let at = 0; at < set.length; at += sizeOfLegacyMessage(set, at, magic)) lastAt = at
  if (lastAt === -1) throw new DecodeError('a compressed message set holds no message')
  const shift = offsetShift(wrapper, set.readBigInt64BE(lastAt + OFFSET))
  const conversion = new Conversion(set.readBigInt64BE(OFFSET) + shift, set.length)
  const logAppendTime = wrapper.timestampType === 'LogAppendTime' ? wrapper.maxTimestampBigInt : undefined
  for (let at = 0; at < set.length; ) {
    const size = sizeOfLegacyMessage(set, at, magic)
    const message = readLegacyMessage(set, at, size)
    if ((message.attributes & COMPRESSION_MASK) !== 0) throw new DecodeError('a compressed message set holds a compressed message')
    conversion.append(message, message.offset + shift, logAppendTime ?? message.timestamp)
    at += size
  }
  return conversion.reader()
}

// Since magic 1 the offsets inside a set are relative, and the set itself has the absolute offset of the last one.
function offsetShift(wrapper: RecordBatch, lastInnerOffset: bigint): bigint {
  const { lastOffsetBigInt } = wrapper
  // A set as a producer sends it may have the offset 0 whatever is in it.
  if (wrapper.magic === 0 || lastOffsetBigInt === 0n) return 0n
  if (lastOffsetBigInt >= lastInnerOffset) return lastOffsetBigInt - lastInnerOffset
  throw new DecodeError(`a compressed message set has the offset ${lastOffsetBigInt} and ends at the relative offset ${lastInnerOffset}`)
}

class Conversion {
  readonly #baseOffset: bigint
  readonly #builder: RecordBatchBuilder
  #lastOffset = -1n

  constructor(baseOffset: bigint, size: number) {
    if (baseOffset < 0n || baseOffset > MAX_INT64) throw new DecodeError(`a message has the offset ${baseOffset}`)
    this.#baseOffset = baseOffset
    this.#builder = new RecordBatchBuilder({ size: size + RECORDS })
  }

  append(message: LegacyMessage, offset: bigint, timestamp: bigint): void {
    const delta = offset - this.#baseOffset
    if (offset <= this.#lastOffset || delta > MAX_INT32)
      throw new DecodeError(`a message set has the offset ${offset} after ${this.#lastOffset}`)
    this.#lastOffset = offset
    this.#builder.appendAt(Number(delta), timestamp, message.key, message.value)
  }

  reader(): RecordReader {
    const bytes = this.#builder.close({ baseOffset: this.#baseOffset })
    return new DefaultRecordBatch(bytes, 0, bytes.length).records() as RecordReader
  }
}
