import * as at from './batch-layout.ts'

/** A batch in the log. Nearly all that is known of it stands in its header already, so that a batch of one small record costs little more. */
export class StoredBatch {
  readonly segment: Buffer
  readonly position: number
  readonly baseOffset: number
  /** When the tombstones in it may go, where compaction has seen them. Kafka keeps it in the batch's header. */
  readonly deleteHorizonMs: number | undefined

  constructor(segment: Buffer, position: number, baseOffset: number, deleteHorizonMs: number | undefined) {
    this.segment = segment
    this.position = position
    this.baseOffset = baseOffset
    this.deleteHorizonMs = deleteHorizonMs
  }

  get lastOffset(): number {
    return this.baseOffset + this.segment.readInt32BE(this.position + at.LAST_OFFSET_DELTA)
  }

  get maxTimestamp(): number {
    return Number(this.segment.readBigInt64BE(this.position + at.MAX_TIMESTAMP))
  }

  get leaderEpoch(): number {
    return this.segment.readInt32BE(this.position + at.LEADER_EPOCH)
  }

  get sizeInBytes(): number {
    return at.LOG_OVERHEAD + this.segment.readInt32BE(this.position + at.LENGTH)
  }

  /** Its bytes, which must not be changed. */
  get bytes(): Buffer {
    return this.segment.subarray(this.position, this.position + this.sizeInBytes)
  }
}
