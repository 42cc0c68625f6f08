import { type Environment, givenAddress } from './environment.ts'
import { defaultKafkaVersion, releaseOf } from './release.ts'
import { chooseWay, type Machine, thisMachine, whyNotJava } from './way.ts'

/** What a test needs beyond brokers to talk to. */
export interface KafkaNeeds {
  /** This version and no other. */
  version?: string
  /** It kills, stops or pauses brokers, or starts a cluster of its own shape. */
  stopBrokers?: boolean
  /** It runs Kafka's console tools. */
  tools?: boolean
}

/** One line that says why no Kafka fits these needs, and what to install; undefined when one can be started. */
export const kafkaUnavailable = async (
  needs: KafkaNeeds = {},
  env: Environment = process.env,
  machine: Machine = thisMachine,
): Promise<string | undefined> => {
  const release = releaseOf(needs.version ?? defaultKafkaVersion)
  const { way, missing } = await chooseWay(release, env, undefined, machine)
  if (missing !== undefined) return missing
  if (way !== 'address') return undefined
  if (needs.version) return `The brokers of KAFKA_BOOTSTRAP_SERVERS have a version of their own, not one to be chosen (${needs.version}).`
  if (needs.stopBrokers) return 'The brokers of KAFKA_BOOTSTRAP_SERVERS cannot be stopped from here.'
  const noTools = needs.tools ? await whyNotJava(release, env, machine) : undefined
  return noTools && `Kafka's console tools cannot be run: ${noTools}. Install Java and Maven.`
}

/**
 * Tells whether tests on real Kafka are to be skipped, for `describe.skipIf(await skipKafka())`, and says on standard error why.
 *
 * With `CI=true` a machine that cannot start Kafka is a failure: the call rejects, unless `KAFKA_E2E=off` says that it is meant.
 */
export const skipKafka = async (
  needs: KafkaNeeds = {},
  env: Environment = process.env,
  machine: Machine = thisMachine,
  say: (line: string) => void = (line) => process.stderr.write(line),
): Promise<boolean> => {
  const words = (env.KAFKA_E2E ?? '').split(',').map((word) => word.trim())
  if (words.includes('off')) return true
  const reason = await kafkaUnavailable(needs, env, machine)
  if (reason === undefined) return false
  if (env.CI === 'true' && !givenAddress(env)) throw new Error(`${reason} (KAFKA_E2E=off goes without.)`)
  say(`\n*** SKIPPED: tests on real Kafka. ${reason} ***\n\n`)
  return true
}
