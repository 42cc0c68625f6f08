import * as at from './batch-layout.ts'

/** The fewest and the most bytes that a new segment has room for. A batch that is larger gets one of its own. */
const MIN_SEGMENT_BYTES = 4 * 1024
const MAX_SEGMENT_BYTES = 1024 * 1024

/** A batch in the log. */
export interface StoredBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly maxTimestamp: number
  readonly leaderEpoch: number
  readonly segment: Buffer
  readonly position: number
  readonly sizeInBytes: number
}

/** From `startOffset` on the leader of `epoch` writes. */
export interface EpochStart {
  readonly epoch: number
  readonly startOffset: number
}

const EMPTY = Buffer.alloc(0)

/**
 * The log of a partition: batches as bytes, in segments that are filled from front to back, so that what lies next to each other is read
 * without a copy. Base offset and leader epoch are written into the stored bytes; both lie outside the checksum. Memory only.
 */
export class PartitionLog {
  #segment: Buffer = EMPTY
  #filled = 0
  #bytes = 0
  readonly #batches: StoredBatch[] = []
  readonly #epochs: EpochStart[] = [{ epoch: 0, startOffset: 0 }]
  #endOffset = 0

  /** The first offset that can be read. */
  readonly startOffset = 0

  /** The offset that the next record gets. */
  get endOffset(): number {
    return this.#endOffset
  }

  /** Every replica has everything at once, so it is the end. */
  get highWatermark(): number {
    return this.#endOffset
  }

  /** Bytes of all batches. */
  get sizeInBytes(): number {
    return this.#bytes
  }

  /** All batches, in order. */
  get batches(): readonly StoredBatch[] {
    return this.#batches
  }

  /** Where each leader epoch began, in order; those that wrote nothing are left out, except the last. */
  get epochs(): readonly EpochStart[] {
    return this.#epochs
  }

  /** Stores a copy of `batch`, whose records take the next offsets, and returns what is stored. */
  append(batch: Buffer, leaderEpoch: number, lastOffsetDelta: number, maxTimestamp: number): StoredBatch {
    const position = this.#reserve(batch.length)
    const segment = this.#segment
    const baseOffset = this.#endOffset
    batch.copy(segment, position)
    segment.writeBigInt64BE(BigInt(baseOffset), position + at.BASE_OFFSET)
    segment.writeInt32BE(leaderEpoch, position + at.LEADER_EPOCH)
    const lastOffset = baseOffset + lastOffsetDelta
    const stored = { baseOffset, lastOffset, maxTimestamp, leaderEpoch, segment, position, sizeInBytes: batch.length }
    this.#batches.push(stored)
    this.#endOffset = lastOffset + 1
    this.#bytes += batch.length
    return stored
  }

  /** A leader of another epoch begins to write. */
  startEpoch(epoch: number): void {
    if (this.#epochs.at(-1)?.startOffset === this.#endOffset) this.#epochs.pop()
    this.#epochs.push({ epoch, startOffset: this.#endOffset })
  }

  #reserve(length: number): number {
    if (this.#filled + length > this.#segment.length) {
      const room = Math.min(Math.max(this.#bytes >> 2, MIN_SEGMENT_BYTES), MAX_SEGMENT_BYTES)
      this.#segment = Buffer.allocUnsafeSlow(Math.max(room, length))
      this.#filled = 0
    }
    const position = this.#filled
    this.#filled += length
    return position
  }

  /**
   * Whole batches from the one that holds `offset` on, at most `maxBytes` of them; the first batch even if it is larger where `minOneBatch`
   * (KIP-74). The bytes must not be changed.
   */
  read(offset: number, maxBytes: number, minOneBatch: boolean): Buffer {
    const first = this.#indexOf(offset)
    if (first === this.#batches.length) return EMPTY
    let size = (this.#batches[first] as StoredBatch).sizeInBytes
    if (size > maxBytes && !minOneBatch) return EMPTY
    let end = first + 1
    for (; end < this.#batches.length; end++) {
      const { sizeInBytes } = this.#batches[end] as StoredBatch
      if (size + sizeInBytes > maxBytes) break
      size += sizeInBytes
    }
    return this.#slice(first, end, size)
  }

  #slice(first: number, end: number, size: number): Buffer {
    const { segment, position } = this.#batches[first] as StoredBatch
    if ((this.#batches[end - 1] as StoredBatch).segment === segment) return segment.subarray(position, position + size)
    const joined = Buffer.allocUnsafe(size)
    let filled = 0
    for (let i = first; i < end; i++) {
      const batch = this.#batches[i] as StoredBatch
      filled += batch.segment.copy(joined, filled, batch.position, batch.position + batch.sizeInBytes)
    }
    return joined
  }

  /** The first batch that reaches `offset`, as an index; the number of batches where none does. */
  #indexOf(offset: number): number {
    let low = 0
    let high = this.#batches.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#batches[middle] as StoredBatch).lastOffset < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
