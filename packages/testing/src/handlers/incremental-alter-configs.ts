// Changes single configs of topics and brokers (KIP-339): set, delete, and for lists append and subtract. Any broker does it for topics; a
// broker's own only itself: what one broker alone was told changes what it answers, and nothing that it does, while what all were told are the
// defaults of topics. Kafka's loggers, client metrics and groups have no configs here.
import { IncrementalAlterConfigs, type IncrementalAlterConfigsRequest } from '@k/protocol'
import { brokerConfigType } from '../broker-configs.ts'
import { definitionOf, wordsOf } from '../config-definition.ts'
import { configResource, TOPIC } from '../config-resource.ts'
import { Refusal } from '../refusal.ts'
import { topicConfigDefinitions } from '../topic-config-definitions.ts'
import { alterEach, alterRefused } from './config-alteration.ts'
import { handler } from './handler.ts'

type Resource = IncrementalAlterConfigsRequest['resources'][number]
type Change = Resource['configs'][number]

const SET = 0
const DELETE = 1
const APPEND = 2
const SUBTRACT = 3

export const handleIncrementalAlterConfigs = handler({
  api: IncrementalAlterConfigs,
  versions: [0, 1],
  handle({ resources, validateOnly }, { cluster, broker }) {
    const responses = alterEach(resources, (resource) => {
      const target = configResource(cluster, broker.id, resource.resourceType, resource.resourceName)
      const nameless = resource.configs.filter(({ value, configOperation }) => value === null && configOperation !== DELETE)
      if (nameless.length > 0) {
        throw new Refusal('INVALID_REQUEST', `Null value not supported for : ${nameless.map(({ name }) => name).join(', ')}`)
      }
      const given = new Map(target.given)
      // What holds now without having been given is what a list is appended to, too.
      const held = (name: string) =>
        given.get(name) ??
        (resource.resourceType === TOPIC ? cluster.topic(resource.resourceName)?.configs.string(name) : cluster.brokerConfigs.value(name))
      for (const change of resource.configs) apply(change, given, held, resource.resourceType === TOPIC)
      target.replace(given, validateOnly)
    })
    return { throttleTimeMs: 0, responses }
  },
  refuse: ({ resources }, code) => ({ throttleTimeMs: 0, responses: alterRefused(resources, code) }),
})

function apply(
  { name, configOperation, value }: Change,
  given: Map<string, string>,
  held: (name: string) => string | undefined,
  isTopic: boolean,
): void {
  if (configOperation === SET) given.set(name, value as string)
  else if (configOperation === DELETE) given.delete(name)
  else if (configOperation === APPEND || configOperation === SUBTRACT) {
    const type = isTopic ? definitionOf(topicConfigDefinitions, name)?.type : brokerConfigType(name)
    const operation = configOperation === APPEND ? 'APPEND' : 'SUBTRACT'
    if (type !== 'list') throw new Refusal('INVALID_CONFIG', `Can't ${operation} to key ${name} because its type is not LIST.`)
    const words = wordsOf(held(name) ?? '')
    const changed = wordsOf(value as string)
    const result = configOperation === APPEND ? [...new Set([...words, ...changed])] : words.filter((word) => !changed.includes(word))
    given.set(name, result.join(','))
  } else throw new Refusal('UNKNOWN_SERVER_ERROR', `there is no operation ${configOperation}`)
}
