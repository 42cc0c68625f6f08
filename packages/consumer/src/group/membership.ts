import type { PositionSource } from '../partition-state.ts'
import type { TopicPartition } from '../topic-partition.ts'
import type { GroupMetadata } from './group-metadata.ts'

/** Where a membership stands. */
export type MembershipState = 'idle' | 'joining' | 'running' | 'rebalancing'

/** What a {@link Membership} does to the consumer whose it is. Each is awaited before the next. */
export interface PartitionOwner {
  /** The topics that are subscribed now. */
  readonly topics: readonly string[]
  /** These are ours now too. `source` says where to begin. */
  assigned(partitions: readonly TopicPartition[], source: PositionSource): Promise<void>
  /**
   * Partitions are to be given up in good order: what is in hand finished, what is processed committed.
   * @param lost - aborts when they are lost meanwhile
   * @param topics - keeps those of these topics. Default: keeps none
   */
  revoked(lost: AbortSignal, topics?: readonly string[]): Promise<void>
  /** Everything is gone already. */
  lost(): Promise<void>
  /** There is no going on. */
  failed(error: unknown): void
}

/** How partitions of subscribed topics come to this consumer: dealt out among the members of a group, or all of them. */
export interface Membership {
  readonly state: MembershipState
  /** As whom to commit; undefined while the consumer is no member. */
  readonly member: GroupMetadata | undefined
  /** Begins, once. */
  start(): void
  /** The subscription has changed. */
  resubscribe(): void
  /** The user holds on to a record for too long: leaves until {@link Membership.resume}. */
  suspend(reason: string): void
  /** The user has gone on. */
  resume(): void
  /**
   * Gives up the partitions in good order and ends.
   * @param leaveGroup - whether to tell the group
   */
  leave(leaveGroup: boolean): Promise<void>
}
