import { RecordBatchBuilder, stampBatch } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { batchOf, readAll } from './read-all.ts'

const NOW = 1_700_000_000_000

function produced(): Buffer {
  const builder = new RecordBatchBuilder()
  builder.append(NOW, 'k', 'v')
  builder.append(NOW + 1, 'k', 'w')
  return builder.close({ producerId: 1n, producerEpoch: 2, baseSequence: 3 })
}

describe('stampBatch', () => {
  it('gives a batch its place in the log', async () => {
    const bytes = produced()
    stampBatch(bytes, { baseOffset: 500, partitionLeaderEpoch: 6 })
    expect(batchOf(bytes)).toMatchObject({ baseOffset: 500, lastOffset: 501, partitionLeaderEpoch: 6, timestampType: 'CreateTime' })
    expect((await readAll(bytes)).map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
      [500n, BigInt(NOW)],
      [501n, BigInt(NOW + 1)],
    ])
  })

  it("gives all records the broker's time where the topic says so", async () => {
    const bytes = produced()
    stampBatch(bytes, { baseOffset: 2n ** 60n, partitionLeaderEpoch: 0, logAppendTime: NOW + 99 })
    expect(batchOf(bytes)).toMatchObject({
      baseOffsetBigInt: 2n ** 60n,
      timestampType: 'LogAppendTime',
      maxTimestamp: NOW + 99,
      baseSequence: 3,
    })
    expect((await readAll(bytes)).map(({ timestamp }) => timestamp)).toEqual([BigInt(NOW + 99), BigInt(NOW + 99)])
  })

  it('touches nothing around the batch', () => {
    const bytes = Buffer.concat([Buffer.alloc(10, 1), produced(), Buffer.alloc(10, 2)])
    stampBatch(bytes.subarray(10, bytes.length - 10), { baseOffset: 1, partitionLeaderEpoch: 1, logAppendTime: 1 })
    expect(bytes.subarray(0, 10)).toEqual(Buffer.alloc(10, 1))
    expect(bytes.subarray(-10)).toEqual(Buffer.alloc(10, 2))
  })
})
