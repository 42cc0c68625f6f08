import { Refusal } from './refusal.ts'

type ConfigType = 'boolean' | 'string' | 'int' | 'long' | 'double' | 'list'

interface ConfigDefinition {
  readonly type: ConfigType
  /** What it is where nobody set it, as Kafka 4.3 has it. */
  readonly value: string
  readonly allowed?: readonly string[]
  readonly min?: number
  readonly max?: number
  /** Who gives the default: Kafka itself, if it is not said that it is the cluster's settings. */
  readonly source?: ConfigSource
}

/** Where the value of a config comes from, by the numbers of DescribeConfigs. */
export const configSources = { TOPIC: 1, CLUSTER: 3, DEFAULT: 5 } as const
type ConfigSource = keyof typeof configSources

const MAX_LONG = '9223372036854775807'
const compressionTypes = ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer']

// Source: the topic configs of Apache Kafka 4.3.
const definitions: Readonly<Record<string, ConfigDefinition>> = {
  'cleanup.policy': { type: 'list', value: 'delete', allowed: ['compact', 'delete'] },
  'compression.gzip.level': { type: 'int', value: '-1', min: -1, max: 9 },
  'compression.lz4.level': { type: 'int', value: '9', min: 1, max: 17 },
  'compression.type': { type: 'string', value: 'producer', allowed: compressionTypes },
  'compression.zstd.level': { type: 'int', value: '3', min: -131072, max: 22 },
  'delete.retention.ms': { type: 'long', value: '86400000', min: 0 },
  'file.delete.delay.ms': { type: 'long', value: '60000', min: 0 },
  'flush.messages': { type: 'long', value: MAX_LONG, min: 1 },
  'flush.ms': { type: 'long', value: MAX_LONG, min: 0 },
  'follower.replication.throttled.replicas': { type: 'list', value: '' },
  'index.interval.bytes': { type: 'int', value: '4096', min: 0 },
  'leader.replication.throttled.replicas': { type: 'list', value: '' },
  'local.retention.bytes': { type: 'long', value: '-2', min: -2 },
  'local.retention.ms': { type: 'long', value: '-2', min: -2 },
  'max.compaction.lag.ms': { type: 'long', value: MAX_LONG, min: 1 },
  'max.message.bytes': { type: 'int', value: '1048588', min: 0 },
  'message.timestamp.after.max.ms': { type: 'long', value: '3600000', min: 0 },
  'message.timestamp.before.max.ms': { type: 'long', value: MAX_LONG, min: 0 },
  'message.timestamp.type': { type: 'string', value: 'CreateTime', allowed: ['CreateTime', 'LogAppendTime'] },
  'min.cleanable.dirty.ratio': { type: 'double', value: '0.5', min: 0, max: 1 },
  'min.compaction.lag.ms': { type: 'long', value: '0', min: 0 },
  'min.insync.replicas': { type: 'int', value: '1', min: 1, source: 'CLUSTER' },
  preallocate: { type: 'boolean', value: 'false' },
  'remote.log.copy.disable': { type: 'boolean', value: 'false' },
  'remote.log.delete.on.disable': { type: 'boolean', value: 'false' },
  'remote.storage.enable': { type: 'boolean', value: 'false' },
  'retention.bytes': { type: 'long', value: '-1' },
  'retention.ms': { type: 'long', value: '604800000', min: -1 },
  'segment.bytes': { type: 'int', value: '1073741824', min: 1024 * 1024 },
  'segment.index.bytes': { type: 'int', value: '10485760', min: 4 },
  'segment.jitter.ms': { type: 'long', value: '0', min: 0 },
  'segment.ms': { type: 'long', value: '604800000', min: 1 },
  'unclean.leader.election.enable': { type: 'boolean', value: 'false' },
}

/** A config as CreateTopics answers with it. */
export interface TopicConfig {
  readonly name: string
  readonly value: string
  readonly source: ConfigSource
}

/** The configs of a topic: all of Kafka's names are known; what they change here is what this cluster reads of them. */
export class TopicConfigs {
  readonly #given: ReadonlyMap<string, string>

  /** @throws Refusal INVALID_CONFIG for a name that Kafka does not know, or a value that it does not take */
  constructor(given: ReadonlyMap<string, string>) {
    for (const [name, value] of given) check(name, value)
    this.#given = given
  }

  string(name: string): string {
    return this.#given.get(name) ?? (definitions[name] as ConfigDefinition).value
  }

  number(name: string): number {
    return Number(this.string(name))
  }

  /** Every config with its value, by name. */
  all(): TopicConfig[] {
    return Object.entries(definitions).map(([name, { source = 'DEFAULT' }]) => {
      return { name, value: this.string(name), source: this.#given.has(name) ? 'TOPIC' : source }
    })
  }
}

function check(name: string, value: string): void {
  const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined
  if (definition === undefined) throw new Refusal('INVALID_CONFIG', `Unknown topic config name: ${name}`)
  const { type, allowed, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = definition
  const refuse = (what: string) => new Refusal('INVALID_CONFIG', `Invalid value ${value} for configuration ${name}: ${what}`)
  if (type === 'boolean' && value !== 'true' && value !== 'false') throw refuse('Expected value to be either true or false')
  if (type === 'int' || type === 'long' || type === 'double') {
    const number = Number(value)
    if (value.trim() === '' || Number.isNaN(number) || (type !== 'double' && !Number.isInteger(number))) {
      throw refuse(`Not a number of type ${type.toUpperCase()}`)
    }
    if (number < min) throw refuse(`Value must be at least ${min}`)
    if (number > max) throw refuse(`Value must be no more than ${max}`)
  }
  const words = type === 'list' ? value.split(',').map((word) => word.trim()) : [value]
  if (allowed !== undefined && !words.every((word) => allowed.includes(word))) throw refuse(`String must be one of: ${allowed.join(', ')}`)
}
