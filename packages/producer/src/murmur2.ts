import type { Bytes } from '@k/protocol'

const SEED = 0x9747b28c
const M = 0x5bd1e995

/**
 * Murmur2 with the seed of Kafka's Java client, as a signed 32-bit integer: the hash that places keyed records. Text is hashed as its UTF-8 bytes;
 * that of ASCII alone, which most keys are, without being encoded first.
 */
export function murmur2(key: Bytes): number {
  const { length } = key
  const whole = length & ~3
  let h = SEED ^ length
  let seen = 0
  if (typeof key === 'string') {
    for (let i = 0; i < whole; i += 4) {
      const a = key.charCodeAt(i)
      const b = key.charCodeAt(i + 1)
      const c = key.charCodeAt(i + 2)
      const d = key.charCodeAt(i + 3)
      seen |= a | b | c | d
      h = mix(h, a | (b << 8) | (c << 16) | (d << 24))
    }
  } else {
    for (let i = 0; i < whole; i += 4) h = mix(h, key[i]! | (key[i + 1]! << 8) | (key[i + 2]! << 16) | (key[i + 3]! << 24))
  }
  let rest = 0
  for (let i = whole; i < length; i++) {
    const byte = typeof key === 'string' ? key.charCodeAt(i) : key[i]!
    seen |= byte
    rest |= byte << (i * 8) // Only the last five bits of a shift count.
  }
  if (seen > 0x7f && typeof key === 'string') return murmur2(Buffer.from(key))
  if (whole < length) h = Math.imul(h ^ rest, M)
  h = Math.imul(h ^ (h >>> 13), M)
  return h ^ (h >>> 15)
}

function mix(h: number, word: number): number {
  const k = Math.imul(word, M)
  return Math.imul(h, M) ^ Math.imul(k ^ (k >>> 24), M)
}
