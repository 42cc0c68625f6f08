import { Consumer } from '@k/consumer'
import { Cluster } from '@k/network'

/** The values of each partition of a topic, in the order of the log, up to its end as it is now. */
export async function readAll(
  bootstrapServers: string,
  topic: string,
  isolationLevel: 'read_committed' | 'read_uncommitted',
): Promise<{ readonly offset: number; readonly value: string }[][]> {
  await using consumer = new Consumer({ bootstrapServers, isolationLevel, autoOffsetReset: 'earliest', logger: null })
  await using cluster = new Cluster({ bootstrapServers, logger: null })
  await cluster.refresh([topic])
  const partitions = cluster.topic(topic)!.partitions.map(({ partition }) => ({ topic, partition }))
  const ends = await consumer.endOffsets(partitions)
  consumer.assign(partitions)
  const read: { offset: number; value: string }[][] = partitions.map(() => [])
  const isAtEnd = async () => {
    for (const [i, partition] of partitions.entries()) if ((await consumer.position(partition)) < ends[i]!.offset) return false
    return true
  }
  while (!(await isAtEnd())) {
    try {
      for await (const batch of consumer.batches({ signal: AbortSignal.timeout(1_000) })) {
        for (const { partition, offset, value } of batch) read[partition]!.push({ offset, value: String(value) })
      }
    } catch (error) {
      if ((error as Error).name !== 'TimeoutError') throw error
    }
  }
  return read
}
