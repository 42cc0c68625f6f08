import { createFolding, type Folding } from './crc32c-folding.ts'
import { shiftIntoRegister } from './crc32c-register.ts'

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
  return ~shiftIntoRegister(-1, bytes, start, end) >>> 0
}

function foldedCrc32c({ fold, maxBytes, minBytes }: Folding, bytes: Uint8Array, start: number, end: number): number {
  let register = -1
  for (let at = start; at < end; at += maxBytes) {
    const next = Math.min(end, at + maxBytes)
    if (next - at < minBytes) register = shiftIntoRegister(register, bytes, at, next)
    else {
      const rest = fold(bytes.subarray(at, next), register)
      register = shiftIntoRegister(0, rest, 0, rest.length)
    }
  }
  return ~register >>> 0
}
