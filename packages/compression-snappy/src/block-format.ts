import { malformed } from './decompression-error.ts'

// https://github.com/google/snappy/blob/main/format_description.txt

/** Kinds of elements, in the two lowest bits of their first byte. */
export const LITERAL = 0
export const COPY_1 = 1
export const COPY_2 = 2
export const COPY_4 = 3
/** The least that a copy of kind 1 repeats. */
export const MIN_COPY = 4
/** Literals longer than this have their length in bytes behind the tag. */
export const LONGEST_IN_TAG = 60

/** Bytes of input and of output that snappy makes most of: three that say, 64 bytes again. */
const MAX_RATIO = 64 / 3

/** How a block begins. */
export interface BlockHeader {
  /** Bytes of the block as it was. */
  readonly length: number
  /** Where the elements begin. */
  readonly elements: number
}

/** Reads the length that a block begins with, and refuses what its bytes can never become. */
export function blockHeader(block: Uint8Array): BlockHeader {
  let length = 0
  for (let at = 0; at < 5 && at < block.length; at++) {
    const byte = block[at]!
    // No bit operation: the fifth byte leads beyond 31 bits.
    length += (byte & 127) * 2 ** (7 * at)
    if (byte >= 128) continue
    const elements = at + 1
    if (length > (block.length - elements) * MAX_RATIO) throw malformed('it is shorter than what it says to hold')
    return { length, elements }
  }
  throw malformed('it does not begin with a length')
}

/** Bytes that a block takes at most, however badly it compresses. */
export function compressBound(size: number): number {
  return 32 + size + Math.ceil(size / 6)
}
