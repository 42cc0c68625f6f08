import type { Environment } from './environment.ts'
import { startWithJava } from './java-cluster.ts'
import type { KafkaCluster } from './kafka-cluster.ts'
import type { StartKafkaOptions } from './options.ts'
import { defaultKafkaVersion, releaseOf } from './release.ts'

/** Starts Apache Kafka and resolves when every node serves metadata that names all nodes. */
export const startKafka = async (options: StartKafkaOptions = {}, env: Environment = process.env): Promise<KafkaCluster> => {
  const release = releaseOf(options.version ?? defaultKafkaVersion)
  return startWithJava(release, options, env)
}
