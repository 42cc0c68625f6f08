import { Consumer, type ConsumerOptions, type ConsumerRecord } from '@k/consumer'

/** Reads `count` records of a topic from its beginning, without a group unless one is given. */
export async function readRecords(
  o: { bootstrapServers: string; topic: string; count: number } & Partial<Pick<ConsumerOptions, 'groupId' | 'codecs'>>,
): Promise<ConsumerRecord[]> {
  const { topic, count, ...options } = o
  await using consumer = new Consumer({ ...options, topics: [topic], autoOffsetReset: 'earliest' })
  const records: ConsumerRecord[] = []
  for await (const record of consumer) {
    records.push(record)
    if (records.length === count) {
      consumer.processed(record)
      break
    }
  }
  return records
}
