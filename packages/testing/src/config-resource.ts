import type { ClusterState } from './cluster-state.ts'
import { Refusal } from './refusal.ts'
import { TopicConfigs } from './topic-configs.ts'

/** Whose configs they are, by the numbers of Kafka's requests. */
export const TOPIC = 2
export const BROKER = 4
export const CLIENT_METRICS = 16
export const GROUP = 32

/** What has configs that can be altered. */
export interface ConfigResource {
  /** What it was told. */
  readonly given: ReadonlyMap<string, string>
  /**
   * Tells it something else, or only looks whether it would take it.
   * @throws Refusal INVALID_CONFIG, INVALID_REQUEST
   */
  replace(given: ReadonlyMap<string, string>, validateOnly: boolean): void
}

/** @throws Refusal INVALID_REQUEST, UNKNOWN_TOPIC_OR_PARTITION */
export function configResource(cluster: ClusterState, brokerId: number, type: number, name: string): ConfigResource {
  if (type === TOPIC) return topicResource(cluster, name)
  if (type === BROKER) return brokerResource(cluster, brokerId, name)
  throw new Refusal('INVALID_REQUEST', `Unknown resource type ${type}`)
}

function topicResource(cluster: ClusterState, name: string): ConfigResource {
  if (name === '') throw new Refusal('INVALID_REQUEST', 'Default topic resources are not allowed.')
  const topic = cluster.topic(name)
  if (topic === undefined) throw new Refusal('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`)
  return {
    given: topic.configs.given,
    replace(given, validateOnly) {
      const configs = new TopicConfigs(given, cluster.brokerConfigs)
      if (validateOnly) return
      topic.configs = configs
      cluster.changed()
    },
  }
}

function brokerResource(cluster: ClusterState, brokerId: number, name: string): ConfigResource {
  const id = brokerIdOf(name, 'Node')
  if (id !== undefined && id !== brokerId) {
    throw new Refusal('INVALID_REQUEST', `Unexpected broker id, expected ${brokerId}, but received ${name}`)
  }
  const { brokerConfigs } = cluster
  return {
    given: brokerConfigs.given(id),
    replace(given, validateOnly) {
      brokerConfigs.checkDynamic(given)
      if (validateOnly) return
      brokerConfigs.replace(id, given)
      cluster.brokerConfigsChanged()
    },
  }
}

/**
 * The broker that a resource is named after; undefined for the empty name, which means all of them.
 * @throws Refusal INVALID_REQUEST
 */
export function brokerIdOf(name: string, what: string): number | undefined {
  if (name === '') return undefined
  if (!/^-?\d{1,9}$/.test(name)) throw new Refusal('INVALID_REQUEST', `${what} id must be an integer, but it is: ${name}`)
  return Number(name)
}
