import { DecodeError } from '../errors/decode-error.ts'
import { COMPRESSION_MASK } from './batch-layout.ts'
import { type LegacyMessage, OFFSET, readLegacyMessage, sizeOfLegacyMessage } from './legacy-message.ts'
import type { RecordBatch } from './record-batch.ts'
import { RecordReader } from './record-reader.ts'
import { sizeOfVarbytes, writeVarbytes } from './varbytes.ts'
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './varint.ts'

// Old messages are read by writing them as records of magic 2: they are rare, and whoever reads records then knows one format only.

const MAX_INT64 = (1n << 63n) - 1n
const MAX_INT32 = 0x7fffffffn

/** The one record of an uncompressed message. */
export function upConvertMessage(buffer: Buffer, at: number, size: number): RecordReader {
  const message = readLegacyMessage(buffer, at, size)
  const conversion = new Conversion(at, message.offset, message.timestamp, size)
  conversion.append(message, message.offset, message.timestamp)
  return conversion.reader()
}

/**
 * The records of a compressed set.
 * @param bytes - the set, decompressed
 * @throws DecodeError for messages that are not of the set's magic, compressed again, or at offsets that do not grow
 */
export function upConvertSet(wrapper: RecordBatch, bytes: Uint8Array): RecordReader {
  const { magic, position } = wrapper
  const set = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let lastAt = -1
  for (let at = 0; at < set.length; at += sizeOfLegacyMessage(set, at, magic)) lastAt = at
  if (lastAt === -1) throw new DecodeError('a compressed message set holds no message')
  const shift = offsetShift(wrapper, set.readBigInt64BE(lastAt + OFFSET))
  const logAppendTime = wrapper.timestampType === 'LogAppendTime' ? wrapper.maxTimestampBigInt : undefined
  let conversion: Conversion | undefined
  for (let at = 0; at < set.length; ) {
    const size = sizeOfLegacyMessage(set, at, magic)
    const message = readLegacyMessage(set, at, size)
    if ((message.attributes & COMPRESSION_MASK) !== 0) throw new DecodeError('a compressed message set holds a compressed message')
    const offset = message.offset + shift
    const timestamp = logAppendTime ?? message.timestamp
    conversion ??= new Conversion(position, offset, timestamp, set.length)
    conversion.append(message, offset, timestamp)
    at += size
  }
  return (conversion as Conversion).reader()
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
  readonly #position: number
  readonly #baseOffset: bigint
  readonly #baseTimestamp: bigint
  readonly #buffer: Buffer
  #end = 0
  #count = 0
  #lastOffsetDelta = -1

  /** @param size - bytes of all messages: written as records they never take more */
  constructor(position: number, baseOffset: bigint, baseTimestamp: bigint, size: number) {
    if (baseOffset < 0n || baseOffset > MAX_INT64) throw new DecodeError(`a message has the offset ${baseOffset}`, { position })
    this.#position = position
    this.#baseOffset = baseOffset
    this.#baseTimestamp = baseTimestamp
    this.#buffer = Buffer.allocUnsafe(size)
  }

  append({ key, value }: LegacyMessage, offset: bigint, timestamp: bigint): void {
    const delta = offset - this.#baseOffset
    if (delta <= this.#lastOffsetDelta || delta > MAX_INT32 || offset > MAX_INT64) {
      const before = this.#baseOffset + BigInt(this.#lastOffsetDelta)
      throw new DecodeError(`a message set has the offset ${offset} after ${before}`, { position: this.#position })
    }
    this.#lastOffsetDelta = Number(delta)
    this.#count++
    const sinceBase = numberIfSmall(BigInt.asIntN(64, timestamp - this.#baseTimestamp))
    const deltas = sizeOfVarlong(sinceBase) + sizeOfVarint(this.#lastOffsetDelta)
    // Attributes and the number of headers, both 0, take a byte each.
    const length = 2 + deltas + sizeOfVarbytes(key === null ? -1 : key.length) + sizeOfVarbytes(value === null ? -1 : value.length)
    const buffer = this.#buffer
    let at = writeVarint(buffer, this.#end, length)
    buffer[at++] = 0
    at = writeVarlong(buffer, at, sinceBase)
    at = writeVarint(buffer, at, this.#lastOffsetDelta)
    at = writeVarbytes(buffer, at, key)
    at = writeVarbytes(buffer, at, value)
    buffer[at++] = 0
    this.#end = at
  }

  reader(): RecordReader {
    const source = {
      position: this.#position,
      count: this.#count,
      lastOffsetDelta: this.#lastOffsetDelta,
      roundedBaseOffset: Number(this.#baseOffset),
      baseOffsetBigInt: this.#baseOffset,
      baseTimestamp: Number(this.#baseTimestamp),
      baseTimestampBigInt: this.#baseTimestamp,
      logAppendTime: undefined,
      logAppendTimeBigInt: undefined,
    }
    return new RecordReader(source, this.#buffer, 0, this.#end)
  }
}

function numberIfSmall(value: bigint): number | bigint {
  const number = Number(value)
  return (number | 0) === number ? number : value
}
