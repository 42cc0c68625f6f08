import { readFileSync } from 'node:fs'
import { Admin } from '@k/admin'
import { ItemsError, KafkaError, type TlsOptions } from '@k/producer'
import { FakeCluster } from '@k/testing'
import { localhostCertificate } from './localhost-certificate.ts'

/** The cluster that an example runs on. */
export interface ExampleCluster {
  /** For every client: `new Producer({ ...connection })`. */
  readonly connection: { readonly bootstrapServers: string; readonly tls?: TlsOptions }
  close(): Promise<void>
}

/**
 * The cluster that KAFKA_BOOTSTRAP_SERVERS names, else one inside this process, with these topics (name and number of partitions).
 * With `tls`, the cluster's certificate is checked against the file that KAFKA_CA_FILE names, else against what Node trusts.
 */
export async function openExampleCluster(topics: Readonly<Record<string, number>>, { tls = false } = {}): Promise<ExampleCluster> {
  const given = process.env.KAFKA_BOOTSTRAP_SERVERS
  if (!given) {
    const kafka = await FakeCluster.start({ brokers: 3, topics, ...(tls ? { tls: localhostCertificate } : {}) })
    const { bootstrapServers } = kafka
    const connection = tls ? { bootstrapServers, tls: { ca: localhostCertificate.cert } } : { bootstrapServers }
    return { connection, close: () => kafka.close() }
  }
  const connection = tls ? { bootstrapServers: given, tls: trustedAuthorities() } : { bootstrapServers: given }
  await createMissing(topics, connection)
  return { connection, close: async () => {} }
}

function trustedAuthorities(): TlsOptions {
  const file = process.env.KAFKA_CA_FILE
  return file ? { ca: readFileSync(file) } : {}
}

async function createMissing(topics: Readonly<Record<string, number>>, connection: ExampleCluster['connection']): Promise<void> {
  const admin = new Admin(connection)
  try {
    await admin.createTopics(Object.entries(topics).map(([topic, numPartitions]) => ({ topic, numPartitions })))
  } catch (error) {
    // A topic that is there from an earlier run will do.
    if (!ItemsError.is(error) || error.failed.some((failed) => !KafkaError.is(failed.error, 'TOPIC_ALREADY_EXISTS'))) throw error
  } finally {
    await admin.close()
  }
}
