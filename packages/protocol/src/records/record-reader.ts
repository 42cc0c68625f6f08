import { DecodeError } from '../errors/decode-error.ts'
import { Reader } from '../wire/reader.ts'
import { readHeaders } from './headers.ts'
import { safeOffset } from './wide-number.ts'

/** What a reader needs to know of the batch. */
export interface RecordReaderSource {
  /** Position of the batch, for errors. */
  readonly position: number
  /** How many records there are. */
  readonly count: number
  /** The offset delta that no record exceeds. */
  readonly lastOffsetDelta: number
  /** The base offset, rounded beyond 2^53 - 1. */
  readonly roundedBaseOffset: number
  /** The base offset, exact. */
  readonly baseOffsetBigInt: bigint
  /** The timestamp that deltas are added to, rounded beyond 2^53 - 1. */
  readonly baseTimestamp: number
  /** The timestamp that deltas are added to, exact. */
  readonly baseTimestampBigInt: bigint
  /** The timestamp of all records, where the broker set it; rounded beyond 2^53 - 1. */
  readonly logAppendTime: number | undefined
  /** The timestamp of all records, where the broker set it; exact. */
  readonly logAppendTimeBigInt: bigint | undefined
}

// Length, attributes, two deltas, key, value and header count take a byte each.
const SMALLEST_RECORD = 7

/**
 * Walks the records of one batch, one `next()` a record: the fields are then those of the current record. It hands out positions in `buffer`;
 * nothing is copied or allocated.
 *
 * ```ts
 * while (reader.next()) console.log(reader.offset, reader.value()?.toString())
 * ```
 */
export class RecordReader {
  /** What the positions count in. */
  readonly buffer: Buffer
  /** Where the key begins. */
  keyStart = 0
  /** Bytes of the key, -1 for null. */
  keyLength = -1
  /** Where the value begins. */
  valueStart = 0
  /** Bytes of the value, -1 for null. */
  valueLength = -1
  /** Where the headers begin: their count, as {@link readHeaders} takes it. */
  headersStart = 0
  /** How many headers there are. */
  headerCount = 0
  readonly #source: RecordReaderSource
  readonly #baseOffset: number
  // The base or the delta is not a number where a number would not hold it exactly: the sum then is none either.
  readonly #baseTimestamp: number
  readonly #logAppendTime: number | undefined
  readonly #end: number
  #at: number
  #left: number
  #offsetDelta = -1
  #timestampDelta = 0
  #timestampAt = 0

  /**
   * @param buffer - holds the records, decompressed, from `start` to `end`
   * @throws DecodeError where the bytes cannot hold as many records as the batch says
   */
  constructor(source: RecordReaderSource, buffer: Buffer, start: number, end: number) {
    this.#source = source
    this.buffer = buffer
    this.#at = start
    this.#end = end
    this.#left = source.count
    this.#baseOffset = source.roundedBaseOffset
    this.#baseTimestamp = Number.isSafeInteger(source.baseTimestamp) ? source.baseTimestamp : Number.NaN
    this.#logAppendTime = source.logAppendTime
    if (source.count * SMALLEST_RECORD > end - start) this.#fail(`${end - start} bytes cannot hold ${source.count} records`)
  }

  /** Records that `next` has not reached yet. */
  get remaining(): number {
    return this.#left
  }

  /**
   * Moves to the next record; false where there is none. Everything in the record is checked here, so that reading it cannot fail.
   * @throws DecodeError for bytes that are not what the batch says, and from then on always
   */
  next(): boolean {
    if (this.#left === 0) return false
    const length = this.#varint()
    const end = this.#at + length
    if (length < 0 || end > this.#end) this.#fail(`a record of ${length} bytes does not fit`)
    // Attributes: no bit of them is used.
    this.#timestampAt = ++this.#at
    const byte = this.buffer[this.#at]!
    if (byte < 128) {
      this.#at++
      this.#timestampDelta = (byte >>> 1) ^ -(byte & 1)
    } else this.#timestampDelta = this.#longVarint(64)
    const offsetDelta = this.#varint()
    if (offsetDelta <= this.#offsetDelta || offsetDelta > this.#source.lastOffsetDelta) {
      this.#fail(`offset delta ${offsetDelta} after ${this.#offsetDelta} of ${this.#source.lastOffsetDelta}`)
    }
    this.#offsetDelta = offsetDelta
    this.keyLength = this.#skip(end)
    this.keyStart = this.keyLength > 0 ? this.#at - this.keyLength : this.#at
    this.valueLength = this.#skip(end)
    this.valueStart = this.valueLength > 0 ? this.#at - this.valueLength : this.#at
    this.headersStart = this.#at
    this.headerCount = this.#varint()
    if (this.headerCount !== 0) this.#skipHeaders(end)
    if (this.#at !== end) this.#fail(`a record ends at byte ${this.#at}, not at ${end}`)
    if (this.#left === 1 && end !== this.#end) this.#fail(`${this.#end - end} bytes are left over`)
    this.#left--
    return true
  }

  /**
   * The record's offset.
   * @throws KafkaError with `OFFSET_TOO_LARGE` beyond 2^53 - 1
   */
  get offset(): number {
    return safeOffset(this.#baseOffset + this.#offsetDelta)
  }

  /** The record's offset, exact. */
  get offsetBigInt(): bigint {
    return this.#source.baseOffsetBigInt + BigInt(this.#offsetDelta)
  }

  /** The record's offset minus the batch's base offset. */
  get offsetDelta(): number {
    return this.#offsetDelta
  }

  /** Milliseconds since the epoch, rounded beyond 2^53; -1 where there is no timestamp. */
  get timestamp(): number {
    if (this.#logAppendTime !== undefined) return this.#logAppendTime
    const timestamp = this.#baseTimestamp + this.#timestampDelta
    return Number.isSafeInteger(timestamp) ? timestamp : Number(this.timestampBigInt)
  }

  /** Milliseconds since the epoch, exact. */
  get timestampBigInt(): bigint {
    const { logAppendTimeBigInt, baseTimestampBigInt } = this.#source
    return logAppendTimeBigInt ?? BigInt.asIntN(64, baseTimestampBigInt + new Reader(this.buffer, this.#timestampAt).varlong())
  }

  /** The key: a view. */
  key(): Buffer | null {
    return this.keyLength < 0 ? null : this.buffer.subarray(this.keyStart, this.keyStart + this.keyLength)
  }

  /** The value: a view. */
  value(): Buffer | null {
    return this.valueLength < 0 ? null : this.buffer.subarray(this.valueStart, this.valueStart + this.valueLength)
  }

  /** The headers in order, values as views; a new array each time. */
  headers(): [name: string, value: Buffer | null][] {
    return readHeaders(this.buffer, this.headersStart)
  }

  // Moves over a key, a value or a part of a header, whose length it returns.
  #skip(end: number): number {
    const length = this.#varint()
    if (length < -1 || length > end - this.#at) this.#fail(`a key, value or header of ${length} bytes does not fit`)
    if (length > 0) this.#at += length
    return length
  }

  #skipHeaders(end: number): void {
    if (this.headerCount < 0) this.#fail(`a record has ${this.headerCount} headers`)
    for (let i = 0; i < this.headerCount; i++) {
      if (this.#skip(end) < 0) this.#fail('a header has no name')
      this.#skip(end)
    }
  }

  // Reading past the record is caught when its end is compared, reading past the buffer in the long one: undefined is not below 128.
  #varint(): number {
    const byte = this.buffer[this.#at]!
    if (byte < 128) {
      this.#at++
      return (byte >>> 1) ^ -(byte & 1)
    }
    return this.#longVarint(32)
  }

  #longVarint(bits: 32 | 64): number {
    let zigzag = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.buffer[this.#at++]!
      zigzag |= (byte & 127) << shift
      if (byte < 128) return (zigzag >>> 1) ^ -(zigzag & 1)
    }
    let scale = 2 ** 28
    for (let left = bits - 28; left > 0; left -= 7) {
      const byte = this.buffer[this.#at++]!
      if (left < 7 && byte >> left !== 0) break
      zigzag += (byte & 127) * scale
      if (byte < 128) return signed(zigzag)
      scale *= 128
    }
    return this.#fail(`a varint does not end within ${bits} bits`)
  }

  #fail(what: string): never {
    // Nobody knows where the next record begins: who asks for it all the same is refused again.
    this.#at = this.buffer.length
    throw new DecodeError(`the record batch at byte ${this.#source.position} is malformed: ${what}`, { position: this.#source.position })
  }
}

// NaN where a number does not hold it exactly.
function signed(zigzag: number): number {
  if (zigzag > Number.MAX_SAFE_INTEGER) return Number.NaN
  return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
}
