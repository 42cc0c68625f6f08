import type { Codecs, RecordReader } from '@k/protocol'
import { recordBatches } from '@k/protocol'
import type { PartitionLog, StoredBatch } from './partition-log.ts'

/** What ListOffsets finds; -1 where there is nothing of the kind. */
export interface FoundOffset {
  readonly offset: bigint
  readonly timestamp: bigint
  readonly leaderEpoch: number
}

const LATEST = -1n
const EARLIEST = -2n
const MAX_TIMESTAMP = -3n
const EARLIEST_LOCAL = -4n
const NOTHING: FoundOffset = { offset: -1n, timestamp: -1n, leaderEpoch: -1 }

/** The offset for a timestamp, or for one of the marks below zero that stand for a place in the log. */
export async function offsetFor(log: PartitionLog, timestamp: bigint, leaderEpoch: number, codecs: Codecs): Promise<FoundOffset> {
  if (timestamp === LATEST) return { offset: BigInt(log.highWatermark), timestamp: -1n, leaderEpoch }
  if (timestamp === EARLIEST || timestamp === EARLIEST_LOCAL) {
    return { offset: BigInt(log.startOffset), timestamp: -1n, leaderEpoch: log.epochs[0]?.epoch ?? -1 }
  }
  if (timestamp === MAX_TIMESTAMP) {
    const newest = Math.max(-1, ...log.batches.map(({ maxTimestamp }) => maxTimestamp))
    return firstAt(log, newest, codecs)
  }
  // What is below is kept by tiered storage alone.
  return timestamp < 0n ? NOTHING : firstAt(log, Number(timestamp), codecs)
}

/** The first record that is as young as `timestamp`. */
async function firstAt(log: PartitionLog, timestamp: number, codecs: Codecs): Promise<FoundOffset> {
  const batch = log.batches.find(({ maxTimestamp }) => maxTimestamp >= timestamp)
  if (batch === undefined) return NOTHING
  const reader = await readerOf(batch, codecs)
  while (reader.next()) {
    if (reader.timestamp < timestamp) continue
    return { offset: reader.offsetBigInt, timestamp: reader.timestampBigInt, leaderEpoch: batch.leaderEpoch }
  }
  return NOTHING
}

/** The records of a stored batch. */
export function readerOf({ segment, position, sizeInBytes }: StoredBatch, codecs: Codecs): RecordReader | Promise<RecordReader> {
  const [batch] = recordBatches(segment.subarray(position, position + sizeInBytes))
  return batch!.records(codecs)
}
