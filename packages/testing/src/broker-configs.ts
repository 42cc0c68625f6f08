import { type Config, type ConfigDefinition, type ConfigSynonym, checkConfigValue, definitionOf } from './config-definition.ts'
import { Refusal } from './refusal.ts'
import { topicConfigDefinitions } from './topic-config-definitions.ts'

interface BrokerConfigDefinition extends ConfigDefinition {
  /** Whether it can be changed while the broker runs. */
  readonly isDynamic?: boolean
}

// Source: the broker configs of Apache Kafka 4.3, as far as they mean something here or are often asked for.
const ownDefinitions: Readonly<Record<string, BrokerConfigDefinition>> = {
  'auto.create.topics.enable': { type: 'boolean', value: 'true' },
  'background.threads': { type: 'int', value: '10', min: 1, isDynamic: true },
  'broker.id': { type: 'int', value: '-1' },
  'broker.rack': { type: 'string', value: null },
  'default.replication.factor': { type: 'int', value: '1', min: 1 },
  'delete.topic.enable': { type: 'boolean', value: 'true' },
  'fetch.max.bytes': { type: 'int', value: '57671680', min: 1024 },
  'group.initial.rebalance.delay.ms': { type: 'int', value: '3000' },
  'group.max.session.timeout.ms': { type: 'int', value: '1800000' },
  'group.min.session.timeout.ms': { type: 'int', value: '6000' },
  'log.cleaner.enable': { type: 'boolean', value: 'true' },
  'log.cleaner.threads': { type: 'int', value: '1', min: 0, isDynamic: true },
  'log.retention.hours': { type: 'int', value: '168' },
  'log.retention.minutes': { type: 'int', value: null },
  'log.roll.hours': { type: 'int', value: '168', min: 1 },
  'log.roll.jitter.hours': { type: 'int', value: '0', min: 0 },
  'max.connections': { type: 'int', value: '2147483647', min: 0, isDynamic: true },
  'max.connections.per.ip': { type: 'int', value: '2147483647', min: 0, isDynamic: true },
  'max.incremental.fetch.session.cache.slots': { type: 'int', value: '1000', min: 0 },
  'node.id': { type: 'int', value: null },
  'num.io.threads': { type: 'int', value: '8', min: 1, isDynamic: true },
  'num.network.threads': { type: 'int', value: '3', min: 1, isDynamic: true },
  'num.partitions': { type: 'int', value: '1', min: 1 },
  'num.replica.fetchers': { type: 'int', value: '1', isDynamic: true },
  'offset.metadata.max.bytes': { type: 'int', value: '4096' },
  'offsets.retention.minutes': { type: 'int', value: '10080', min: 1 },
  'offsets.topic.num.partitions': { type: 'int', value: '50', min: 1 },
  'offsets.topic.replication.factor': { type: 'int', value: '3', min: 1 },
  'process.roles': { type: 'list', value: null },
  'replica.lag.time.max.ms': { type: 'long', value: '30000' },
  'replica.selector.class': { type: 'string', value: null },
  'socket.request.max.bytes': { type: 'int', value: '104857600', min: 1 },
  'transaction.max.timeout.ms': { type: 'int', value: '900000', min: 1 },
  'transaction.state.log.num.partitions': { type: 'int', value: '50', min: 1 },
  'transaction.state.log.replication.factor': { type: 'int', value: '3', min: 1 },
  'transactional.id.expiration.ms': { type: 'int', value: '604800000', min: 1 },
}

/** Units that say the same as milliseconds, the stronger first; the default is what the last of them says. */
const families: Readonly<Record<string, readonly (readonly [name: string, ms: number])[]>> = {
  'log.retention.ms': [
    ['log.retention.minutes', 60_000],
    ['log.retention.hours', 3_600_000],
  ],
  'log.roll.ms': [['log.roll.hours', 3_600_000]],
  'log.roll.jitter.ms': [['log.roll.jitter.hours', 3_600_000]],
}
/** Those of the topics' defaults whose own default is none. */
const withoutDefault = ['log.flush.interval.ms', ...Object.keys(families)]

const definitions: Readonly<Record<string, BrokerConfigDefinition>> = Object.fromEntries(
  [
    ...Object.entries(ownDefinitions),
    ...Object.values(topicConfigDefinitions).flatMap(({ synonym, ...definition }): [string, BrokerConfigDefinition][] =>
      synonym === undefined
        ? []
        : [[synonym, { ...definition, isDynamic: true, value: withoutDefault.includes(synonym) ? null : definition.value }]],
    ),
  ].sort(([a], [b]) => (a < b ? -1 : 1)),
)

/** The configs of brokers: what they started with, what all of them were told since, and what each of them was told. */
export class BrokerConfigs {
  readonly #static: ReadonlyMap<string, string>
  /** Told to all of them. A cluster of Kafka 4.3 begins with one, for the sake of eligible leader replicas. */
  #cluster: ReadonlyMap<string, string>
  readonly #brokers = new Map<number, ReadonlyMap<string, string>>()
  readonly #ofBroker: (brokerId: number) => Readonly<Record<string, string>>

  /**
   * @param given - what every broker started with
   * @param ofBroker - what only one started with
   * @throws Refusal INVALID_CONFIG
   */
  constructor(given: ReadonlyMap<string, string>, ofBroker: (brokerId: number) => Readonly<Record<string, string>> = () => ({})) {
    for (const [name, value] of given) {
      const definition = definitionOf(definitions, name)
      if (definition === undefined) throw new Refusal('INVALID_CONFIG', `Unknown broker config name: ${name}`)
      checkConfigValue(name, value, definition, 'INVALID_CONFIG')
    }
    this.#static = given
    this.#cluster = new Map([['min.insync.replicas', given.get('min.insync.replicas') ?? '1']])
    this.#ofBroker = ofBroker
  }

  /** What holds for all brokers; in milliseconds also where another unit was given. */
  value(name: string): string | undefined {
    const own = this.#cluster.get(name) ?? this.#static.get(name)
    if (own !== undefined) return own
    for (const [sibling, ms] of families[name] ?? []) {
      const given = this.#static.get(sibling)
      if (given !== undefined) return String(Number(given) * ms)
    }
    return definitionOf(definitions, name)?.value ?? undefined
  }

  /** Every place that says something of a config, the strongest first. Those of another unit count only behind one of its own. */
  synonyms(name: string, brokerId: number | undefined): ConfigSynonym[] {
    const names = [name, ...(families[name] ?? []).map(([sibling]) => sibling)]
    const own = brokerId === undefined ? {} : this.#ofBroker(brokerId)
    const from = (source: ConfigSynonym['source'], lookUp: (each: string) => string | null | undefined) =>
      names.flatMap((each) => {
        const value = lookUp(each)
        return value === undefined || value === null ? [] : [{ name: each, value, source }]
      })
    const all = [
      ...from('BROKER', (each) => this.given(brokerId ?? Number.NaN).get(each)),
      ...from('CLUSTER', (each) => this.#cluster.get(each)),
      ...from('STATIC', (each) => own[each] ?? this.#static.get(each)),
      ...from('DEFAULT', (each) => definitionOf(definitions, each)?.value),
    ]
    const first = all.findIndex((each) => each.name === name)
    return first < 0 ? [] : all.slice(first)
  }

  /** Every config of one broker. */
  all(brokerId: number): Config[] {
    return Object.entries(definitions).map(([name, { type, isDynamic = false }]) => {
      const synonyms = this.synonyms(name, brokerId)
      const { value, source } = synonyms[0] ?? { value: null, source: 'DEFAULT' as const }
      return { name, value, type, source, isReadOnly: !isDynamic, synonyms }
    })
  }

  /** What all brokers were told. */
  clusterWide(): Config[] {
    return [...this.#cluster].map(([name, value]) => {
      const synonyms = [{ name, value, source: 'CLUSTER' as const }]
      return { name, value, type: definitionOf(definitions, name)?.type ?? 'string', source: 'CLUSTER', isReadOnly: false, synonyms }
    })
  }

  /** What a broker was told, or all of them. */
  given(brokerId: number | undefined): ReadonlyMap<string, string> {
    return (brokerId === undefined ? this.#cluster : this.#brokers.get(brokerId)) ?? new Map()
  }

  /** @throws Refusal INVALID_REQUEST. Names that Kafka does not know are anybody's: its plugins may have configs of their own. */
  checkDynamic(given: ReadonlyMap<string, string>): void {
    const readOnly = [...given.keys()].filter((name) => definitionOf(definitions, name)?.isDynamic === undefined && name in definitions)
    if (readOnly.length > 0) throw new Refusal('INVALID_REQUEST', `Cannot update these configs dynamically: [${readOnly.join(', ')}]`)
    for (const [name, value] of given) {
      const definition = definitionOf(definitions, name)
      if (definition !== undefined) checkConfigValue(name, value, definition, 'INVALID_REQUEST')
    }
  }

  /** Tells a broker, or all of them, something else. */
  replace(brokerId: number | undefined, given: ReadonlyMap<string, string>): void {
    if (brokerId === undefined) this.#cluster = given
    else this.#brokers.set(brokerId, given)
  }
}

/** The type of a broker's config; undefined where the name is not known. */
export function brokerConfigType(name: string): ConfigDefinition['type'] | undefined {
  return definitionOf(definitions, name)?.type
}
