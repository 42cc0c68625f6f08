// Brokers that are up, and topics by name or by id with their leaders; creates topics that are asked for where the cluster is told to.
// Every broker knows the newest at once, unless a test lets it lag. There are no ACLs, so that authorized operations are all that Kafka has.
import { Metadata, type MetadataResponse, ZERO_UUID } from '@k/protocol'
import type { ClusterState } from '../cluster-state.ts'
import { errorCodeOf } from '../refusal.ts'
import { type Topic, topicNameProblem } from '../topic.ts'
import { NOT_ASKED_FOR, TOPIC_OPERATIONS } from './authorized-operations.ts'
import { describedPartition } from './described-partition.ts'
import { handler, type RequestContext } from './handler.ts'

type TopicAnswer = MetadataResponse['topics'][number]

/** Errors that are not a topic's. */
const wholeErrors: readonly number[] = (['REBOOTSTRAP_REQUIRED', 'UNKNOWN_SERVER_ERROR'] as const).map(errorCodeOf)
/** The versions before have a place for ids, and take none. */
const FIRST_WITH_IDS = 12
/** Bits of the operations that an unrestricted client may do on the cluster. */
const CLUSTER_OPERATIONS = 0x1fa0

export const handleMetadata = handler({
  api: Metadata,
  versions: [0, 13],
  handle(request, context) {
    const { cluster, version } = context
    // In version 0 an empty list asks for all.
    const isAll = request.topics === null || (version === 0 && request.topics.length === 0)
    const isNameless = request.topics?.some(({ name, topicId }) => name === null && topicId === ZERO_UUID) ?? false
    const hasId = request.topics?.some(({ topicId }) => topicId !== ZERO_UUID) ?? false
    if (isNameless || (hasId && version < FIRST_WITH_IDS)) return nameless(request.topics ?? [], version)
    const topics = isAll ? cluster.topics.map((topic) => described(topic, cluster)) : askedFor(request.topics ?? [], request, context)
    if (request.includeTopicAuthorizedOperations) {
      for (const topic of topics) if (topic.errorCode === 0) topic.topicAuthorizedOperations = TOPIC_OPERATIONS
    }
    return {
      brokers: cluster.aliveBrokers.map(({ id, host, port, rack }) => ({ nodeId: id, host, port, rack: rack ?? null })),
      clusterId: cluster.clusterId,
      controllerId: cluster.controllerId,
      topics,
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : NOT_ASKED_FOR,
    }
  },
  refuse(request, code, { cluster, version }) {
    const errorCode = errorCodeOf(code)
    const named = request.topics ?? cluster.topics
    return {
      brokers: cluster.aliveBrokers.map(({ id, host, port, rack }) => ({ nodeId: id, host, port, rack: rack ?? null })),
      clusterId: cluster.clusterId,
      controllerId: cluster.controllerId,
      // Until version 13 there is no place for an error but the topics; since then what concerns none of them stands at the top.
      errorCode: version >= 13 && wholeErrors.includes(errorCode) ? errorCode : 0,
      topics: named.map(({ name, topicId }) => ({ ...without(name ?? (version >= 12 ? null : ''), topicId), errorCode })),
    }
  },
})

/**
 * A topic with neither name nor id fails the whole request, and so does an id where none is taken; since version 12, where a name may be null,
 * in a way that nobody meant.
 */
function nameless(asked: readonly { topicId: string; name: string | null }[], version: number) {
  const errorCode = errorCodeOf(version >= FIRST_WITH_IDS ? 'UNKNOWN_SERVER_ERROR' : 'INVALID_REQUEST')
  const topics = asked.map(({ name, topicId }) => ({ ...without(name ?? '', topicId), errorCode }))
  return { brokers: [], clusterId: null, topics, errorCode: version >= 13 ? errorCode : 0 }
}

type Writable<T> = { -readonly [P in keyof T]: T[P] }

function askedFor(
  asked: readonly { topicId: string; name: string | null }[],
  { allowAutoTopicCreation }: { allowAutoTopicCreation: boolean },
  { cluster }: RequestContext,
): Writable<TopicAnswer>[] {
  const ids = [...new Set(asked.map(({ topicId }) => topicId).filter((id) => id !== ZERO_UUID))]
  if (ids.length > 0) {
    return ids.map((id) => {
      const topic = cluster.topicById(id)
      return topic === undefined ? { ...without(null, id), errorCode: errorCodeOf('UNKNOWN_TOPIC_ID') } : described(topic, cluster)
    })
  }
  const names = [...new Set(asked.map(({ name }) => name ?? ''))]
  return names.map((name) => {
    const topic = cluster.topic(name)
    if (topic !== undefined) return described(topic, cluster)
    const missing = without(name, ZERO_UUID)
    if (topicNameProblem(name) !== undefined) return { ...missing, errorCode: errorCodeOf('INVALID_TOPIC_EXCEPTION') }
    if (!allowAutoTopicCreation || cluster.brokerConfigs.value('auto.create.topics.enable') !== 'true') return missing
    // The creation goes to the controller; the answer does not wait for it.
    cluster.createTopic(name)
    return missing
  })
}

function without(name: string | null, topicId: string): Writable<TopicAnswer> {
  return {
    errorCode: errorCodeOf('UNKNOWN_TOPIC_OR_PARTITION'),
    name,
    topicId,
    isInternal: false,
    partitions: [],
    topicAuthorizedOperations: NOT_ASKED_FOR,
  }
}

function described(topic: Topic, cluster: ClusterState): Writable<TopicAnswer> {
  return {
    errorCode: 0,
    name: topic.name,
    topicId: topic.topicId,
    isInternal: topic.isInternal,
    partitions: topic.partitions.map((partition) => describedPartition(partition, cluster)),
    topicAuthorizedOperations: NOT_ASKED_FOR,
  }
}
