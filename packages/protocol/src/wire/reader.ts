import { DecodeError } from '../errors/decode-error.ts'

// The arrays of a picture of a million partitions hold fewer.
const MAX_VALUES = 2 ** 24

/**
 * Reads Kafka's primitive types from one buffer, front to back. Every read is bounds checked: bytes that do not hold what was asked for
 * end in a {@link DecodeError}, never in a neighbour's bytes.
 */
export class Reader {
  /** What positions count in. */
  readonly buffer: Buffer
  /** Where the next read begins. */
  offset: number
  /** Where the readable bytes end. */
  readonly end: number
  #values = 0

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.offset = start
    this.end = end
  }

  /** Bytes that are left. */
  get remaining(): number {
    return this.end - this.offset
  }

  /** Moves over `length` bytes and returns where they began. */
  skip(length: number): number {
    const at = this.offset
    if (length < 0 || length > this.end - at) this.fail(`needs ${length} bytes, has ${this.end - at}`)
    this.offset = at + length
    return at
  }

  /** So many values are about to be read into an array: a few bytes each can become a hundred in memory, so there is an end to it. */
  claim(values: number): void {
    this.#values += values
    if (this.#values > MAX_VALUES) this.fail(`more than ${MAX_VALUES} values in arrays`)
  }

  /** Refuses the bytes, at the position that was reached. @throws DecodeError */
  fail(what: string): never {
    throw new DecodeError(what, { position: this.offset })
  }

  /** One byte, of which 0 alone is false. */
  boolean(): boolean {
    return this.int8() !== 0
  }

  /** 1 byte, signed. */
  int8(): number {
    return this.buffer.readInt8(this.skip(1))
  }

  /** 2 bytes, signed. */
  int16(): number {
    return this.buffer.readInt16BE(this.skip(2))
  }

  /** 2 bytes, unsigned. */
  uint16(): number {
    return this.int16() & 0xffff
  }

  /** 4 bytes, signed. */
  int32(): number {
    return this.buffer.readInt32BE(this.skip(4))
  }

  /** 4 bytes, unsigned. */
  uint32(): number {
    return this.int32() >>> 0
  }

  /** 8 bytes, signed. */
  int64(): bigint {
    return this.buffer.readBigInt64BE(this.skip(8))
  }

  /** 8 bytes of IEEE 754. */
  float64(): number {
    return this.buffer.readDoubleBE(this.skip(8))
  }

  /** 16 bytes as Kafka writes a uuid: 22 characters of base64url. */
  uuid(): string {
    const at = this.skip(16)
    return this.buffer.toString('base64url', at, at + 16)
  }

  /** An unsigned varint of at most 5 bytes. Bits beyond the 32nd are dropped, as by every other reader. */
  unsignedVarint(): number {
    const first = this.buffer[this.skip(1)] as number
    return first < 128 ? first : this.#longVarint(first)
  }

  #longVarint(first: number): number {
    let value = first & 127
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.buffer[this.skip(1)] as number
      value |= (byte & 127) << shift
      if (byte < 128) return value >>> 0
    }
    return this.fail('varint is longer than 5 bytes')
  }

  /** A zigzag varint of 32 bits. */
  varint(): number {
    const value = this.unsignedVarint()
    return (value >>> 1) ^ -(value & 1)
  }

  /** An unsigned varint of at most 10 bytes. Bits beyond the 64th are dropped. */
  unsignedVarlong(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.buffer[this.skip(1)] as number
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asUintN(64, value)
    }
    return this.fail('varint is longer than 10 bytes')
  }

  /** A zigzag varint of 64 bits. */
  varlong(): bigint {
    const value = this.unsignedVarlong()
    return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n))
  }

  /** `length` bytes of UTF-8. */
  string(length: number): string {
    const at = this.skip(length)
    return this.buffer.toString('utf8', at, at + length)
  }

  /** A view of `length` bytes: no copy. */
  bytes(length: number): Buffer {
    const at = this.skip(length)
    return this.buffer.subarray(at, at + length)
  }
}
