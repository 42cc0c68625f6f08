import type { TopicPartition } from '../topic-partition.ts'

/** A topic as an assignor sees it. */
export interface AssignorTopic {
  /** The topic's name. */
  readonly topic: string
  /** One entry a partition: the racks on which it has replicas, as far as they are known. */
  readonly partitions: readonly (readonly string[])[]
}

/** A member of the group as an assignor sees it. */
export interface AssignorMember {
  /** Its id, which the coordinator gave it. */
  readonly memberId: string
  /** Undefined for members that are not static. */
  readonly groupInstanceId: string | undefined
  /** Kafka: `client.rack`; undefined where it did not say. */
  readonly rackId: string | undefined
  /** What it subscribed to; the cluster need not have all of it. */
  readonly topics: readonly string[]
  /** What the assignor of that member put into its subscription. */
  readonly userData: Uint8Array | undefined
}

/** Deals out partitions to the members of a classic group; the group's leader runs the one that all members have in common. */
export interface Assignor {
  /** The name in the group protocol: all members must mean the same by it. */
  readonly name: string
  /**
   * Divides partitions among the members of a group; called where this member leads it.
   * @param topics - those of all subscriptions that the cluster has
   * @returns the partitions of each member, by member id; a member that is left out has none
   */
  assign(topics: readonly AssignorTopic[], members: readonly AssignorMember[]): ReadonlyMap<string, readonly TopicPartition[]>
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The order in which Kafka serves members: static ones first, by instance id; then by member id. */
export function compareMembers(a: AssignorMember, b: AssignorMember): number {
  if (a.groupInstanceId !== undefined && b.groupInstanceId !== undefined) return byText(a.groupInstanceId, b.groupInstanceId)
  if (a.groupInstanceId !== undefined) return -1
  if (b.groupInstanceId !== undefined) return 1
  return byText(a.memberId, b.memberId)
}
