import { malformed } from './decompression-error.ts'

// https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1
export const MAGIC = 0xfd2fb528
export const MAGIC_SIZE = 4
const SKIPPABLE = 0x184d2a50
const SINGLE_SEGMENT = 0x20
const RESERVED = 0x08
const HAS_CHECKSUM = 0x04
const DICTIONARY = 0x03
const CHECKSUM_SIZE = 4
const BLOCK_HEADER_SIZE = 3
const RLE = 1
const COMPRESSED = 2
/** Bytes that a block becomes at most. */
const MAX_BLOCK = 128 * 1024
/** Bytes that matches may reach back at most: what zstd itself takes without being asked. */
const MAX_WINDOW = 128 * 1024 * 1024

/** A frame, walked through but not decompressed. */
export interface Frame {
  /** Where the frame behind it begins. */
  readonly end: number
  /** Its blocks; undefined for a frame that is to be skipped. */
  readonly blocks: Buffer | undefined
  /** Bytes that matches may reach back, or all that it can become if that is less. */
  readonly window: number
  /** Bytes that it says to become. */
  readonly contentSize: bigint | undefined
  /** The checksum of what it becomes. */
  readonly checksum: number | undefined
}

/** Walks through the frame that begins here. */
export function frameAt(bytes: Buffer, start: number): Frame {
  const reader = new Reader(bytes, start)
  const magic = reader.unsigned(MAGIC_SIZE)
  if (magic >>> 4 === SKIPPABLE >>> 4) {
    reader.skip(reader.unsigned(4))
    return { end: reader.at, blocks: undefined, window: 0, contentSize: undefined, checksum: undefined }
  }
  if (magic !== MAGIC) throw malformed('no frame begins where one should')
  const descriptor = reader.unsigned(1)
  if (descriptor & RESERVED) throw malformed('the header has no meaning')
  const isSingleSegment = (descriptor & SINGLE_SEGMENT) !== 0
  const declaredWindow = isSingleSegment ? undefined : windowOf(reader.unsigned(1))
  if (descriptor & DICTIONARY) throw malformed('it needs a dictionary')
  const contentSize = contentSizeOf(reader, descriptor >> 6, isSingleSegment)
  const window = declaredWindow ?? Number(contentSize)
  if (window > MAX_WINDOW) throw malformed(`it needs a window of ${window} bytes`)
  const first = reader.at
  const becomes = walkBlocks(reader, Math.min(window, MAX_BLOCK))
  const blocks = bytes.subarray(first, reader.at)
  const checksum = descriptor & HAS_CHECKSUM ? reader.unsigned(CHECKSUM_SIZE) : undefined
  return { end: reader.at, blocks, window: Math.min(window, becomes), contentSize, checksum }
}

/** The byte that stands for a window of at least this size. */
export function windowDescriptor(size: number): number {
  for (let descriptor = 0; ; descriptor++) if (windowOf(descriptor) >= size) return descriptor
}

// Five bits of exponent, three of mantissa.
function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

function contentSizeOf(reader: Reader, flag: number, isSingleSegment: boolean): bigint | undefined {
  if (flag === 0) return isSingleSegment ? BigInt(reader.unsigned(1)) : undefined
  // Of two bytes it counts from 256.
  if (flag === 1) return BigInt(reader.unsigned(2) + 256)
  const low = BigInt(reader.unsigned(4))
  return flag === 2 ? low : low + (BigInt(reader.unsigned(4)) << 32n)
}

/** Returns the bytes that the blocks become at most. */
function walkBlocks(reader: Reader, maxBlock: number): number {
  let becomes = 0
  for (let isLast = false; !isLast; ) {
    const header = reader.unsigned(BLOCK_HEADER_SIZE)
    const [type, size] = [(header >> 1) & 3, header >> 3]
    if (type > COMPRESSED) throw malformed('a block has a type without meaning')
    if (size > maxBlock) throw malformed('a block is larger than its frame allows')
    reader.skip(type === RLE ? 1 : size)
    becomes += type === COMPRESSED ? maxBlock : size
    isLast = (header & 1) !== 0
  }
  return becomes
}

class Reader {
  readonly #bytes: Buffer
  at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  unsigned(size: number): number {
    this.skip(size)
    return this.#bytes.readUIntLE(this.at - size, size)
  }

  skip(size: number): void {
    if (size > this.#bytes.length - this.at) throw malformed('it is cut off')
    this.at += size
  }
}
