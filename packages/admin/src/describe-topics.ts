import { BrokerError, KafkaError, Metadata, type MetadataResponse, ZERO_UUID } from '@k/protocol'
import type { AdminCall } from './admin-call.ts'
import { refuseTwice } from './create-topics.ts'
import { type Outcome, settleItems } from './settle-items.ts'

/** A topic in a list. */
export interface TopicListing {
  /** Its name. */
  readonly topic: string
  /** 22 characters of base64url; undefined on brokers before 2.8. */
  readonly topicId: string | undefined
  /** Whether Kafka keeps it for itself, such as `__consumer_offsets`. */
  readonly isInternal: boolean
}

/** A partition, and who serves it. */
export interface PartitionDescription {
  /** Its number, from 0 on. */
  readonly partition: number
  /** Broker id; undefined while no broker leads. */
  readonly leader: number | undefined
  /** Counts the leaders so far; undefined on brokers before 2.1. */
  readonly leaderEpoch: number | undefined
  /** Broker ids, the preferred leader first. */
  readonly replicas: readonly number[]
  /** Those of them that are in sync. */
  readonly isr: readonly number[]
  /** Those of them that are down. */
  readonly offlineReplicas: readonly number[]
}

/** A topic in full. */
export interface TopicDescription extends TopicListing {
  /** In the order of their numbers. */
  readonly partitions: readonly PartitionDescription[]
}

type TopicInMetadata = MetadataResponse['topics'][number]

// Earlier versions would create a topic that is asked for by name, where the broker is set to.
const FIRST_WITHOUT_CREATION = 4
// The first version in which null asks for all topics.
const NULL_MEANS_ALL = 1
const UNKNOWN_TOPIC_OR_PARTITION = 3

/** Every topic of the cluster. */
export async function listTopics(call: AdminCall, listInternal: boolean): Promise<TopicListing[]> {
  const { topics } = await call.retry(() => call.request(Metadata, { topics: null }, 'any', NULL_MEANS_ALL))
  return topics.filter((topic) => topic.errorCode === 0 && (listInternal || !topic.isInternal)).map(listing)
}

/** The topics of these names. */
export function describeTopics(call: AdminCall, names: readonly string[]): Promise<TopicDescription[]> {
  refuseTwice(names)
  const attempt = async (pending: readonly string[]): Promise<Outcome<TopicDescription>[]> => {
    let isByName = true
    const body = (version: number) => {
      isByName = version >= FIRST_WITHOUT_CREATION
      return isByName ? { topics: pending.map((name) => ({ name })), allowAutoTopicCreation: false } : { topics: null }
    }
    const { topics } = await call.request(Metadata, body, 'any', NULL_MEANS_ALL)
    return pending.map((name) =>
      outcomeOf(
        name,
        topics.find((topic) => topic.name === name),
        isByName,
      ),
    )
  }
  return settleItems(call, names, attempt)
}

function listing(topic: TopicInMetadata): TopicListing {
  return { topic: topic.name ?? '', topicId: topic.topicId === ZERO_UUID ? undefined : topic.topicId, isInternal: topic.isInternal }
}

function outcomeOf(name: string, topic: TopicInMetadata | undefined, isByName: boolean): Outcome<TopicDescription> {
  const what = `cannot describe topic "${name}"`
  if (topic === undefined && !isByName) return { error: new BrokerError(UNKNOWN_TOPIC_OR_PARTITION, what) }
  if (topic === undefined) return { error: new KafkaError('MALFORMED_MESSAGE', `the broker's answer leaves out topic "${name}"`) }
  if (topic.errorCode !== 0) return { error: new BrokerError(topic.errorCode, what) }
  const partitions = topic.partitions
    .map((partition) => ({
      partition: partition.partitionIndex,
      leader: known(partition.leaderId),
      leaderEpoch: known(partition.leaderEpoch),
      replicas: partition.replicaNodes,
      isr: partition.isrNodes,
      offlineReplicas: partition.offlineReplicas,
    }))
    .sort((a, b) => a.partition - b.partition)
  return { value: { ...listing(topic), partitions } }
}

function known(value: number): number | undefined {
  return value === -1 ? undefined : value
}
