// https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md, with seed 0, as LZ4 frames use it.
const PRIME_1 = 0x9e3779b1
const PRIME_2 = 0x85ebca77
const PRIME_3 = 0xc2b2ae3d
const PRIME_4 = 0x27d4eb2f
const PRIME_5 = 0x165667b1
const STRIPE = 16

/** The xxHash-32 of bytes, unsigned. */
export function xxh32(bytes: Uint8Array): number {
  const { length } = bytes
  let at = 0
  let hash = PRIME_5
  if (length >= STRIPE) {
    let a = (PRIME_1 + PRIME_2) | 0
    let b = PRIME_2 | 0
    let c = 0
    let d = -PRIME_1 | 0
    for (; at <= length - STRIPE; at += STRIPE) {
      a = round(a, word(bytes, at))
      b = round(b, word(bytes, at + 4))
      c = round(c, word(bytes, at + 8))
      d = round(d, word(bytes, at + 12))
    }
    hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)
  }
  hash = (hash + length) | 0
  for (; at <= length - 4; at += 4) hash = Math.imul(rotate((hash + Math.imul(word(bytes, at), PRIME_3)) | 0, 17), PRIME_4)
  for (; at < length; at++) hash = Math.imul(rotate((hash + Math.imul(bytes[at]!, PRIME_5)) | 0, 11), PRIME_1)
  hash = Math.imul(hash ^ (hash >>> 15), PRIME_2)
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3)
  return (hash ^ (hash >>> 16)) >>> 0
}

const rotate = (value: number, bits: number) => (value << bits) | (value >>> (32 - bits))
const round = (lane: number, input: number) => Math.imul(rotate((lane + Math.imul(input, PRIME_2)) | 0, 13), PRIME_1)

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}
