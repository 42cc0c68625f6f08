import { decodeAssignment } from '@k/protocol'
import type { ClusterState } from './cluster-state.ts'
import { ConsumerGroup } from './consumer-group/consumer-group.ts'
import type { HeldPartitions } from './consumer-group/held-partitions.ts'
import type { ClassicGroup } from './group/classic-group.ts'
import type { Group } from './group/groups.ts'
import type { FakeTopicPartition } from './topic-control.ts'

/** A member of a {@link FakeGroup}. */
export interface FakeGroupMember {
  /** As the coordinator knows it. */
  readonly memberId: string
  /** The name of a static member; null for others. */
  readonly groupInstanceId: string | null
  /** Of the client that speaks for it. */
  readonly clientId: string
  /** Its epoch (KIP-848); the generation in a classic group. */
  readonly epoch: number
  /** What it has; empty for members of classic groups that are no consumers. */
  readonly assignment: readonly FakeTopicPartition[]
  /** What it is to have, once others have let go of it; what it has in a classic group. */
  readonly target: readonly FakeTopicPartition[]
}

/** How a group stands, as {@link FakeCluster.group} shows it. */
export interface FakeGroup {
  /** The group's id. */
  readonly groupId: string
  /** By the protocol of its members: JoinGroup and SyncGroup, or that of KIP-848. */
  readonly type: 'classic' | 'consumer'
  /** In Kafka's words. */
  readonly state: 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Assigning' | 'Reconciling' | 'Stable'
  /** The generation of a classic group, the epoch of a consumer group. */
  readonly epoch: number
  /** The assignor in use; null where there is none yet. */
  readonly assignor: string | null
  /** In the order in which they came. */
  readonly members: readonly FakeGroupMember[]
}

/** How a group stands, in a value of its own that does not change any more. */
export function snapshotOf(group: Group, cluster: ClusterState): FakeGroup {
  return group instanceof ConsumerGroup ? consumerSnapshot(group, cluster) : classicSnapshot(group)
}

function classicSnapshot(group: ClassicGroup): FakeGroup {
  const { groupId, state, generationId: epoch, protocolName: assignor } = group
  const members = [...group.members.values()].map(({ memberId, groupInstanceId, clientId, assignment }) => {
    const partitions = group.protocolType === 'consumer' ? partitionsOf(assignment) : []
    return { memberId, groupInstanceId, clientId, epoch, assignment: partitions, target: partitions }
  })
  return { groupId, type: 'classic', state, epoch, assignor, members }
}

/** What the leader wrote; it may be anything. */
function partitionsOf(assignment: Buffer): FakeTopicPartition[] {
  if (assignment.length === 0) return []
  try {
    return decodeAssignment(assignment).assignedPartitions.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    )
  } catch {
    return []
  }
}

function consumerSnapshot(group: ConsumerGroup, cluster: ClusterState): FakeGroup {
  const named = (held: HeldPartitions) =>
    held.list().flatMap(({ topicId, partitions }) => {
      const topic = cluster.topicById(topicId)?.name
      return topic === undefined ? [] : partitions.map((partition) => ({ topic, partition }))
    })
  const members = [...group.members.values()].map((member) => {
    const { memberId, instanceId: groupInstanceId, clientId, memberEpoch: epoch, held } = member
    return { memberId, groupInstanceId, clientId, epoch, assignment: named(held), target: named(group.targetOf(memberId)) }
  })
  return { groupId: group.groupId, type: 'consumer', state: group.state, epoch: group.groupEpoch, assignor: group.assignorName, members }
}
