import { type Bytes, type Headers, RecordBatchBuilder } from '@k/protocol'

// A batch's header and the lengths, deltas and attributes of one record.
const OVERHEAD = 61 + 36

/** Whether a batch with this one record certainly takes at most `limit` bytes: cheap, and false where it would have to be looked at closely. */
export function surelyFits(key: Bytes | null, value: Bytes | null, headers: Headers | undefined, limit: number): boolean {
  return headers === undefined && ((key?.length ?? 0) + (value?.length ?? 0)) * 3 + OVERHEAD <= limit
}

/** Bytes of a batch with this one record, at most; exact for text, as far as it matters. */
export function sizeOfBatch(key: Bytes | null, value: Bytes | null, headers: Headers | undefined): number {
  const bytes = (part: Bytes | null) => (typeof part === 'string' ? Buffer.byteLength(part) : (part?.length ?? 0))
  const rest = headers === undefined ? 0 : RecordBatchBuilder.sizeUpperBound(null, null, headers)
  return bytes(key) + bytes(value) + rest + OVERHEAD
}
