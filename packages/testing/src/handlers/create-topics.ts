// Creates topics with a number of partitions or with assignments, and configs; answers with what they became. Any broker does it: those of
// Kafka pass the request on to the controller. There is no quota, and nothing to wait for, so the timeout is not looked at.
import { CreateTopics, type CreateTopicsRequest, type CreateTopicsResponse, ZERO_UUID } from '@k/protocol'
import type { NewTopic } from '../cluster-state.ts'
import { configSources } from '../config-definition.ts'
import { errorCodeOf, Refusal } from '../refusal.ts'
import type { Topic } from '../topic.ts'
import { handler, type RequestContext } from './handler.ts'

type TopicAsked = CreateTopicsRequest['topics'][number]
type TopicAnswer = CreateTopicsResponse['topics'][number]

export const handleCreateTopics = handler({
  api: CreateTopics,
  versions: [0, 7],
  handle({ topics, validateOnly }, context) {
    const names = topics.map(({ name }) => name)
    const twice = [...new Set(names.filter((name, i) => names.indexOf(name) !== i))]
    const once = topics.filter(({ name }) => !twice.includes(name))
    return {
      topics: [
        ...once.map((topic) => created(context, topic, validateOnly)),
        ...twice.map((name) => refused(name, errorCodeOf('INVALID_REQUEST'), 'Duplicate topic name.')),
      ],
    }
  },
  refuse: ({ topics }, code) => ({ topics: topics.map(({ name }) => refused(name, errorCodeOf(code), null)) }),
})

function created({ cluster, broker }: RequestContext, asked: TopicAsked, validateOnly: boolean): TopicAnswer {
  try {
    const wanted = wantedOf(asked)
    const topic = validateOnly ? cluster.planTopic(asked.name, wanted) : cluster.createTopic(asked.name, wanted)
    return described(topic, broker.id)
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
  const manual = 'A manual partition assignment was specified, but'
  if (replicationFactor !== -1) throw new Refusal('INVALID_REQUEST', `${manual} replication factor was not set to -1.`)
  if (numPartitions !== -1) throw new Refusal('INVALID_REQUEST', `${manual} numPartitions was not set to -1.`)
  const byIndex = [...assignments].sort((a, b) => a.partitionIndex - b.partitionIndex)
  const twice = byIndex.find(({ partitionIndex }, i) => partitionIndex === byIndex[i - 1]?.partitionIndex)
  if (twice !== undefined) {
    throw new Refusal('INVALID_REPLICA_ASSIGNMENT', `Found multiple manual partition assignments for partition ${twice.partitionIndex}`)
  }
  if (byIndex.some(({ partitionIndex }, i) => partitionIndex !== i)) {
    throw new Refusal('INVALID_REPLICA_ASSIGNMENT', 'partitions should be a consecutive 0-based integer sequence')
  }
  return { assignments: byIndex.map(({ brokerIds }) => brokerIds), configs: given }
}

function described(topic: Topic, brokerId: number): TopicAnswer {
  return {
    ...refused(topic.name, 0, null),
    topicId: topic.topicId,
    numPartitions: topic.partitions.length,
    replicationFactor: topic.partitions[0]?.replicas.length ?? -1,
    configs: topic.configs.all(brokerId).map(({ name, value, source }) => ({
      name,
      value,
      readOnly: false,
      configSource: configSources[source],
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
