// Gives topics and brokers the configs that are named, and takes away all others. Any broker does it for topics; a broker's own only itself.
// Kafka's loggers, client metrics and groups have no configs here.
import { AlterConfigs, type AlterConfigsRequest } from '@k/protocol'
import { configResource } from '../config-resource.ts'
import { Refusal } from '../refusal.ts'
import { alterEach, alterRefused } from './config-alteration.ts'
import { handler } from './handler.ts'

export const handleAlterConfigs = handler({
  api: AlterConfigs,
  versions: [0, 2],
  handle({ resources, validateOnly }, { cluster, broker }) {
    const responses = alterEach(resources, (resource) => {
      configResource(cluster, broker.id, resource.resourceType, resource.resourceName).replace(givenOf(resource), validateOnly)
    })
    return { throttleTimeMs: 0, responses }
  },
  refuse: ({ resources }, code) => ({ throttleTimeMs: 0, responses: alterRefused(resources, code) }),
})

function givenOf({ configs }: AlterConfigsRequest['resources'][number]): ReadonlyMap<string, string> {
  const nameless = configs.filter(({ value }) => value === null).map(({ name }) => name)
  if (nameless.length > 0) throw new Refusal('INVALID_REQUEST', `Null value not supported for : ${nameless.join(', ')}`)
  return new Map(configs.map(({ name, value }) => [name, value as string]))
}
