import { DecodeError } from '../errors/decode-error.ts'
import { Reader } from '../wire/reader.ts'
import { readHeaders } from './headers.ts'

/**
 * Walks encoded records, one `next()` a record: the fields are then those of the current record. It hands out positions in `buffer`; nothing is
 * copied or allocated. What it reads has to be right: that of others is read by a {@link RecordReader}, which checks it.
 */
export class RecordCursor {
  /** What the positions count in. */
  readonly buffer: Buffer
  /** Records that `next` has not reached yet. */
  remaining: number
  /** The record's offset minus the batch's base offset. */
  offsetDelta = -1
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
  /** How far the record has been read. */
  protected at: number
  /** Where the record ends, as its length says. */
  protected end: number
  /** Where the timestamp begins: a difference from that of the batch. */
  protected timestampAt = 0
  readonly #baseTimestamp: bigint

  /** @param start - where in `buffer` the first record begins */
  constructor(buffer: Buffer, start: number, count: number, baseTimestamp: bigint) {
    this.buffer = buffer
    this.at = start
    this.end = start
    this.remaining = count
    this.#baseTimestamp = baseTimestamp
  }

  /** Moves to the next record; false where there is none. */
  next(): boolean {
    if (this.remaining === 0) return false
    this.at = this.end
    const length = this.varint()
    this.end = (this.at + length) | 0
    // Attributes: no bit of them is used.
    this.timestampAt = ++this.at
    while (this.buffer[this.at++]! > 127);
    this.offsetDelta = this.varint()
    this.keyLength = this.varint()
    this.keyStart = this.skip(this.keyLength)
    this.valueLength = this.varint()
    this.valueStart = this.skip(this.valueLength)
    this.headersStart = this.at
    this.headerCount = this.varint()
    this.remaining--
    return true
  }

  /** Reads a zigzag varint of 32 bits. */
  protected varint(): number {
    const first = this.buffer[this.at++]!
    return first < 128 ? (first >>> 1) ^ -(first & 1) : this.#longVarint(first)
  }

  #longVarint(first: number): number {
    let value = first & 127
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.buffer[this.at++]!
      value |= (byte & 127) << shift
      if (byte < 128) return (value >>> 1) ^ -(value & 1)
    }
    throw new DecodeError('a varint does not end')
  }

  /** Moves over so many bytes, or none where that is negative, and returns where they begin. Positions stay int32, whatever the bytes say. */
  protected skip(length: number): number {
    const start = this.at
    if (length > 0) this.at = (start + length) | 0
    return start
  }

  /** The record's offset, exact. */
  get offsetBigInt(): bigint {
    return BigInt(this.offsetDelta)
  }

  /** Milliseconds since the epoch, exact. */
  get timestampBigInt(): bigint {
    return BigInt.asIntN(64, this.#baseTimestamp + new Reader(this.buffer, this.timestampAt).varlong())
  }

  /** The key: a view. */
  key(): Buffer | null {
    return this.#view(this.keyStart, this.keyLength)
  }

  /** The value: a view. */
  value(): Buffer | null {
    return this.#view(this.valueStart, this.valueLength)
  }

  #view(start: number, length: number): Buffer | null {
    return length < 0 ? null : this.buffer.subarray(start, start + length)
  }

  /** The headers in order, values as views; a new array each time. */
  headers(): [name: string, value: Buffer | null][] {
    return readHeaders(this.buffer, this.headersStart)
  }
}
