import { COPY_1, COPY_2, LITERAL, LONGEST_IN_TAG, MIN_COPY } from './block-format.ts'

/**
 * Walks through the elements of a block without decompressing it.
 * @returns whether they become exactly `length` bytes, with no element reaching out of either end
 */
export function becomes(length: number, block: Uint8Array, elements: number): boolean {
  const end = block.length
  let produced = 0
  for (let at = elements; at < end; ) {
    const tag = block[at++]!
    const kind = tag & 3
    if (kind === LITERAL) {
      let literal = (tag >> 2) + 1
      if (literal > LONGEST_IN_TAG) {
        const bytes = literal - LONGEST_IN_TAG
        if (bytes > end - at) return false
        literal = 1 + littleEndian(block, at, bytes)
        at += bytes
      }
      if (literal > end - at) return false
      at += literal
      produced += literal
    } else {
      const bytes = kind === COPY_1 ? 1 : kind === COPY_2 ? 2 : 4
      if (bytes > end - at) return false
      const low = littleEndian(block, at, bytes)
      const offset = kind === COPY_1 ? low + ((tag >> 5) << 8) : low
      if (offset === 0 || offset > produced) return false
      at += bytes
      produced += kind === COPY_1 ? MIN_COPY + ((tag >> 2) & 7) : (tag >> 2) + 1
    }
    if (produced > length) return false
  }
  return produced === length
}

function littleEndian(bytes: Uint8Array, at: number, count: number): number {
  let value = bytes[at]!
  if (count > 1) value |= bytes[at + 1]! << 8
  if (count > 2) value |= bytes[at + 2]! << 16
  if (count > 3) value |= bytes[at + 3]! << 24
  return value >>> 0
}
