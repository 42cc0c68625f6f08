/** The least that a match repeats. */
export const MIN_MATCH = 4
/** Bytes at the end of a block that are always literals, so that decompressors may copy in large steps. */
export const LAST_LITERALS = 5
/** The last match begins this far from the end at least. */
export const MATCH_LIMIT = 12
/** Bytes that a match may reach back into. */
export const HISTORY = 65536
/** The most that a byte of a block can become. */
export const MAX_RATIO = 255

/** Answers of who decompresses: the bytes are not a block. */
export const MALFORMED = -1
/** The block becomes longer than is allowed. */
export const TOO_LONG = -2

/** Bytes that a block takes at most, however badly it compresses. */
export function compressBound(size: number): number {
  return size + Math.ceil(size / 255) + 16
}
