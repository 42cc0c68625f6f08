// The configs of topics and brokers, and where each value comes from. Of brokers those are known that mean something here or are often asked for.
// Kafka's client metrics and groups have configs, too; here their lists are empty. Does not know the loggers of a broker. Explains nothing: where
// documentation is asked for it is null.
import { DescribeConfigs, type DescribeConfigsRequest, type DescribeConfigsResponse } from '@k/protocol'
import { type Config, configSources, configTypes } from '../config-definition.ts'
import { BROKER, brokerIdOf, CLIENT_METRICS, GROUP, TOPIC } from '../config-resource.ts'
import { errorCodeOf, Refusal } from '../refusal.ts'
import { topicNameProblem } from '../topic.ts'
import { handler, type RequestContext } from './handler.ts'

type Resource = DescribeConfigsRequest['resources'][number]
type Result = DescribeConfigsResponse['results'][number]

export const handleDescribeConfigs = handler({
  api: DescribeConfigs,
  versions: [0, 4],
  handle: (request, context) => ({
    throttleTimeMs: 0,
    results: request.resources.map((resource) => described(resource, request, context)),
  }),
  refuse: ({ resources }, code) => ({
    throttleTimeMs: 0,
    results: resources.map((resource) => result(resource, [], errorCodeOf(code), null)),
  }),
})

function described(resource: Resource, { includeSynonyms }: DescribeConfigsRequest, context: RequestContext): Result {
  try {
    const keys = resource.configurationKeys ?? []
    const configs = configsOf(resource, context).filter(({ name }) => keys.length === 0 || keys.includes(name))
    return result(
      resource,
      configs.map((config) => entry(config, includeSynonyms, context.version)),
      0,
      '',
    )
  } catch (error) {
    if (error instanceof Refusal) return result(resource, [], error.errorCode, error.message)
    throw error
  }
}

function configsOf({ resourceType, resourceName }: Resource, { cluster, broker }: RequestContext): readonly Config[] {
  if (resourceType === TOPIC) {
    const problem = topicNameProblem(resourceName)
    if (problem !== undefined) throw new Refusal('INVALID_TOPIC_EXCEPTION', problem)
    const topic = cluster.topic(resourceName)
    if (topic === undefined) throw new Refusal('UNKNOWN_TOPIC_OR_PARTITION', '')
    return topic.configs.all(broker.id)
  }
  if (resourceType === BROKER) {
    const id = brokerIdOf(resourceName, 'Broker')
    if (id === undefined) return cluster.brokerConfigs.clusterWide()
    if (id !== broker.id) {
      throw new Refusal('INVALID_REQUEST', `Unexpected broker id, expected ${broker.id} or empty string, but received ${resourceName}`)
    }
    return cluster.brokerConfigs.all(id)
  }
  if (resourceType === CLIENT_METRICS || resourceType === GROUP) return []
  throw new Refusal('INVALID_REQUEST', `resources of type ${resourceType} have no configs here`)
}

function entry(
  { name, value, type, source, isReadOnly, synonyms }: Config,
  includeSynonyms: boolean,
  version: number,
): Result['configs'][number] {
  return {
    name,
    value,
    readOnly: isReadOnly,
    // Since version 1 the source says it.
    isDefault: version === 0 && source === 'DEFAULT',
    configSource: configSources[source],
    isSensitive: false,
    synonyms: includeSynonyms ? synonyms.map((each) => ({ ...each, source: configSources[each.source] })) : [],
    configType: configTypes[type],
    documentation: null,
  }
}

function result(
  { resourceType, resourceName }: Resource,
  configs: Result['configs'],
  errorCode: number,
  errorMessage: string | null,
): Result {
  return { errorCode, errorMessage, resourceType, resourceName, configs }
}
