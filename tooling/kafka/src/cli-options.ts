import { parseArgs } from 'node:util'
import type { StartKafkaOptions, Way } from './options.ts'
import { defaultKafkaVersion, kafkaVersions, releaseOf } from './release.ts'

export const usage = `Starts Apache Kafka on this machine, prints its address, and ends it on Ctrl-C.

  pnpm kafka [--version ${defaultKafkaVersion}] [--nodes 1] [--way docker|java] [--property name=value]...

  --version    one of ${kafkaVersions.join(', ')}
  --nodes      how many brokers, 1 to 9
  --way        docker or java; without it Docker where an engine answers, else Java
  --property   a broker property, for example auto.create.topics.enable=true

Environment: KAFKA_JARS_DIR is where the jars of Kafka are kept (default ~/.cache/kafka-jars).
`

/** Reads the command line; throws with one sentence when it makes no sense. Undefined when help is wanted. */
export const parseCliOptions = (args: string[]): StartKafkaOptions | undefined => {
  const { values } = parseArgs({
    args: args[0] === '--' ? args.slice(1) : args,
    options: {
      version: { type: 'string', default: defaultKafkaVersion },
      nodes: { type: 'string', default: '1' },
      way: { type: 'string' },
      property: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return undefined
  const nodes = Number(values.nodes)
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > 9) throw new Error(`--nodes must be a number from 1 to 9, not ${values.nodes}.`)
  if (values.way !== undefined && values.way !== 'docker' && values.way !== 'java') throw new Error('--way must be docker or java.')
  const properties = values.property.map((text): [string, string] => {
    const equals = text.indexOf('=')
    if (equals < 1) throw new Error(`--property must be written name=value, not ${text}.`)
    return [text.slice(0, equals), text.slice(equals + 1)]
  })
  const way: Way | undefined = values.way
  return { version: releaseOf(values.version).version, nodes, properties: Object.fromEntries(properties), ...(way && { way }) }
}
