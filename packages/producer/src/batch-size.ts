import { type Bytes, type Headers, RecordBatchBuilder } from '@k/protocol'

// A batch's header and the lengths, deltas and attributes of one record.
const OVERHEAD = 61 + 36

/** Bytes of a key or a value; -1 for none. */
export function sizeOf(bytes: Bytes | null | undefined): number {
  return typeof bytes === 'string' ? Buffer.byteLength(bytes) : (bytes?.length ?? -1)
}

/**
 * Bytes of a batch with this one record, at most. Within `limit` that is a cheap guess, and may be three times as much as it is; above, it is exact
 * as far as it matters.
 */
export function sizeOfBatch(key: Bytes | null, value: Bytes | null, headers: Headers | undefined, limit: number): number {
  const guess = ((key?.length ?? 0) + (value?.length ?? 0)) * 3 + OVERHEAD
  if (headers === undefined && guess <= limit) return guess
  const rest = headers === undefined ? 0 : RecordBatchBuilder.sizeUpperBound(null, null, headers)
  return sizeOf(key) + sizeOf(value) + rest + OVERHEAD
}
