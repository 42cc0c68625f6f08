import { readBatchHeader } from './log/batch-header.ts'
import { isControlBatch } from './log/control-batch.ts'
import type { StoredBatch } from './log/stored-batch.ts'
import type { Partition } from './partition.ts'

/** The batches of a partition that a consumer hands out that reads committed records alone. */
export function* committedBatches(partition: Partition): Generator<StoredBatch> {
  const end = partition.lastStableOffset
  const aborted = partition.abortedTransactions(0, end).sort((a, b) => a.firstOffset - b.firstOffset)
  const open = new Set<bigint>()
  for (const batch of partition.log.batches) {
    if (batch.lastOffset >= end) return
    while (aborted.length > 0 && aborted[0]!.firstOffset <= batch.lastOffset) open.add(aborted.shift()!.producerId)
    const { segment, position, sizeInBytes } = batch
    const { producerId } = readBatchHeader(segment.subarray(position, position + sizeInBytes))
    if (isControlBatch(batch)) open.delete(producerId)
    else if (!open.has(producerId)) yield batch
  }
}
