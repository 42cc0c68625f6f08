// https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md, with seed 0, as zstd frames use it.
const PRIME_1 = 0x9e3779b185ebca87n
const PRIME_2 = 0xc2b2ae3d27d4eb4fn
const PRIME_3 = 0x165667b19e3779f9n
const PRIME_4 = 0x85ebca77c2b2ae63n
const PRIME_5 = 0x27d4eb2f165667c5n
const STRIPE = 32

const wrap = (value: bigint) => BigInt.asUintN(64, value)
const rotate = (value: bigint, bits: bigint) => wrap(value << bits) | (value >> (64n - bits))
const round = (lane: bigint, input: bigint) => wrap(rotate(wrap(lane + input * PRIME_2), 31n) * PRIME_1)
const merge = (hash: bigint, lane: bigint) => wrap((hash ^ round(0n, lane)) * PRIME_1 + PRIME_4)

/** The xxHash-64 of bytes. Not fast, and seldom needed: Kafka's own clients write no checksums into zstd. */
export function xxh64(bytes: Buffer): bigint {
  const { length } = bytes
  let at = 0
  let hash = PRIME_5
  if (length >= STRIPE) {
    let [a, b, c, d] = [wrap(PRIME_1 + PRIME_2), PRIME_2, 0n, wrap(-PRIME_1)]
    for (; at <= length - STRIPE; at += STRIPE) {
      a = round(a, bytes.readBigUInt64LE(at))
      b = round(b, bytes.readBigUInt64LE(at + 8))
      c = round(c, bytes.readBigUInt64LE(at + 16))
      d = round(d, bytes.readBigUInt64LE(at + 24))
    }
    hash = wrap(rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n))
    hash = merge(merge(merge(merge(hash, a), b), c), d)
  }
  hash = wrap(hash + BigInt(length))
  for (; at <= length - 8; at += 8) hash = wrap(rotate(hash ^ round(0n, bytes.readBigUInt64LE(at)), 27n) * PRIME_1 + PRIME_4)
  for (; at <= length - 4; at += 4) hash = wrap(rotate(hash ^ wrap(BigInt(bytes.readUInt32LE(at)) * PRIME_1), 23n) * PRIME_2 + PRIME_3)
  for (; at < length; at++) hash = wrap(rotate(hash ^ wrap(BigInt(bytes[at]!) * PRIME_5), 11n) * PRIME_1)
  hash = wrap((hash ^ (hash >> 33n)) * PRIME_2)
  hash = wrap((hash ^ (hash >> 29n)) * PRIME_3)
  return hash ^ (hash >> 32n)
}
