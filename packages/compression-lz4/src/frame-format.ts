// https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md

export const MAGIC = 0x184d2204
export const MAGIC_SIZE = 4

/** What the flags of a frame's descriptor mean. */
export const VERSION = 0x40
export const VERSION_MASK = 0xc0
export const INDEPENDENT = 0x20
export const BLOCK_CHECKSUM = 0x10
export const CONTENT_SIZE = 0x08
export const CONTENT_CHECKSUM = 0x04
export const RESERVED = 0x02
export const DICTIONARY = 0x01

/** The bit of a block's size that says: not compressed. */
export const STORED = 0x80000000
export const END_MARK = 0

/** The second byte of the descriptor has the size of the blocks: 4 is 64 KB, and each further number four times as much. */
export const BLOCK_64_KB = 4
const BLOCK_4_MB = 7

/** Bytes that a block becomes at most; undefined for a number that stands for nothing. */
export function maxBlockSize(descriptor: number): number | undefined {
  const number = (descriptor >> 4) & 7
  return (descriptor & 0x8f) !== 0 || number < BLOCK_64_KB || number > BLOCK_4_MB ? undefined : 1 << (8 + 2 * number)
}
