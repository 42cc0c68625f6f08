import engine from 'crc-32/crc32c.js'

/** The CRC-32C (Castagnoli) of `bytes` from `start` (included) to `end` (excluded), unsigned: what Kafka puts into a record batch. */
export function crc32c(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  const checked = start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end)
  return engine.buf(checked) >>> 0
}
