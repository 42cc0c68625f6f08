import * as at from './batch-layout.ts'
import { StoredBatch } from './stored-batch.ts'

/** The fewest and the most bytes that a new segment has room for. A batch that is larger gets one of its own. */
const MIN_SEGMENT_BYTES = 4 * 1024
const MAX_SEGMENT_BYTES = 1024 * 1024

/** What compaction has left of a batch. */
export interface CompactedBatch {
  readonly bytes: Buffer
  readonly baseOffset: number
  readonly leaderEpoch: number
  readonly deleteHorizonMs?: number | undefined
}

/** From `startOffset` on the leader of `epoch` writes. */
export interface EpochStart {
  readonly epoch: number
  readonly startOffset: number
}

const EMPTY = Buffer.alloc(0)
const NO_EPOCH = -1

/**
 * The log of a partition: batches as bytes, in segments that are filled from front to back, so that what lies next to each other is read
 * without a copy. Base offset and leader epoch are written into the stored bytes; both lie outside the checksum. Memory only.
 */
export class PartitionLog {
  #segment: Buffer = EMPTY
  #filled = 0
  #bytes = 0
  #batches: StoredBatch[] = []
  #epochs: EpochStart[] = [{ epoch: 0, startOffset: 0 }]
  #startOffset = 0
  #endOffset = 0
  #replicatedTo = Number.POSITIVE_INFINITY

  /** The first offset that can be read. */
  get startOffset(): number {
    return this.#startOffset
  }

  /** The offset that the next record gets. */
  get endOffset(): number {
    return this.#endOffset
  }

  /** What is below is on every replica in sync: all of it, unless a replica lags. */
  get highWatermark(): number {
    return Math.min(this.#endOffset, this.#replicatedTo)
  }

  /** Says how far the last replica in sync has come; infinity where none lags. */
  set replicatedTo(offset: number) {
    this.#replicatedTo = offset
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
  append(batch: Buffer, leaderEpoch: number): StoredBatch {
    const stored = this.#store({ bytes: batch, baseOffset: this.#endOffset, leaderEpoch })
    this.#endOffset = stored.lastOffset + 1
    return stored
  }

  #store({ bytes, baseOffset, leaderEpoch, deleteHorizonMs }: CompactedBatch): StoredBatch {
    const position = this.#reserve(bytes.length)
    const segment = this.#segment
    bytes.copy(segment, position)
    segment.writeBigInt64BE(BigInt(baseOffset), position + at.BASE_OFFSET)
    segment.writeInt32BE(leaderEpoch, position + at.LEADER_EPOCH)
    const stored = new StoredBatch(segment, position, baseOffset, deleteHorizonMs)
    this.#batches.push(stored)
    this.#bytes += bytes.length
    return stored
  }

  /** A leader of another epoch begins to write. */
  startEpoch(epoch: number): void {
    if (this.#epochs.at(-1)?.startOffset === this.#endOffset) this.#epochs.pop()
    this.#epochs.push({ epoch, startOffset: this.#endOffset })
  }

  /** Deletes whole batches below `offset`, which becomes the first that can be read. It never goes back. */
  advanceStart(offset: number): void {
    if (offset <= this.#startOffset) return
    this.#startOffset = offset
    this.#drop(0, this.#indexOf(offset))
    const { epochs } = this
    const last = epochs.findLastIndex(({ startOffset }) => startOffset <= offset)
    if (last >= 0) this.#epochs = [{ epoch: epochs[last]!.epoch, startOffset: offset }, ...epochs.slice(last + 1)]
  }

  /** Deletes what is at `offset` and later, and with it the whole batch that holds `offset`, as Kafka cuts a log. */
  truncate(offset: number): void {
    if (offset >= this.#endOffset) return
    this.#drop(this.#indexOf(offset), this.#batches.length)
    this.#endOffset = offset
    this.#startOffset = Math.min(this.#startOffset, offset)
    this.#epochs = this.#epochs.filter(({ startOffset }) => startOffset < offset)
    // Whoever reads may hold the bytes that were cut off, so that none of them is written to again.
    this.#segment = EMPTY
    this.#filled = 0
  }

  /** Puts `batches` in the place of all there are; offsets that are then missing were compacted away. */
  replaceBatches(batches: readonly CompactedBatch[]): void {
    this.#segment = EMPTY
    this.#filled = 0
    this.#bytes = 0
    this.#batches = []
    for (const batch of batches) this.#store(batch)
  }

  #drop(from: number, to: number): void {
    for (const { sizeInBytes } of this.#batches.splice(from, to - from)) this.#bytes -= sizeInBytes
  }

  /**
   * Where the records of `epoch` end: the largest epoch that is not beyond it, and the offset after its last record; undefined where the log
   * does not tell (KIP-320).
   */
  endOfEpoch(epoch: number): { readonly epoch: number; readonly endOffset: number } | undefined {
    const epochs = this.#epochs
    if (epoch === NO_EPOCH) return undefined
    if (epochs.at(-1)?.epoch === epoch) return { epoch, endOffset: this.#endOffset }
    const later = epochs.findIndex((each) => each.epoch > epoch)
    if (later < 0) return undefined
    return { epoch: epochs[later - 1]?.epoch ?? epoch, endOffset: epochs[later]!.startOffset }
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
   * Whole batches from the one that holds `offset` on, all below `end`, at most `maxBytes` of them; the first batch even if it is larger where
   * `minOneBatch` (KIP-74). The bytes must not be changed.
   */
  read(offset: number, maxBytes: number, minOneBatch: boolean, end = Number.POSITIVE_INFINITY): Buffer {
    const first = this.#indexOf(offset)
    const batch = this.#batches[first]
    if (batch === undefined || offset >= end || batch.lastOffset >= end) return EMPTY
    let size = batch.sizeInBytes
    if (size > maxBytes && !minOneBatch) return EMPTY
    let next = first + 1
    for (; next < this.#batches.length; next++) {
      const { sizeInBytes, lastOffset } = this.#batches[next] as StoredBatch
      if (size + sizeInBytes > maxBytes || lastOffset >= end) break
      size += sizeInBytes
    }
    return this.#slice(first, next, size)
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
