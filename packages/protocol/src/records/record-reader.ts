import { DecodeError } from '../errors/decode-error.ts'
import { RecordCursor } from './record-cursor.ts'
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
 * Walks the records of one batch, and trusts none of them: everything in a record is checked by `next()`, so that reading it cannot fail.
 *
 * ```ts
 * while (reader.next()) console.log(reader.offset, reader.value()?.toString())
 * ```
 */
export class RecordReader extends RecordCursor {
  readonly #source: RecordReaderSource
  readonly #baseOffset: number
  // The base or the delta is not a number where a number would not hold it exactly: the sum then is none either.
  readonly #baseTimestamp: number
  readonly #logAppendTime: number | undefined
  readonly #end: number
  #lastOffsetDelta = -1
  #timestampDelta = 0

  /**
   * @param buffer - holds the records, decompressed, from `start` to `end`
   * @throws DecodeError where the bytes cannot hold as many records as the batch says
   */
  constructor(source: RecordReaderSource, buffer: Buffer, start: number, end: number) {
    super(buffer, start, source.count, source.baseTimestampBigInt)
    this.#source = source
    this.#end = end
    this.#baseOffset = source.roundedBaseOffset
    this.#baseTimestamp = Number.isSafeInteger(source.baseTimestamp) ? source.baseTimestamp : Number.NaN
    this.#logAppendTime = source.logAppendTime
    if (source.count * SMALLEST_RECORD > end - start) throw this.#malformed(`${end - start} bytes cannot hold ${source.count} records`)
  }

  /**
   * Moves to the next record; false where there is none.
   * @throws DecodeError for bytes that are not what the batch says, and from then on always
   */
  override next(): boolean {
    try {
      if (!super.next()) return false
      this.#check()
      return true
    } catch (error) {
      // Nobody knows where the next record begins: who asks for it all the same is refused again.
      this.end = this.buffer.length
      this.remaining = 1
      throw this.#malformed((error as Error).message)
    }
  }

  // What was read beyond the record, or beyond the batch, is refused by where it ended.
  #check(): void {
    const { offsetDelta, keyLength, valueLength } = this
    if (offsetDelta <= this.#lastOffsetDelta || offsetDelta > this.#source.lastOffsetDelta) {
      refuse(`offset delta ${offsetDelta} after ${this.#lastOffsetDelta} of ${this.#source.lastOffsetDelta}`)
    }
    this.#lastOffsetDelta = offsetDelta
    const byte = this.buffer[this.timestampAt]!
    this.#timestampDelta = byte < 128 ? (byte >>> 1) ^ -(byte & 1) : this.#longTimestampDelta()
    if (keyLength < -1 || valueLength < -1) refuse(`a key of ${keyLength} and a value of ${valueLength} bytes`)
    if (this.headerCount !== 0) this.#skipHeaders()
    // Both wrap beyond 2^31 - 1.
    if (this.at !== this.end || this.at < 0) refuse(`a record ends at byte ${this.at}, not at ${this.end}`)
    const isLast = this.remaining === 0
    if (this.at > this.#end || (isLast && this.at < this.#end)) refuse(`the records end at byte ${this.#end}, not at ${this.at}`)
  }

  #skipHeaders(): void {
    if (this.headerCount < 0) refuse(`a record has ${this.headerCount} headers`)
    for (let i = 0; i < this.headerCount; i++) {
      const nameLength = this.varint()
      this.skip(nameLength)
      const length = this.varint()
      this.skip(length)
      if (nameLength < 0 || length < -1 || this.at > this.end) refuse(`a header of ${nameLength} and ${length} bytes does not fit`)
    }
  }

  #longTimestampDelta(): number {
    let zigzag = 0
    let scale = 1
    for (let left = 64, at = this.timestampAt; left > 0; left -= 7) {
      const byte = this.buffer[at++]!
      if (left < 7 && byte >> left !== 0) break
      zigzag += (byte & 127) * scale
      if (byte < 128) return signed(zigzag)
      scale *= 128
    }
    return refuse('a timestamp does not end within 64 bits')
  }

  /**
   * The record's offset.
   * @throws KafkaError with `OFFSET_TOO_LARGE` beyond 2^53 - 1
   */
  get offset(): number {
    return safeOffset(this.#baseOffset + this.offsetDelta)
  }

  /** The record's offset, exact. */
  override get offsetBigInt(): bigint {
    return this.#source.baseOffsetBigInt + super.offsetBigInt
  }

  /** Milliseconds since the epoch, rounded beyond 2^53; -1 where there is no timestamp. */
  get timestamp(): number {
    if (this.#logAppendTime !== undefined) return this.#logAppendTime
    const timestamp = this.#baseTimestamp + this.#timestampDelta
    return Number.isSafeInteger(timestamp) ? timestamp : Number(this.timestampBigInt)
  }

  /** Milliseconds since the epoch, exact. */
  override get timestampBigInt(): bigint {
    return this.#source.logAppendTimeBigInt ?? super.timestampBigInt
  }

  #malformed(what: string): DecodeError {
    const { position } = this.#source
    return new DecodeError(`the record batch at byte ${position} is malformed: ${what}`, { position })
  }
}

function refuse(what: string): never {
  throw new DecodeError(what)
}

// NaN where a number does not hold it exactly.
function signed(zigzag: number): number {
  if (zigzag > Number.MAX_SAFE_INTEGER) return Number.NaN
  return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
}
