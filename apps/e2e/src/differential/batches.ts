import { type Bytes, type CloseOptions, crc32c, type Headers, RecordBatchBuilder } from '@k/protocol'

/** When records are from: before today, whose times are not compared, and not so long ago that Kafka begins new segments for those of today. */
export const TIME: number = Date.now() - 48 * 3_600_000

export interface ScriptRecord {
  readonly key?: Bytes | null
  readonly value?: Bytes | null
  readonly timestamp?: number
  readonly headers?: Headers
}

/** A batch as a producer sends it; text alone is a value. */
export function batchOf(records: readonly (ScriptRecord | string)[], fields: CloseOptions = {}): Buffer {
  const builder = new RecordBatchBuilder()
  for (const each of records) {
    const { timestamp = TIME, key = null, value = null, headers } = typeof each === 'string' ? { value: each } : each
    builder.append(timestamp, key, value, headers)
  }
  return Buffer.from(builder.close(fields as object) as Buffer)
}

/** Where the fields of a batch's header lie. */
const places = {
  baseOffset: [0, 8],
  length: [8, 4],
  partitionLeaderEpoch: [12, 4],
  magic: [16, 1],
  crc: [17, 4],
  attributes: [21, 2],
  lastOffsetDelta: [23, 4],
  baseTimestamp: [27, 8],
  maxTimestamp: [35, 8],
  producerId: [43, 8],
  producerEpoch: [51, 2],
  baseSequence: [53, 4],
  count: [57, 4],
} as const

/** The batch with other words in its header. The checksum is made to fit, unless it is what was changed. */
export function changed(batch: Buffer, fields: Partial<Record<keyof typeof places, number | bigint>>): Buffer {
  const copy = Buffer.from(batch)
  for (const [name, value] of Object.entries(fields)) {
    const [at, size] = places[name as keyof typeof places]
    if (size === 8) copy.writeBigInt64BE(BigInt(value), at)
    else copy.writeIntBE(Number(value), at, size)
  }
  if (fields.crc === undefined) copy.writeUInt32BE(crc32c(copy, 21), 17)
  return copy
}
