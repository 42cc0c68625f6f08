import { randomUUID } from 'node:crypto'
import { Admin } from '@k/admin'

/** A topic of its own for one test; deleted by nobody, since the cluster goes with the test. */
export async function scratchTopic(bootstrapServers: string, o: { partitions?: number; replicationFactor?: number } = {}): Promise<string> {
  await using admin = new Admin({ bootstrapServers })
  const topic = `e2e-${randomUUID()}`
  await admin.createTopics([{ topic, numPartitions: o.partitions ?? 1, replicationFactor: o.replicationFactor ?? 1 }])
  return topic
}
