import { KafkaError } from '../errors/kafka-error.ts'
import { isInt64 } from './int64.ts'

// Below this, copying bytes costs less than a chunk of their own in the socket's write.
const COPY_BELOW = 1024
// Buffer.from takes anything for base64, and leaves out what is none.
const UUID = /^[\w-]{22}(==)?$/

// Node's own writers take NaN, fractions, text and null, and write some number for them.
function refuse(value: unknown, type: string): never {
  throw new KafkaError('INVALID_ARGUMENT', `${typeof value} ${String(value)} is no ${type}`)
}

/**
 * Writes Kafka's primitive types into a buffer that grows. Larger byte arrays are taken by reference and become chunks of their own, so that
 * a record batch goes from where it was built to the socket untouched.
 */
export class Writer {
  #buffer: Buffer
  #start = 0
  #offset = 0
  #chunks: Uint8Array[] = []
  #cut = 0

  constructor(size = 512) {
    this.#buffer = Buffer.allocUnsafe(size)
  }

  /** Bytes written so far, chunks included. */
  get length(): number {
    return this.#cut + this.#offset - this.#start
  }

  #reserve(length: number): number {
    const at = this.#offset
    if (at + length > this.#buffer.length) return this.#grow(length)
    this.#offset = at + length
    return at
  }

  #grow(length: number): number {
    const kept = this.#buffer.subarray(this.#start, this.#offset)
    const next = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, kept.length + length))
    kept.copy(next)
    this.#buffer = next
    this.#start = 0
    this.#offset = kept.length + length
    return kept.length
  }

  /** One byte: 1 or 0. */
  boolean(value: boolean): void {
    if (typeof value !== 'boolean') refuse(value, 'boolean')
    this.int8(value ? 1 : 0)
  }

  /** 1 byte, signed. */
  int8(value: number): void {
    if ((value << 24) >> 24 !== value) refuse(value, 'int8')
    const at = this.#reserve(1)
    this.#buffer.writeInt8(value, at)
  }

  /** 2 bytes, signed. */
  int16(value: number): void {
    if ((value << 16) >> 16 !== value) refuse(value, 'int16')
    const at = this.#reserve(2)
    this.#buffer.writeInt16BE(value, at)
  }

  /** 2 bytes, unsigned. */
  uint16(value: number): void {
    if ((value & 0xffff) !== value) refuse(value, 'uint16')
    this.int16((value << 16) >> 16)
  }

  /** 4 bytes, signed. */
  int32(value: number): void {
    if ((value | 0) !== value) refuse(value, 'int32')
    const at = this.#reserve(4)
    this.#buffer.writeInt32BE(value, at)
  }

  /** 4 bytes, unsigned. */
  uint32(value: number): void {
    if (value >>> 0 !== value) refuse(value, 'uint32')
    this.int32(value | 0)
  }

  /** 8 bytes, signed. */
  int64(value: bigint): void {
    if (!isInt64(value)) refuse(value, 'bigint of 64 bits')
    const at = this.#reserve(8)
    this.#buffer.writeBigInt64BE(value, at)
  }

  /** 8 bytes of IEEE 754. */
  float64(value: number): void {
    if (typeof value !== 'number') refuse(value, 'number')
    const at = this.#reserve(8)
    this.#buffer.writeDoubleBE(value, at)
  }

  /** 22 characters of base64url, as 16 bytes. */
  uuid(value: string): void {
    if (!UUID.test(value)) refuse(value, 'uuid: 22 characters of base64url')
    const at = this.#reserve(16)
    this.#buffer.write(value, at, 16, 'base64url')
  }

  /** A uint32 in 1 to 5 bytes. */
  unsignedVarint(value: number): void {
    let rest = value >>> 0
    while (rest > 127) {
      const at = this.#reserve(1)
      this.#buffer[at] = (rest & 127) | 128
      rest >>>= 7
    }
    const at = this.#reserve(1)
    this.#buffer[at] = rest
  }

  /** An int32 in 1 to 5 bytes, zigzag. */
  varint(value: number): void {
    this.unsignedVarint((value << 1) ^ (value >> 31))
  }

  /** A uint64 in 1 to 10 bytes. */
  unsignedVarlong(value: bigint): void {
    let rest = BigInt.asUintN(64, value)
    while (rest > 127n) {
      this.int8(Number(rest & 127n) - 128)
      rest >>= 7n
    }
    this.int8(Number(rest))
  }

  /** An int64 in 1 to 10 bytes, zigzag. */
  varlong(value: bigint): void {
    this.unsignedVarlong((value << 1n) ^ (value >> 63n))
  }

  /** UTF-8 of `value`, without a length. */
  utf8(value: string, byteLength: number): void {
    const at = this.#reserve(byteLength)
    this.#buffer.write(value, at, byteLength, 'utf8')
  }

  /** Copies `value`, or takes it by reference where it is large: it must then not change until the chunks are sent. */
  bytes(value: Uint8Array): void {
    if (value.length >= COPY_BELOW) {
      this.#cutChunk()
      this.#chunks.push(value)
      this.#cut += value.length
      return
    }
    const at = this.#reserve(value.length)
    this.#buffer.set(value, at)
  }

  #cutChunk(): void {
    if (this.#offset === this.#start) return
    this.#chunks.push(this.#buffer.subarray(this.#start, this.#offset))
    this.#cut += this.#offset - this.#start
    this.#start = this.#offset
  }

  /** What was written, in order. The writer must not be used afterwards. */
  chunks(): Uint8Array[] {
    this.#cutChunk()
    return this.#chunks
  }

  /** What was written as one buffer; a copy only where there is more than one chunk. */
  concat(): Buffer {
    const chunks = this.chunks()
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
  }
}
