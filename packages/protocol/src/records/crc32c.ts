import engine from 'crc-32/crc32c.js'
import { createFolding, type Folding } from './crc32c-folding.ts'

// Below this, copying and folding save nothing.
const FOLD_FROM = 2048

// Made when it is first needed: null is not yet, undefined is never.
let folding: Folding | undefined | null = null

/** The CRC-32C (Castagnoli) of `bytes` from `start` (included) to `end` (excluded), unsigned: what Kafka puts into a record batch. */
export function crc32c(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  if (end - start >= FOLD_FROM) {
    if (folding === null) folding = createFolding()
    if (folding !== undefined) return foldedCrc32c(folding, bytes, start, end)
  }
  const checked = start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end)
  return engine.buf(checked) >>> 0
}

function foldedCrc32c({ fold, maxBytes, minBytes }: Folding, bytes: Uint8Array, start: number, end: number): number {
  let checksum = 0
  for (let at = start; at < end; at += maxBytes) {
    const piece = bytes.subarray(at, Math.min(end, at + maxBytes))
    // The engine takes a checksum so far and inverts it: -1 is a register of 0.
    checksum = piece.length < minBytes ? engine.buf(piece, checksum) : engine.buf(fold(piece, ~checksum), -1)
  }
  return checksum >>> 0
}
