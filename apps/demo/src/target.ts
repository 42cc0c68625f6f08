import { FakeCluster } from '@k/testing'

/** The cluster that the demo runs on. */
export interface Target extends AsyncDisposable {
  readonly bootstrapServers: string
  readonly description: string
}

/** The cluster named by KAFKA_BOOTSTRAP_SERVERS, or an embedded one over TCP. */
export async function openTarget(): Promise<Target> {
  const given = process.env.KAFKA_BOOTSTRAP_SERVERS
  if (given) return { bootstrapServers: given, description: `Kafka at ${given}`, [Symbol.asyncDispose]: async () => {} }
  const kafka = await FakeCluster.start({ brokers: 3 })
  return {
    bootstrapServers: kafka.bootstrapServers,
    description: `an embedded cluster at ${kafka.bootstrapServers} (set KAFKA_BOOTSTRAP_SERVERS for a real one)`,
    [Symbol.asyncDispose]: () => kafka.close(),
  }
}
