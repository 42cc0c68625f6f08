import * as at from './batch-layout.ts'

/** The header of a batch of magic 2: all that a broker reads of what it stores. */
export interface BatchHeader {
  readonly sizeInBytes: number
  readonly baseOffset: bigint
  readonly attributes: number
  readonly crc: number
  readonly lastOffsetDelta: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly recordCount: number
}

/** Reads the header of `batch`, whose bytes must be those of one whole batch of magic 2. */
export function readBatchHeader(batch: Buffer): BatchHeader {
  return {
    sizeInBytes: batch.length,
    baseOffset: batch.readBigInt64BE(at.BASE_OFFSET),
    attributes: batch.readInt16BE(at.ATTRIBUTES),
    crc: batch.readUInt32BE(at.CRC),
    lastOffsetDelta: batch.readInt32BE(at.LAST_OFFSET_DELTA),
    baseTimestamp: Number(batch.readBigInt64BE(at.BASE_TIMESTAMP)),
    maxTimestamp: Number(batch.readBigInt64BE(at.MAX_TIMESTAMP)),
    producerId: batch.readBigInt64BE(at.PRODUCER_ID),
    producerEpoch: batch.readInt16BE(at.PRODUCER_EPOCH),
    baseSequence: batch.readInt32BE(at.BASE_SEQUENCE),
    recordCount: batch.readInt32BE(at.RECORD_COUNT),
  }
}
