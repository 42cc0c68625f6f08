import { randomUUID } from 'node:crypto'
import { Admin } from '@k/admin'

/** A topic of its own for one test; deleted by nobody, since the cluster goes with the test. */
export async function scratchTopic(
  bootstrapServers: string,
  o: { partitions?: number; replicationFactor?: number; configs?: Record<string, string> } = {},
): Promise<string> {
  await using admin = new Admin({ bootstrapServers })
  const topic = `e2e-${randomUUID()}`
  const { partitions: numPartitions = 1, replicationFactor = 1, configs = {} } = o
  await admin.createTopics([{ topic, numPartitions, replicationFactor, configs }])
  return topic
}
