import type { PartitionLog } from './partition-log.ts'

/** How long and how much a topic keeps. -1: without limit. */
export interface RetentionRules {
  /** `retention.ms` */
  readonly retentionMs: number
  /** `retention.bytes` */
  readonly retentionBytes: number
}

/** Deletes from the front what is too old, then what is too much; batch by batch, as Kafka does it segment by segment. */
export function applyRetention(log: PartitionLog, { retentionMs, retentionBytes }: RetentionRules, now: number): void {
  const { highWatermark } = log
  let excess = log.sizeInBytes - retentionBytes
  let start = log.startOffset
  let isOld = retentionMs >= 0
  for (const { lastOffset, maxTimestamp, sizeInBytes } of log.batches) {
    isOld &&= now - maxTimestamp > retentionMs
    const isTooMuch = retentionBytes >= 0 && excess >= sizeInBytes
    if (lastOffset >= highWatermark || (!isOld && !isTooMuch)) break
    excess -= sizeInBytes
    start = lastOffset + 1
  }
  log.advanceStart(start)
}
