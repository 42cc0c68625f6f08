/** Bytes that a vector describes instead of holding them. */
export interface PayloadDescription {
  readonly kind: 'zeros' | 'text' | 'random' | 'mixed'
  readonly seed: number
  readonly size: number
}

// Words, seeds and steps are those of the generator of the vectors: another order would make other bytes.
const WORDS = [
  ...['order', 'user', 'broker', 'topic', 'partition', 'offset', 'record', 'batch', 'leader', 'epoch', 'the', 'a', 'of', 'commit', 'fetch'],
  ...['produce', '{"id":', '}', 'true', 'null', 'grüße', '漢字', '😀', 'x', 'consumer', 'producer', 'group', 'metadata', 'timestamp'],
  ...['0000', '12345', 'value'],
]
const BLOCK = 1024

function xorshift(seed: number): () => number {
  let state = seed === 0 ? 1 : seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state
  }
}

function text(next: () => number, size: number): Buffer {
  const bytes = Buffer.alloc(size)
  let at = 0
  while (at < size) {
    const number = next()
    const ending = ((number >>> 5) & 7) === 0 ? '\n' : ' '
    const word = Buffer.from(WORDS[number & 31] + ending)
    const repeats = ((number >>> 8) & 15) === 0 ? 40 : 1
    for (let i = 0; i < repeats && at < size; i++) at += word.copy(bytes, at)
  }
  return bytes
}

/** Makes the bytes. */
export function payloadOf({ kind, seed, size }: PayloadDescription): Buffer {
  const next = xorshift(seed)
  if (kind === 'zeros') return Buffer.alloc(size)
  if (kind === 'text') return text(next, size)
  const bytes = Buffer.alloc(size)
  for (let i = 0; i < size; i++) {
    const byte = next() & 255
    const zero = kind === 'mixed' && Math.floor(i / BLOCK) % 2 === 1
    bytes[i] = zero ? 0 : byte
  }
  return bytes
}
