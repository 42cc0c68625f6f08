import type { BrokerConfigs } from './broker-configs.ts'
import { type Config, checkConfigValue, definitionOf } from './config-definition.ts'
import { Refusal } from './refusal.ts'
import { type TopicConfigDefinition, topicConfigDefinitions } from './topic-config-definitions.ts'

/** The configs of a topic: all of Kafka's names are known; what they change here is what this cluster reads of them. */
export class TopicConfigs {
  readonly given: ReadonlyMap<string, string>
  readonly #brokers: BrokerConfigs

  /** @throws Refusal INVALID_CONFIG for a name that Kafka does not know, or a value that it does not take */
  constructor(given: ReadonlyMap<string, string>, brokers: BrokerConfigs) {
    for (const [name, value] of given) checkConfigValue(name, value, topicConfigDefinition(name), 'INVALID_CONFIG')
    this.given = given
    this.#brokers = brokers
  }

  /** What holds: what the topic was given, or else the brokers. */
  string(name: string): string {
    const { synonym, value } = topicConfigDefinition(name)
    return this.given.get(name) ?? (synonym === undefined ? undefined : this.#brokers.value(synonym)) ?? value
  }

  number(name: string): number {
    return Number(this.string(name))
  }

  /** Every config, as a broker tells it. */
  all(brokerId: number): Config[] {
    return Object.entries(topicConfigDefinitions).map(([name, { type, synonym, value: initial }]) => {
      const ofBroker = synonym === undefined ? [] : this.#brokers.synonyms(synonym, brokerId)
      const given = this.given.get(name)
      const synonyms = given === undefined ? ofBroker : [{ name, value: given, source: 'TOPIC' as const }, ...ofBroker]
      const { value, source } = synonyms[0] ?? { value: initial, source: 'DEFAULT' as const }
      return { name, value, type, source, isReadOnly: false, synonyms }
    })
  }
}

/** @throws Refusal INVALID_CONFIG */
export function topicConfigDefinition(name: string): TopicConfigDefinition {
  const definition = definitionOf(topicConfigDefinitions, name)
  if (definition === undefined) throw new Refusal('INVALID_CONFIG', `Unknown topic config name: ${name}`)
  return definition
}
