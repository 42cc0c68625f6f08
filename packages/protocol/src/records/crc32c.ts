import engine from 'crc-32/crc32c.js'
import { createFold, MAX_FOLDED, MIN_FOLDED } from './crc32c-folding.ts'

type Checksum = (bytes: Uint8Array, checksum: number) => number

// Made when it is first needed.
let checksumOfMany: Checksum | undefined

function createChecksumOfMany(): Checksum {
  const fold = createFold()
  // The engine takes a checksum so far and inverts it: -1 is a register of 0.
  return fold === undefined ? engine.buf : (bytes, checksum) => engine.buf(fold(bytes, ~checksum), -1)
}

/** The CRC-32C (Castagnoli) of `bytes` from `start` (included) to `end` (excluded), unsigned: what Kafka puts into a record batch. */
export function crc32c(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  let checksum = 0
  for (let at = start; at < end; at += MAX_FOLDED) {
    const piece = bytes.subarray(at, Math.min(end, at + MAX_FOLDED))
    if (piece.length < MIN_FOLDED) checksum = engine.buf(piece, checksum)
    else {
      checksumOfMany ??= createChecksumOfMany()
      checksum = checksumOfMany(piece, checksum)
    }
  }
  return checksum >>> 0
}
