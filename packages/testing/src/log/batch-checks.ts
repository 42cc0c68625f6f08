import { type Codecs, crc32c } from '@k/protocol'
import { Refusal } from '../refusal.ts'
import { type BatchHeader, readBatchHeader } from './batch-header.ts'
import * as at from './batch-layout.ts'
import type { Recompress } from './compression.ts'
import { checkKeys, checkLengths, refuseTimestamps } from './record-checks.ts'

const ZSTD = 4
/** The smallest thing that older formats call a record: below this a size cannot be one. */
const MIN_RECORD_OVERHEAD = 14

/** What a topic's configs say of the batches that it takes. */
export interface BatchRules {
  /** `max.message.bytes` */
  readonly maxMessageBytes: number
  /** `message.timestamp.type` is LogAppendTime */
  readonly logAppendTime: boolean
  /** `message.timestamp.before.max.ms` and `message.timestamp.after.max.ms` */
  readonly timestampBeforeMaxMs: number
  readonly timestampAfterMaxMs: number
  /** `cleanup.policy` has compact */
  readonly isCompacted: boolean
  /** For looking into batches that are refused, or that go to a compacted topic. */
  readonly codecs: Codecs
  /** What `compression.type` asks for; undefined where batches stay as they are. */
  readonly recompress: Recompress | undefined
}

/**
 * The one batch of magic 2 that a partition of a Produce request must hold, checked as far as no topic is needed.
 * @throws Refusal CORRUPT_MESSAGE, INVALID_RECORD, UNSUPPORTED_COMPRESSION_TYPE
 */
export function soleBatch(records: Buffer | null, apiVersion: number): Buffer {
  const length = wholeBatch(records ?? Buffer.alloc(0))
  if (records === null || length === 0) {
    throw new Refusal('INVALID_RECORD', `Produce requests with version ${apiVersion} must have at least one record batch per partition`)
  }
  if (records[at.MAGIC] !== 2) throw new Refusal('INVALID_RECORD', `Produce version ${apiVersion} takes batches of magic 2 only`)
  if (length < at.RECORDS) throw new Refusal('CORRUPT_MESSAGE', `a batch of ${length} bytes is shorter than its header`)
  if (wholeBatch(records.subarray(length)) > 0) {
    throw new Refusal('INVALID_RECORD', `Produce version ${apiVersion} takes exactly one record batch per partition`)
  }
  if (apiVersion < 7 && (records.readInt16BE(at.ATTRIBUTES) & at.COMPRESSION_MASK) === ZSTD) {
    throw new Refusal('UNSUPPORTED_COMPRESSION_TYPE', `zstd needs Produce version 7, not ${apiVersion}`)
  }
  return records.subarray(0, length)
}

/** The length of the batch at the beginning of `bytes`; 0 where none is whole. */
function wholeBatch(bytes: Buffer): number {
  if (bytes.length <= at.MAGIC) return 0
  const size = bytes.readInt32BE(at.LENGTH)
  if (size < MIN_RECORD_OVERHEAD) throw new Refusal('CORRUPT_MESSAGE', `a record size of ${size} is less than any record has`)
  const magic = bytes.readInt8(at.MAGIC)
  if (magic < 0 || magic > 2) throw new Refusal('CORRUPT_MESSAGE', `invalid magic ${magic}`)
  return at.LOG_OVERHEAD + size > bytes.length ? 0 : at.LOG_OVERHEAD + size
}

/**
 * The header of a batch that may be appended, in the order in which Kafka looks: base offset, size, checksum, count, producer, timestamps.
 * @throws Refusal
 */
export function checkBatch(
  batch: Buffer,
  rules: BatchRules,
  now: number,
  where: { readonly topic: string; readonly index: number },
): BatchHeader {
  const header = readBatchHeader(batch)
  if (header.baseOffset !== 0n) throw new Refusal('INVALID_RECORD', `a client's batch has base offset 0, not ${header.baseOffset}`)
  if (batch.length > rules.maxMessageBytes) {
    throw new Refusal('MESSAGE_TOO_LARGE', `a batch of ${batch.length} bytes exceeds max.message.bytes, ${rules.maxMessageBytes}`)
  }
  if (crc32c(batch, at.ATTRIBUTES) !== header.crc) throw new Refusal('CORRUPT_MESSAGE', `the checksum is not ${header.crc}`)
  checkCount(header)
  if (header.producerId >= 0n && header.baseSequence < 0) {
    throw new Refusal(
      'INVALID_RECORD',
      `Invalid sequence number ${header.baseSequence} in record batch with producerId ${header.producerId}`,
    )
  }
  if ((header.attributes & at.CONTROL) !== 0) throw new Refusal('INVALID_RECORD', 'Clients are not allowed to write control records')
  checkRecords(batch, header)
  if (rules.isCompacted) checkKeys(batch, rules.codecs, where)
  if (!rules.logAppendTime) checkTimestamps(batch, header, rules, now)
  return header
}

function checkCount({ lastOffsetDelta, recordCount }: BatchHeader): void {
  if (lastOffsetDelta < 0) throw new Refusal('INVALID_RECORD', `Batch has an invalid offset range: [0, ${lastOffsetDelta}]`)
  if (recordCount <= 0) throw new Refusal('INVALID_RECORD', `Invalid reported count for record batch: ${recordCount}`)
  if (recordCount !== lastOffsetDelta + 1) {
    throw new Refusal('INVALID_RECORD', `Inconsistent batch offset range [0, ${lastOffsetDelta}] and count of records ${recordCount}`)
  }
}

/** Kafka reads every record. Here those that are compressed are taken on trust. */
function checkRecords(batch: Buffer, { attributes, recordCount }: BatchHeader): void {
  const compression = attributes & at.COMPRESSION_MASK
  if (compression > ZSTD) throw new Refusal('UNKNOWN_SERVER_ERROR', `there is no compression ${compression}`)
  if (compression === 0) checkLengths(batch, recordCount)
}

/** Kafka looks at every record. Here the header's first and largest timestamps stand for all of them. */
function checkTimestamps(batch: Buffer, { baseTimestamp, maxTimestamp }: BatchHeader, rules: BatchRules, now: number): void {
  const range = { min: now - rules.timestampBeforeMaxMs, max: now + rules.timestampAfterMaxMs }
  if (baseTimestamp >= 0 && (baseTimestamp < range.min || maxTimestamp > range.max)) refuseTimestamps(batch, range, rules.codecs)
}
