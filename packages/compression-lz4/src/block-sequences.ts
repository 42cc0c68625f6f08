import { MALFORMED, MATCH_LIMIT, MIN_MATCH, TOO_LONG } from './block-format.ts'

const LONGEST_IN_TOKEN = 15

/**
 * Walks through a block without decompressing it.
 * @param historyLength - bytes before the block's that it may repeat
 * @param limit - bytes that may come out
 * @returns how many come out, or {@link MALFORMED} or {@link TOO_LONG}
 */
export function measureBlock(block: Uint8Array, historyLength: number, limit: number): number {
  const end = block.length
  let length = 0
  for (let at = 0; at < end; ) {
    const token = block[at++]!
    let literals = token >> 4
    if (literals === LONGEST_IN_TOKEN) {
      let byte = 255
      for (; byte === 255 && at < end; literals += byte) byte = block[at++]!
      if (byte === 255) return MALFORMED
    }
    if (literals > end - at) return MALFORMED
    at += literals
    length += literals
    if (length > limit) return TOO_LONG
    if (at === end) return length
    if (end - at < 2) return MALFORMED
    const offset = block[at]! | (block[at + 1]! << 8)
    at += 2
    if (offset === 0 || offset > length + historyLength) return MALFORMED
    let match = token & LONGEST_IN_TOKEN
    if (match === LONGEST_IN_TOKEN) {
      let byte = 255
      for (; byte === 255 && at < end; match += byte) byte = block[at++]!
      if (byte === 255) return MALFORMED
    }
    length += match + MIN_MATCH
    if (length > limit) return TOO_LONG
  }
  return MALFORMED
}

/**
 * Turns the last match of a good block into literals, where it begins closer to the end than the format allows.
 * @param compressed - has room for it
 * @param block - what was compressed
 * @returns the length of the compressed block
 */
export function endInLiterals(compressed: Uint8Array, length: number, block: Uint8Array): number {
  let produced = 0
  for (let at = 0; at < length; ) {
    const sequence = at
    const token = compressed[at++]!
    let literals = token >> 4
    if (literals === LONGEST_IN_TOKEN) for (let byte = 255; byte === 255; literals += byte) byte = compressed[at++]!
    at += literals
    if (at >= length) return length
    const matchStart = produced + literals
    if (matchStart > block.length - MATCH_LIMIT) return writeLiterals(compressed, sequence, block.subarray(produced))
    at += 2
    let match = token & LONGEST_IN_TOKEN
    if (match === LONGEST_IN_TOKEN) for (let byte = 255; byte === 255; match += byte) byte = compressed[at++]!
    produced = matchStart + match + MIN_MATCH
  }
  return length
}

function writeLiterals(target: Uint8Array, start: number, literals: Uint8Array): number {
  let at = start
  target[at++] = Math.min(literals.length, LONGEST_IN_TOKEN) << 4
  if (literals.length >= LONGEST_IN_TOKEN) {
    let rest = literals.length - LONGEST_IN_TOKEN
    for (; rest >= 255; rest -= 255) target[at++] = 255
    target[at++] = rest
  }
  target.set(literals, at)
  return at + literals.length
}
