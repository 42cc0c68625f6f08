import type { MetadataResponse } from '@k/protocol'

/** A broker as the cluster names it. */
export interface BrokerMetadata {
  /** Kafka: `node.id`, once `broker.id`. */
  readonly id: number
  /** Where clients reach it. */
  readonly host: string
  /** The port of the listener on which the client came. */
  readonly port: number
  /** Kafka: `broker.rack`. */
  readonly rack: string | undefined
}

/** One partition, as far as the cluster has told. */
export interface PartitionMetadata {
  /** The topic's name. */
  readonly topic: string
  /** The partition's number. */
  readonly partition: number
  /** Id of the leader; -1 while there is none. */
  readonly leader: number
  /** Grows with each new leader; -1 where the broker is too old to say. */
  readonly leaderEpoch: number
  /** Ids of the brokers that hold a replica, the preferred leader first. */
  readonly replicas: readonly number[]
  /** Ids of the brokers that are in sync. */
  readonly isr: readonly number[]
  /** Ids of the brokers that hold a replica and are down. */
  readonly offlineReplicas: readonly number[]
  /** Number of Kafka's error table; 0 for none. */
  readonly errorCode: number
}

/** One topic, as far as the cluster has told. Frozen in time: look it up again after a refresh. */
export interface TopicMetadata {
  /** The topic's name. */
  readonly name: string
  /** 22 characters of base64url; ZERO_UUID where the broker is too old to say. */
  readonly topicId: string
  /** Whether it is one of Kafka's own, such as `__consumer_offsets`. */
  readonly isInternal: boolean
  /** Number of Kafka's error table; 0 for none. With UNKNOWN_TOPIC_OR_PARTITION (3) and LEADER_NOT_AVAILABLE (5), partitions are what was known before. */
  readonly errorCode: number
  /** Index is the partition. */
  readonly partitions: readonly PartitionMetadata[]
}

type ResponseTopic = MetadataResponse['topics'][number]
type ResponsePartition = ResponseTopic['partitions'][number]

/** Of DNS. */
const LONGEST_HOST = 255

const UNKNOWN_TOPIC_OR_PARTITION = 3
const LEADER_NOT_AVAILABLE = 5

/** Brokers before 2.4 may answer with leader epochs that are not those of the partitions. Source: KAFKA-9835, as in the Java client. */
const RELIABLE_EPOCHS_SINCE = 9
const TOPIC_IDS_SINCE = 10

/** The brokers of a response; what cannot be dialled is left out. */
export function readBrokers(response: MetadataResponse): Map<number, BrokerMetadata> {
  const brokers = new Map<number, BrokerMetadata>()
  for (const { nodeId: id, host, port, rack } of response.brokers) {
    if (isBroker(id, host, port)) brokers.set(id, { id, host, port, rack: rack ?? undefined })
  }
  return brokers
}

/** Whether a broker can be what it says it is. */
export function isBroker(id: number, host: string, port: number): boolean {
  return id >= 0 && Number.isInteger(port) && port > 0 && port < 65_536 && host.length <= LONGEST_HOST && /^[\w.:%-]+$/.test(host)
}

/**
 * What is known of a topic after a response to `version` was read. A lagging broker takes nothing back: a partition keeps the leader with
 * the higher epoch, and does not vanish, unless the topic was deleted and made anew (another id).
 */
export function mergeTopic(known: TopicMetadata | undefined, topic: ResponseTopic, version: number): TopicMetadata {
  const name = topic.name as string
  const { errorCode, topicId, isInternal } = topic
  if (known !== undefined && (errorCode === UNKNOWN_TOPIC_OR_PARTITION || errorCode === LEADER_NOT_AVAILABLE)) {
    return { ...known, errorCode }
  }
  const before = known?.topicId === topicId ? known.partitions : []
  const told = readPartitions(name, topic.partitions, version >= RELIABLE_EPOCHS_SINCE)
  const partitions = told.map((partition, index) => newer(before[index], partition))
  // Partitions are never taken from a topic. Without an id it may be another topic of the same name.
  if (version >= TOPIC_IDS_SINCE) partitions.push(...before.slice(partitions.length))
  return { name, topicId, isInternal, errorCode, partitions }
}

function newer(known: PartitionMetadata | undefined, told: PartitionMetadata): PartitionMetadata {
  if (known === undefined) return told
  if (told.leaderEpoch >= 0) return told.leaderEpoch >= known.leaderEpoch ? told : known
  // Nobody leads for the moment, and nobody says in which epoch: it is at least the last.
  return told.leader < 0 ? { ...told, leaderEpoch: known.leaderEpoch } : told
}

/** As many partitions as were listed, each at its index; one that is missing, listed twice or numbered wildly counts as not available. */
function readPartitions(topic: string, listed: readonly ResponsePartition[], reliable: boolean): PartitionMetadata[] {
  const partitions: PartitionMetadata[] = new Array(listed.length)
  for (const told of listed) {
    const { partitionIndex: partition, leaderId, leaderEpoch, errorCode } = told
    if (partition < 0 || partition >= listed.length || partitions[partition] !== undefined) continue
    partitions[partition] = {
      topic,
      partition,
      leader: Math.max(-1, leaderId),
      leaderEpoch: reliable ? Math.max(-1, leaderEpoch) : -1,
      replicas: told.replicaNodes,
      isr: told.isrNodes,
      offlineReplicas: told.offlineReplicas,
      errorCode,
    }
  }
  return Array.from(partitions, (partition, index) => partition ?? missing(topic, index))
}

function missing(topic: string, partition: number): PartitionMetadata {
  return { topic, partition, leader: -1, leaderEpoch: -1, replicas: [], isr: [], offlineReplicas: [], errorCode: LEADER_NOT_AVAILABLE }
}
