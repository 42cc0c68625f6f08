import { tooLarge } from './decompression-error.ts'

/** What has been decompressed so far, in one piece that grows, up to the most that may come out. */
export class Output {
  readonly maxBytes: number
  #bytes = Buffer.alloc(0)
  #length = 0

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  get length(): number {
    return this.#length
  }

  /** Bytes that may still come. */
  get room(): number {
    return this.maxBytes - this.#length
  }

  /** Refuses at once what says itself that it is too large; apart from that, nobody's word is memory. */
  expect(size: bigint): void {
    if (size > BigInt(this.room)) throw tooLarge(this.maxBytes)
  }

  add(bytes: Uint8Array): void {
    if (bytes.length > this.room) throw tooLarge(this.maxBytes)
    const length = this.#length + bytes.length
    if (length > this.#bytes.length) this.#grow(length)
    this.#bytes.set(bytes, this.#length)
    this.#length = length
  }

  /** What was added since the length was this. A view, good until more is added. */
  from(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.#length)
  }

  /** All of it. Memory is held for it that is at most twice as large. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  #grow(length: number): void {
    const grown = Buffer.allocUnsafe(Math.max(length, Math.min(this.maxBytes, 2 * this.#bytes.length)))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}
