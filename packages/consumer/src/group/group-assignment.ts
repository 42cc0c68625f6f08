import type { Cluster, Logger } from '@k/network'
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription, type JoinGroupResponse } from '@k/protocol'
import type { Assignor, AssignorMember, AssignorTopic } from '../assignors/assignor.ts'
import { type TopicPartition, TopicPartitionMap } from '../topic-partition.ts'

const MAX_TOPIC_LENGTH = 249

type JoinedMember = JoinGroupResponse['members'][number]

/** What a member says of itself when it joins: the same for every assignor it knows. */
export function subscriptionProtocols(assignors: readonly Assignor[], topics: readonly string[], rackId: string | undefined) {
  return assignors.map(({ name }) => ({ name, metadata: encodeSubscription({ topics, rackId: rackId ?? null }) }))
}

/** The members as an assignor wants them. Who says of himself what cannot be read gets nothing. */
export function readMembers(members: readonly JoinedMember[], logger: Logger): AssignorMember[] {
  return members.map(({ memberId, groupInstanceId, metadata }) => {
    const member = { memberId, groupInstanceId: groupInstanceId ?? undefined, rackId: undefined, topics: [], userData: undefined }
    try {
      const { topics, rackId, userData } = decodeSubscription(metadata)
      return { ...member, topics: topics.filter(isTopicName), rackId: rackId ?? undefined, userData: userData ?? undefined }
    } catch (error) {
      logger.warn('a member of the group has a subscription that cannot be read, and gets no partitions', { memberId, error })
      return member
    }
  })
}

/** Every topic that some member wants. */
export function topicsOf(members: readonly AssignorMember[]): string[] {
  return [...new Set(members.flatMap(({ topics }) => topics))].sort()
}

/** Those of the topics that the cluster has, with the racks of their replicas. */
export function describeTopics(cluster: Cluster, topics: readonly string[]): AssignorTopic[] {
  const racks = new Map(cluster.brokers.map(({ id, rack }) => [id, rack]))
  const described: AssignorTopic[] = []
  for (const topic of topics) {
    const partitions = cluster.topic(topic)?.partitions ?? []
    if (partitions.length === 0) continue
    described.push({
      topic,
      partitions: partitions.map(({ replicas }) => replicas.map((id) => racks.get(id)).filter((rack) => rack !== undefined)),
    })
  }
  return described
}

/** Deals out the topics, as bytes for each member. */
export function assignPartitions(assignor: Assignor, topics: readonly AssignorTopic[], members: readonly AssignorMember[]) {
  const assignment = assignor.assign(topics, members)
  return members.map(({ memberId }) => ({
    memberId,
    assignment: encodeAssignment({
      assignedPartitions: (assignment.get(memberId) ?? []).map(({ topic, partition }) => ({ topic, partitions: [partition] })),
    }),
  }))
}

/** What this member got: each partition once. @throws DecodeError */
export function readAssignment(bytes: Buffer): TopicPartition[] {
  // A member that the leader left out gets no bytes at all.
  if (bytes.length === 0) return []
  const unique = new TopicPartitionMap<true>()
  for (const { topic, partitions } of decodeAssignment(bytes).assignedPartitions) {
    if (!isTopicName(topic)) continue
    for (const partition of partitions) if (partition >= 0) unique.set({ topic, partition }, true)
  }
  return Array.from(unique, ([topicPartition]) => topicPartition)
}

/** Whether a name that another member gave can be a topic's: a cluster is not asked about others, and they must not keep it from telling of the rest. */
function isTopicName(name: string): boolean {
  return name.length > 0 && name.length <= MAX_TOPIC_LENGTH
}
