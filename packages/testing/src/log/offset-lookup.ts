import type { Codecs, RecordReader } from '@k/protocol'
import { recordBatches } from '@k/protocol'
import type { PartitionLog } from './partition-log.ts'
import type { StoredBatch } from './stored-batch.ts'

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

/**
 * The offset for a timestamp, or for one of the marks below zero that stand for a place in the log.
 * @param end - where the log ends for who asks: records from there on are not found
 */
export async function offsetFor(
  log: PartitionLog,
  timestamp: bigint,
  leaderEpoch: number,
  codecs: Codecs,
  end = log.highWatermark,
): Promise<FoundOffset> {
  if (timestamp === LATEST) return { offset: BigInt(end), timestamp: -1n, leaderEpoch }
  if (timestamp === EARLIEST || timestamp === EARLIEST_LOCAL) {
    return { offset: BigInt(log.startOffset), timestamp: -1n, leaderEpoch: log.epochs[0]?.epoch ?? -1 }
  }
  // Other marks are kept by tiered storage alone.
  if (timestamp < 0n && timestamp !== MAX_TIMESTAMP) return NOTHING
  // The largest timestamp may be that of a record that was deleted, where the rest of its batch is still there.
  const found =
    timestamp === MAX_TIMESTAMP
      ? await firstAt(log, newest(log), 0, codecs)
      : await firstAt(log, Number(timestamp), log.startOffset, codecs)
  return found.offset < end ? found : NOTHING
}

function newest({ batches }: PartitionLog): number {
  return batches.reduce((max, { maxTimestamp }) => Math.max(max, maxTimestamp), -1)
}

/** The first record from `start` on that is as young as `timestamp`. */
async function firstAt(log: PartitionLog, timestamp: number, start: number, codecs: Codecs): Promise<FoundOffset> {
  for (const batch of log.batches) {
    if (batch.maxTimestamp < timestamp) continue
    const reader = await readerOf(batch, codecs)
    while (reader.next()) {
      if (reader.timestamp < timestamp || reader.offset < start) continue
      return { offset: reader.offsetBigInt, timestamp: reader.timestampBigInt, leaderEpoch: batch.leaderEpoch }
    }
  }
  return NOTHING
}

/** The records of a stored batch. */
export function readerOf({ bytes }: StoredBatch, codecs: Codecs): RecordReader | Promise<RecordReader> {
  const [batch] = recordBatches(bytes)
  return batch!.records(codecs)
}
