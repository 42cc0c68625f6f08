import { crc32c, DEFAULT_MAX_DECOMPRESSED_BYTES, KafkaError } from '@k/protocol'
import * as at from './batch-layout.ts'
import type { Compression } from './compression.ts'
import { isControlBatch } from './control-batch.ts'
import { readerOf } from './offset-lookup.ts'
import type { CompactedBatch, PartitionLog } from './partition-log.ts'
import type { StoredBatch } from './stored-batch.ts'

/** How a log is compacted. */
export interface CompactionRules {
  readonly compression: Compression
  readonly now: number
  /** `delete.retention.ms`: how long tombstones stay after they were compacted for the first time. */
  readonly deleteRetentionMs: number
  /** `min.compaction.lag.ms`: what is younger stays as it is. */
  readonly minLagMs: number
  /** What is from there on stays as it is: transactions may be open. */
  readonly end: number
  /** Whether a batch is of a transaction that was aborted, so that nobody needs it. */
  isAborted(batch: StoredBatch): boolean
}

/** Of each key the last record stays, with its offset; records without a key go, and tombstones when their time is over. Markers stay. */
export function compact(log: PartitionLog, rules: CompactionRules): void {
  const { now, minLagMs, end } = rules
  const young = log.batches.findIndex(
    ({ lastOffset, maxTimestamp }) => lastOffset >= end || (minLagMs > 0 && maxTimestamp > now - minLagMs),
  )
  const old = young < 0 ? log.batches : log.batches.slice(0, young)
  const rest = young < 0 ? [] : log.batches.slice(young)
  const latest = new Map<string, number>()
  for (const batch of old) {
    if (isControlBatch(batch) || rules.isAborted(batch)) continue
    for (const { key, offset } of recordsOf(batch, rules)) if (key !== null) latest.set(key, offset)
  }
  log.replaceBatches([...old.flatMap((batch) => compacted(batch, latest, rules)), ...rest])
}

interface KeptRecord {
  readonly key: string | null
  readonly offset: number
  readonly timestamp: number
  readonly isTombstone: boolean
  /** As it is in the batch when nothing is compressed. */
  readonly bytes: Uint8Array
}

function compacted(batch: StoredBatch, latest: ReadonlyMap<string, number>, rules: CompactionRules): CompactedBatch[] {
  if (isControlBatch(batch)) return [batch]
  if (rules.isAborted(batch)) return []
  const { deleteHorizonMs = Number.POSITIVE_INFINITY } = batch
  const all = [...recordsOf(batch, rules)]
  const kept = all.filter(({ key, offset, isTombstone }) => {
    return key !== null && latest.get(key) === offset && !(isTombstone && rules.now >= deleteHorizonMs)
  })
  if (kept.length === 0) return []
  const hasTombstone = kept.some(({ isTombstone }) => isTombstone)
  const horizon = hasTombstone ? (batch.deleteHorizonMs ?? rules.now + rules.deleteRetentionMs) : undefined
  const maxTimestamp = kept.reduce((max, { timestamp }) => Math.max(max, timestamp), -1)
  const bytes = kept.length === all.length ? batch.bytes : rebuilt(batch, kept, maxTimestamp, rules.compression)
  return [{ baseOffset: batch.baseOffset, leaderEpoch: batch.leaderEpoch, bytes, deleteHorizonMs: horizon }]
}

/** Offsets and times are told by their distance from those of the batch, which stay what they were. */
function rebuilt(batch: StoredBatch, kept: readonly KeptRecord[], maxTimestamp: number, compression: Compression): Buffer {
  const header = batch.bytes.subarray(0, at.RECORDS)
  const attributes = header.readInt16BE(at.ATTRIBUTES)
  const plain = Buffer.concat(kept.map(({ bytes }) => bytes))
  const type = attributes & at.COMPRESSION_MASK
  const compressed = type === 0 ? plain : compression.compress(type, plain)
  const bytes = Buffer.concat([header, compressed ?? plain])
  bytes.writeInt32BE(bytes.length - at.LOG_OVERHEAD, at.LENGTH)
  bytes.writeInt16BE(compressed === undefined ? attributes & ~at.COMPRESSION_MASK : attributes, at.ATTRIBUTES)
  bytes.writeBigInt64BE(BigInt(maxTimestamp), at.MAX_TIMESTAMP)
  bytes.writeInt32BE(kept.length, at.RECORD_COUNT)
  bytes.writeUInt32BE(crc32c(bytes, at.ATTRIBUTES), at.CRC)
  return bytes
}

function* recordsOf(batch: StoredBatch, { compression }: CompactionRules): Generator<KeptRecord> {
  const bytes = batch.bytes
  const type = bytes.readInt16BE(at.ATTRIBUTES) & at.COMPRESSION_MASK
  const records = bytes.subarray(at.RECORDS)
  const plain = type === 0 ? records : compression.codecs.decompress(type, records, DEFAULT_MAX_DECOMPRESSED_BYTES)
  const reader = readerOf(batch, compression.codecs)
  if (plain instanceof Promise || reader instanceof Promise) {
    throw new KafkaError(
      'INVALID_ARGUMENT',
      'a log with a batch whose codec answers with a promise is not compacted: hand in a synchronous one',
    )
  }
  let start = 0
  while (reader.next()) {
    const end = recordEnd(plain, start)
    const { offset, timestamp, valueLength } = reader
    const key = reader.key()?.toString('latin1') ?? null
    yield { key, offset, timestamp, isTombstone: valueLength < 0, bytes: plain.subarray(start, end) }
    start = end
  }
}

/** A record begins with its length, a zigzag varint. */
function recordEnd(bytes: Uint8Array, start: number): number {
  let length = 0
  let position = start
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[position++] as number
    length |= (byte & 0x7f) << shift
    if (byte < 0x80) break
  }
  return position + (length >>> 1)
}
