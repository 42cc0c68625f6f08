import { type MetadataResponse, ZERO_UUID } from '@k/protocol'

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

/** A broker as answers name it. */
export interface NodeEndpoint {
  /** Its id. */
  readonly nodeId: number
  /** Where clients reach it. */
  readonly host: string
  /** The port of the listener on which the client came. */
  readonly port: number
  /** Kafka: `broker.rack` */
  readonly rack?: string | null
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

export const UNKNOWN_TOPIC_OR_PARTITION = 3
export const LEADER_NOT_AVAILABLE = 5

/** The brokers of an answer; what cannot be dialled is left out. */
export function readBrokers(nodes: readonly NodeEndpoint[]): BrokerMetadata[] {
  return nodes.flatMap(({ nodeId: id, host, port, rack }) => {
    return isBroker(id, host, port) ? [{ id, host, port, rack: rack ?? undefined }] : []
  })
}

/** Whether a broker can be what it says it is. DNS allows no longer names. */
export function isBroker(id: number, host: string, port: number): boolean {
  return id >= 0 && Number.isInteger(port) && port > 0 && port < 65_536 && /^[\w.:%-]{1,255}$/.test(host)
}

/** What stands for a topic that an answer does not tell of. */
const NO_TOPIC = { errorCode: UNKNOWN_TOPIC_OR_PARTITION, topicId: ZERO_UUID, isInternal: false, partitions: [] }

/** What stands for a partition that an answer does not tell of, though it tells of as many. */
const NO_PARTITION = {
  errorCode: LEADER_NOT_AVAILABLE,
  leaderId: -1,
  leaderEpoch: -1,
  replicaNodes: [],
  isrNodes: [],
  offlineReplicas: [],
}

/**
 * What is known of a topic after a response to `version` was read. A lagging broker takes nothing back: a partition keeps the leader with
 * the higher epoch, and does not vanish, unless the topic was deleted and made anew (another id).
 * @param topic - undefined where the response does not tell of the topic, though it was asked for
 */
export function mergeTopic(
  known: TopicMetadata | undefined,
  name: string,
  topic: Omit<ResponseTopic, 'name' | 'topicAuthorizedOperations'> = NO_TOPIC,
  version: number,
): TopicMetadata {
  const { errorCode, topicId, isInternal } = topic
  if (known !== undefined && (errorCode === UNKNOWN_TOPIC_OR_PARTITION || errorCode === LEADER_NOT_AVAILABLE)) {
    return { ...known, errorCode }
  }
  const before = known?.topicId === topicId ? known.partitions : []
  // Each at its index, as many as were listed: some may be missing, listed twice or numbered wildly.
  const listed = new Map(topic.partitions.map((told) => [told.partitionIndex, told]))
  const partitions = topic.partitions.map((_, partition) => {
    const told = listed.get(partition) ?? NO_PARTITION
    return newer(before[partition], {
      topic: name,
      partition,
      leader: Math.max(-1, told.leaderId),
      // Brokers before 2.4 may answer with epochs that are not those of the partitions. Source: KAFKA-9835, as in the Java client.
      leaderEpoch: version >= 9 ? told.leaderEpoch : -1,
      replicas: told.replicaNodes,
      isr: told.isrNodes,
      offlineReplicas: told.offlineReplicas,
      errorCode: told.errorCode,
    })
  })
  // Partitions are never taken from a topic. Without an id it may be another topic of the same name.
  if (topicId !== ZERO_UUID) partitions.push(...before.slice(partitions.length))
  return { name, topicId, isInternal, errorCode, partitions }
}

function newer(known: PartitionMetadata | undefined, told: PartitionMetadata): PartitionMetadata {
  if (known === undefined) return told
  if (told.leaderEpoch >= 0) return told.leaderEpoch >= known.leaderEpoch ? told : known
  // Nobody leads for the moment, and nobody says in which epoch: it is at least the last.
  return told.leader < 0 ? { ...told, leaderEpoch: known.leaderEpoch } : told
}
