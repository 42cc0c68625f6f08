// Creates topics with a number of partitions or with assignments, and configs; answers with what they became. Any broker does it: those of
// Kafka pass the request on to the controller. There is no quota, and nothing to wait for, so the timeout is not looked at.
import { CreateTopics, type CreateTopicsRequest, type CreateTopicsResponse, ZERO_UUID } from '@k/protocol'
import type { ClusterState, NewTopic } from '../cluster-state.ts'
import { errorCodeOf, Refusal } from '../refusal.ts'
import type { Topic } from '../topic.ts'
import { handler } from './handler.ts'

type TopicAsked = CreateTopicsRequest['topics'][number]
type TopicAnswer = CreateTopicsResponse['topics'][number]

/** By the numbers of DescribeConfigs: set for this topic, or nowhere. */
const TOPIC_CONFIG = 1
const DEFAULT_CONFIG = 5

export const handleCreateTopics = handler({
  api: CreateTopics,
  versions: [2, 7],
  handle({ topics, validateOnly }, { cluster }) {
    const names = topics.map(({ name }) => name)
    const twice = [...new Set(names.filter((name, i) => names.indexOf(name) !== i))]
    const once = topics.filter(({ name }) => !twice.includes(name))
    return {
      topics: [
        ...once.map((topic) => created(cluster, topic, validateOnly)),
        ...twice.map((name) => refused(name, errorCodeOf('INVALID_REQUEST'), 'Duplicate topic name.')),
      ],
    }
  },
  refuse: ({ topics }, code) => ({ topics: topics.map(({ name }) => refused(name, errorCodeOf(code), null)) }),
})

function created(cluster: ClusterState, asked: TopicAsked, validateOnly: boolean): TopicAnswer {
  try {
    const wanted = wantedOf(asked)
    const topic = validateOnly ? cluster.planTopic(asked.name, wanted) : cluster.createTopic(asked.name, wanted)
    return described(topic, validateOnly)
  } catch (error) {
    if (error instanceof Refusal) return refused(asked.name, error.errorCode, error.message)
    throw error
  }
}

function wantedOf({ numPartitions, replicationFactor, assignments, configs }: TopicAsked): NewTopic {
  const given = new Map<string, string>()
  for (const { name, value } of configs) {
    if (value === null) throw new Refusal('INVALID_CONFIG', `Null value not supported for topic configs: ${name}`)
    given.set(name, value)
  }
  if (assignments.length === 0) {
    return {
      numPartitions: numPartitions === -1 ? undefined : numPartitions,
      replicationFactor: replicationFactor === -1 ? undefined : replicationFactor,
      configs: given,
    }
  }
  const given1 = 'A manual partition assignment was specified, but'
  if (replicationFactor !== -1) throw new Refusal('INVALID_REQUEST', `${given1} replication factor was not set to -1.`)
  if (numPartitions !== -1) throw new Refusal('INVALID_REQUEST', `${given1} numPartitions was not set to -1.`)
  const byIndex = [...assignments].sort((a, b) => a.partitionIndex - b.partitionIndex)
  if (byIndex.some(({ partitionIndex }, i) => partitionIndex !== i)) {
    throw new Refusal('INVALID_REPLICA_ASSIGNMENT', 'partitions should be a consecutive 0-based integer sequence')
  }
  return { assignments: byIndex.map(({ brokerIds }) => brokerIds), configs: given }
}

function described(topic: Topic, validateOnly: boolean): TopicAnswer {
  return {
    ...refused(topic.name, 0, null),
    topicId: validateOnly ? ZERO_UUID : topic.topicId,
    numPartitions: topic.partitions.length,
    replicationFactor: topic.partitions[0]?.replicas.length ?? -1,
    configs: topic.configs.all().map(({ name, value, isDefault }) => ({
      name,
      value,
      readOnly: false,
      configSource: isDefault ? DEFAULT_CONFIG : TOPIC_CONFIG,
      isSensitive: false,
    })),
  }
}

function refused(name: string, errorCode: number, errorMessage: string | null): TopicAnswer {
  return {
    name,
    topicId: ZERO_UUID,
    errorCode,
    errorMessage,
    topicConfigErrorCode: 0,
    numPartitions: -1,
    replicationFactor: -1,
    configs: [],
  }
}
