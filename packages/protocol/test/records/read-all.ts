import { type Codecs, type RecordBatch, type RecordCursor, recordBatches } from '@k/protocol'

/** A record with everything in it, comparable. */
export interface ReadRecord {
  readonly offset: bigint
  readonly timestamp: bigint
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: [string, Buffer | null][]
}

export function readRecords(reader: RecordCursor): ReadRecord[] {
  const records: ReadRecord[] = []
  while (reader.next()) {
    records.push({
      offset: reader.offsetBigInt,
      timestamp: reader.timestampBigInt,
      key: reader.key(),
      value: reader.value(),
      headers: reader.headers(),
    })
  }
  return records
}

/** All records of all batches, checksums checked. */
export async function readAll(bytes: Uint8Array, codecs?: Codecs): Promise<ReadRecord[]> {
  const records: ReadRecord[] = []
  for (const batch of recordBatches(bytes)) {
    batch.ensureValid()
    records.push(...readRecords(await batch.records(codecs)))
  }
  return records
}

/** The one batch of some bytes. */
export function batchOf(bytes: Uint8Array): RecordBatch {
  const batches = recordBatches(bytes)
  const batch = batches.take()
  if (batch === undefined || batches.remaining > 0) throw new Error('expected one batch and nothing else')
  return batch
}
