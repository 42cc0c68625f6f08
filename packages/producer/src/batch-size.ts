import { type Bytes, type Headers, RecordBatchBuilder } from '@k/protocol'

// A batch's header.
const HEADER = 61
// With the lengths, deltas and attributes of one record.
const OVERHEAD = HEADER + 36

/** Bytes of a key or a value; -1 for none. */
export function sizeOf(bytes: Bytes | null | undefined): number {
  return typeof bytes === 'string' ? Buffer.byteLength(bytes) : (bytes?.length ?? -1)
}

/** Bytes of a batch with this one record, as far as it matters, and `least` where it is smaller: that takes but a cheap guess. */
export function sizeOfBatch(key: Bytes | null, value: Bytes | null, headers: Headers | undefined, least: number): number {
  const guess = ((key?.length ?? 0) + (value?.length ?? 0)) * 3 + OVERHEAD
  if (headers === undefined && guess <= least) return least
  return Math.max(least, sizeOf(key) + sizeOf(value) + HEADER + RecordBatchBuilder.sizeUpperBound(null, null, headers))
}
