import type { BlockEngine } from './block-engine.ts'
import { HISTORY } from './block-format.ts'
import { malformed, tooLarge } from './decompression-error.ts'
import * as format from './frame-format.ts'
import { Output } from './output.ts'
import { xxh32 } from './xxh32.ts'

const SKIPPABLE = 0x184d2a50
const NOTHING = new Uint8Array(0)

/**
 * Reads LZ4 frames, one after another: blocks of every size, independent or linked; checksums and sizes are looked at where they are there.
 * @param maxBytes - the most that may come out
 * @throws DecodeError with `DECOMPRESSED_TOO_LARGE` or `DECOMPRESSION_FAILED`
 */
export function readFrames(bytes: Uint8Array, maxBytes: number, engine: BlockEngine): Uint8Array {
  const reader = new FrameReader(bytes, maxBytes, engine)
  do reader.readFrame()
  while (!reader.isAtEnd)
  return reader.output.finish()
}

interface Header {
  readonly flags: number
  readonly maxBlockSize: number
  readonly contentSize: bigint | undefined
}

class FrameReader {
  readonly output: Output
  readonly #bytes: Buffer
  readonly #engine: BlockEngine
  #at = 0

  constructor(bytes: Uint8Array, maxBytes: number, engine: BlockEngine) {
    this.output = new Output(maxBytes)
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#engine = engine
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  readFrame(): void {
    const magic = this.#uint32()
    // Sixteen numbers announce something that is none of our business.
    if (magic >>> 4 === SKIPPABLE >>> 4) this.#take(this.#uint32())
    else if (magic === format.MAGIC) this.#readContent(this.#header())
    else throw malformed('no frame begins where one should')
  }

  #readContent(header: Header): void {
    const start = this.output.length
    while (this.#readBlock(header, start));
    const { flags, contentSize } = header
    if (contentSize !== undefined && contentSize !== BigInt(this.output.length - start)) throw malformed('the content has another size')
    if (flags & format.CONTENT_CHECKSUM) this.#ensureChecksum(this.output.from(start), 'content')
  }

  #header(): Header {
    const start = this.#at
    const [flags, descriptor] = this.#take(2) as unknown as [number, number]
    if ((flags & format.VERSION_MASK) !== format.VERSION) throw malformed(`version ${flags >> 6} of the format is unknown`)
    if (flags & format.DICTIONARY) throw malformed('it needs a dictionary')
    const maxBlockSize = format.maxBlockSize(descriptor)
    if (maxBlockSize === undefined || flags & format.RESERVED) throw malformed('the header has no meaning')
    const contentSize = flags & format.CONTENT_SIZE ? this.#take(8).readBigUInt64LE() : undefined
    const described = this.#bytes.subarray(start, this.#at)
    const checksum = this.#take(1)[0]
    // Clients of Kafka before 0.10 took the magic number into the checksum.
    const withMagic = this.#bytes.subarray(start - format.MAGIC_SIZE, start + described.length)
    if (checksum !== headerChecksum(described) && checksum !== headerChecksum(withMagic))
      throw malformed('the header does not fit its checksum')
    if (contentSize !== undefined) this.output.expect(contentSize)
    return { flags, maxBlockSize, contentSize }
  }

  /** Returns whether there was a block. */
  #readBlock({ flags, maxBlockSize }: Header, start: number): boolean {
    const size = this.#uint32()
    if (size === format.END_MARK) return false
    const block = this.#take(size & ~format.STORED)
    if (block.length > maxBlockSize) throw malformed('a block is larger than its frame allows')
    if (flags & format.BLOCK_CHECKSUM) this.#ensureChecksum(block, 'block')
    if ((size & format.STORED) !== 0) this.output.add(block)
    else
      this.#decompress(
        block,
        flags & format.INDEPENDENT ? NOTHING : this.output.from(Math.max(start, this.output.length - HISTORY)),
        maxBlockSize,
      )
    return true
  }

  #decompress(block: Uint8Array, history: Uint8Array, maxBlockSize: number): void {
    const { room, maxBytes } = this.output
    const decompressed = this.#engine.decompress(block, history, Math.min(maxBlockSize, room))
    if (decompressed === 'malformed') throw malformed('a block is damaged')
    if (decompressed === 'too long')
      throw room < maxBlockSize ? tooLarge(maxBytes) : malformed('a block becomes longer than its frame allows')
    this.output.add(decompressed)
  }

  #ensureChecksum(bytes: Uint8Array, what: string): void {
    if (this.#uint32() !== xxh32(bytes)) throw malformed(`the ${what} does not fit its checksum`)
  }

  #uint32(): number {
    return this.#take(4).readUInt32LE()
  }

  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw malformed('it is cut off')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}

function headerChecksum(bytes: Uint8Array): number {
  return (xxh32(bytes) >>> 8) & 255
}
