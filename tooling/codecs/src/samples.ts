import fc from 'fast-check'

/** Bytes that compress as records of JSON do. */
export function text(length: number): Buffer {
  const lines: string[] = []
  let size = 0
  for (let i = 0; size < length; i++) {
    const line = `{"order":${i},"customer":"c-${(i * 7919) % 1000}","state":"${['open', 'paid', 'shipped'][i % 3]}","amount":${(i * 31) % 997}}\n`
    lines.push(line)
    size += line.length
  }
  return Buffer.from(lines.join('')).subarray(0, length)
}

/** Bytes that do not compress. */
export function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length)
  let x = seed
  for (let i = 0; i < length; i++) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    bytes[i] = x
  }
  return bytes
}

/** Bytes in pieces that repeat soon, late, and not at all. */
export const compressible: fc.Arbitrary<Buffer> = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 400 })), { maxLength: 40 })
  .map((pieces) => Buffer.concat(pieces.flatMap(([bytes, times]) => Array<Uint8Array>(times).fill(bytes))))
