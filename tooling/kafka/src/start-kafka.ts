import { startWithDocker } from './docker-cluster.ts'
import { type Environment, givenAddress } from './environment.ts'
import { useGivenAddress } from './given-cluster.ts'
import { startWithJava } from './java-cluster.ts'
import type { KafkaCluster } from './kafka-cluster.ts'
import type { StartKafkaOptions } from './options.ts'
import { defaultKafkaVersion, releaseOf } from './release.ts'
import { chooseWay } from './way.ts'

/**
 * Starts Apache Kafka, or takes the brokers of `KAFKA_BOOTSTRAP_SERVERS`, and resolves when every node serves metadata that names all
 * nodes. Rejects with what to install when there is no way to start it here.
 */
export const startKafka = async (options: StartKafkaOptions = {}, env: Environment = process.env): Promise<KafkaCluster> => {
  const { version = defaultKafkaVersion, nodes = 1 } = options
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > 9) throw new Error(`The number of nodes must be between 1 and 9, not ${nodes}.`)
  const release = releaseOf(version)
  const { way, missing } = await chooseWay(release, env, options.way)
  if (missing !== undefined) throw new Error(missing)
  if (way === 'address') return useGivenAddress(givenAddress(env)!, env)
  if (way === 'docker') return startWithDocker(release, options)
  return startWithJava(release, options, env)
}
