import { recordBatches } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { PartitionLog } from '../../src/log/partition-log.ts'
import { batchOf } from '../support/raw-client.ts'

function logOf(...batches: string[][]): PartitionLog {
  const log = new PartitionLog()
  for (const values of batches) log.append(batchOf(values), 3)
  return log
}

const baseOffsets = (bytes: Buffer) => [...recordBatches(bytes)].map(({ baseOffset }) => baseOffset)

describe('a partition log', () => {
  it('gives batches their offsets and the leader epoch, and leaves their checksums right', () => {
    const log = logOf(['a', 'b'], ['c'], ['d', 'e', 'f'])
    const batches = [...recordBatches(log.read(0, 1_000_000, true))]
    expect(batches.map(({ baseOffset, lastOffset, partitionLeaderEpoch }) => [baseOffset, lastOffset, partitionLeaderEpoch])).toEqual([
      [0, 1, 3],
      [2, 2, 3],
      [3, 5, 3],
    ])
    expect(batches.every((batch) => batch.isValid())).toBe(true)
    expect([log.startOffset, log.highWatermark, log.endOffset]).toEqual([0, 6, 6])
  })

  it('reads from the batch that holds the offset', () => {
    const log = logOf(['a', 'b'], ['c'], ['d', 'e', 'f'])
    expect(baseOffsets(log.read(1, 1_000_000, true))).toEqual([0, 2, 3])
    expect(baseOffsets(log.read(2, 1_000_000, true))).toEqual([2, 3])
    expect(baseOffsets(log.read(5, 1_000_000, true))).toEqual([3])
    expect(log.read(6, 1_000_000, true).length).toBe(0)
  })

  it('reads whole batches up to the limit, and one beyond it only where it must', () => {
    const log = logOf(['a'], ['b'], ['c'])
    const { sizeInBytes } = log.batches[0]!
    expect(baseOffsets(log.read(0, 2 * sizeInBytes + 1, true))).toEqual([0, 1])
    expect(baseOffsets(log.read(0, 1, true))).toEqual([0])
    expect(log.read(0, 1, false).length).toBe(0)
  })

  it('reads across segments, large batches included', () => {
    const log = new PartitionLog()
    const sizes = [100, 3000, 3000, 2_000_000, 10, 50_000]
    for (const size of sizes) log.append(batchOf(['x'.repeat(size)]), 0)
    const batches = [...recordBatches(log.read(0, 10_000_000, true))]
    expect(batches.map(({ baseOffset }) => baseOffset)).toEqual([0, 1, 2, 3, 4, 5])
    expect(batches.every((batch) => batch.isValid())).toBe(true)
    expect(log.sizeInBytes).toBe(batches.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0))
  })

  it('copies what it keeps, and gives neighbours out without a copy', () => {
    const log = new PartitionLog()
    const batch = batchOf(['a'])
    log.append(batch, 0)
    log.append(batchOf(['b']), 0)
    batch.fill(0)
    const bytes = log.read(0, 1_000_000, true)
    expect([...recordBatches(bytes)].every((each) => each.isValid())).toBe(true)
    expect(bytes.buffer).toBe(log.batches[0]!.segment.buffer)
  })

  it('knows where each leader epoch began, and forgets those that wrote nothing', () => {
    const log = logOf(['a', 'b'])
    log.startEpoch(4)
    log.startEpoch(5)
    log.append(batchOf(['c']), 5)
    log.startEpoch(6)
    expect(log.epochs).toEqual([
      { epoch: 0, startOffset: 0 },
      { epoch: 5, startOffset: 2 },
      { epoch: 6, startOffset: 3 },
    ])
  })
})
