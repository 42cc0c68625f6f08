const SEED = 0x9747b28c
const M = 0x5bd1e995

/** Murmur2 with the seed of Kafka's Java client, as a signed 32-bit integer: the hash that places keyed records. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length
  const whole = length & ~3
  let h = SEED ^ length
  for (let i = 0; i < whole; i += 4) {
    h = mix(h, bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24))
  }
  if (length !== whole) {
    if (length - whole === 3) h ^= bytes[whole + 2]! << 16
    if (length - whole >= 2) h ^= bytes[whole + 1]! << 8
    h = Math.imul(h ^ bytes[whole]!, M)
  }
  return finish(h)
}

/** {@link murmur2} of the UTF-8 bytes of `text`; keys of ASCII alone, which most are, are hashed without being encoded first. */
export function murmur2OfString(text: string): number {
  const length = text.length
  const whole = length & ~3
  let h = SEED ^ length
  let seen = 0
  for (let i = 0; i < whole; i += 4) {
    const a = text.charCodeAt(i)
    const b = text.charCodeAt(i + 1)
    const c = text.charCodeAt(i + 2)
    const d = text.charCodeAt(i + 3)
    seen |= a | b | c | d
    h = mix(h, a | (b << 8) | (c << 16) | (d << 24))
  }
  if (length !== whole) {
    for (let i = length - 1; i >= whole; i--) {
      const code = text.charCodeAt(i)
      seen |= code
      h ^= code << ((i - whole) * 8)
    }
    h = Math.imul(h, M)
  }
  return seen < 0x80 ? finish(h) : murmur2(Buffer.from(text))
}

function mix(h: number, word: number): number {
  let k = Math.imul(word, M)
  k ^= k >>> 24
  return Math.imul(h, M) ^ Math.imul(k, M)
}

function finish(hash: number): number {
  let h = hash
  h ^= h >>> 13
  h = Math.imul(h, M)
  return h ^ (h >>> 15)
}
