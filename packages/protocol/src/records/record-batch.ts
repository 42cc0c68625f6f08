import type { Codecs } from './codecs.ts'
import type { RecordReader } from './record-reader.ts'

/** Whose clock a record's timestamp comes from: the producer's, the broker's, or nobody's (magic 0). */
export type TimestampType = 'CreateTime' | 'LogAppendTime' | 'NoTimestampType'

/** The most bytes that one batch may become when decompressed, unless something else is asked for: 64 MiB. */
export const DEFAULT_MAX_DECOMPRESSED_BYTES: number = 64 * 1024 * 1024

/**
 * One batch inside fetched (or produced) bytes, in any of Kafka's three formats: a view, nothing is copied, and a field is read when it is asked for.
 *
 * Offsets as numbers throw a KafkaError with `OFFSET_TOO_LARGE` beyond 2^53 - 1; their `BigInt` twins are exact. Timestamps as numbers are rounded there.
 */
export interface RecordBatch {
  /** The format: 2 since Kafka 0.11, before it 1 (0.10) and 0. */
  readonly magic: number
  /** Where the batch begins in the bytes it was found in. */
  readonly position: number
  /** Bytes of the whole batch. */
  readonly sizeInBytes: number
  /** The whole batch: a view. */
  readonly bytes: Buffer
  /**
   * The offset of the first record when the batch was written; that record may be gone since (compaction). Of a compressed set of magic 0 or 1,
   * where only reading tells the first, it is the last.
   */
  readonly baseOffset: number
  /** {@link RecordBatch.baseOffset}, exact. */
  readonly baseOffsetBigInt: bigint
  /** The offset of the last record when the batch was written: the next batch begins after it. */
  readonly lastOffset: number
  /** {@link RecordBatch.lastOffset}, exact. */
  readonly lastOffsetBigInt: bigint
  /** The leader's epoch when it appended the batch; -1 where nobody knows. */
  readonly partitionLeaderEpoch: number
  /** The attributes as they are on the wire. */
  readonly attributes: number
  /** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd; 5 to 7 do not exist. */
  readonly compressionType: number
  /** Whose clock the timestamps are of. */
  readonly timestampType: TimestampType
  /** Whether the records are of a transaction: committed only where its marker says so (KIP-98). */
  readonly isTransactional: boolean
  /** Whether its records are control records: for brokers and clients, never handed to users. */
  readonly isControl: boolean
  /** -1 where the producer was not idempotent. */
  readonly producerId: bigint
  /** Which life of the producer wrote it, -1 where it was not idempotent. */
  readonly producerEpoch: number
  /** The sequence number of the first record, -1 where there is none. */
  readonly baseSequence: number
  /** The sequence number of the last record. They start again from 0 after 2147483647. */
  readonly lastSequence: number
  /** Records in the batch as its header says; undefined where only reading tells (magic 0 and 1). */
  readonly count: number | undefined
  /** The timestamp of the first record in milliseconds since the epoch; where there is a delete horizon, that. */
  readonly baseTimestamp: number
  /** {@link RecordBatch.baseTimestamp}, exact. */
  readonly baseTimestampBigInt: bigint
  /** The largest timestamp of its records, milliseconds since the epoch; -1 where there is none. */
  readonly maxTimestamp: number
  /** {@link RecordBatch.maxTimestamp}, exact. */
  readonly maxTimestampBigInt: bigint
  /** When tombstones and transaction markers of the batch may be removed, milliseconds since the epoch (KIP-534). */
  readonly deleteHorizonMs: number | undefined
  /** The checksum as it is stored. */
  readonly checksum: number
  /** Whether the checksum fits the bytes. Costs a walk over all of them. */
  isValid(): boolean
  /** Refuses a batch whose checksum does not fit. @throws DecodeError with `CRC_MISMATCH` */
  ensureValid(): void
  /**
   * The records, decompressed where they must be: a promise only if the codec answers with one. The checksum is not looked at.
   * @param codecs - default: what Node brings, gzip and (from Node 22.15 on) zstd
   * @param maxBytes - the most bytes that the batch may become when decompressed. Default: 64 MiB
   * @throws DecodeError with `UNKNOWN_CODEC`, `DECOMPRESSION_FAILED`, `DECOMPRESSED_TOO_LARGE`, or `MALFORMED_MESSAGE` for a header that lies
   */
  records(codecs?: Codecs, maxBytes?: number): RecordReader | Promise<RecordReader>
}
