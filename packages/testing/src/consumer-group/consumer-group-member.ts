import type { Timer } from '@k/protocol'
import { HeldPartitions } from './held-partitions.ts'

/** How far a member is with its target assignment. */
export type ConsumerMemberState = 'STABLE' | 'UNREVOKED_PARTITIONS' | 'UNRELEASED_PARTITIONS'

/** Epochs of heartbeats that are none: it joins, leaves, or leaves for a while as a static member. */
export const JOIN_EPOCH = 0
export const LEAVE_EPOCH = -1
export const STATIC_LEAVE_EPOCH = -2

/** A member of a consumer group. */
export class ConsumerGroupMember {
  readonly memberId: string
  instanceId: string | null = null
  rackId: string | null = null
  clientId = ''
  clientHost = ''
  rebalanceTimeoutMs = -1
  subscribedTopicNames: ReadonlySet<string> = new Set()
  /** Empty: none. */
  subscribedTopicRegex = ''
  /** The assignor that it asks for; null where any will do. */
  serverAssignor: string | null = null
  state: ConsumerMemberState = 'STABLE'
  memberEpoch = 0
  previousMemberEpoch = -1
  assigned = new HeldPartitions()
  /** What it still has and was asked to give up. */
  pendingRevocation = new HeldPartitions()
  /** Removes the member when it fires. */
  session: Timer | undefined
  /** Removes the member when it takes too long to give up partitions. */
  rebalance: Timer | undefined

  constructor(memberId: string) {
    this.memberId = memberId
  }

  /** The same static member after a restart, under another id or the same: it holds what it held, and has to hear of it. */
  successor(memberId: string): ConsumerGroupMember {
    const { instanceId, rackId, clientId, clientHost, rebalanceTimeoutMs, serverAssignor, state, assigned, pendingRevocation } = this
    const { subscribedTopicNames, subscribedTopicRegex } = this
    const said = {
      instanceId,
      rackId,
      clientId,
      clientHost,
      rebalanceTimeoutMs,
      serverAssignor,
      subscribedTopicNames,
      subscribedTopicRegex,
    }
    return Object.assign(new ConsumerGroupMember(memberId), said, { state, assigned, pendingRevocation, previousMemberEpoch: 0 })
  }

  /** Whether a partition is with this member, be it that it is asked to give it up. */
  holds(topicId: string, partition: number): boolean {
    return this.assigned.has(topicId, partition) || this.pendingRevocation.has(topicId, partition)
  }

  /** All that is with this member. */
  get held(): HeldPartitions {
    const held = new HeldPartitions()
    for (const each of [this.assigned, this.pendingRevocation])
      for (const [topicId, partition, epoch] of each.entries()) held.set(topicId, partition, epoch)
    return held
  }

  isReconciledTo(targetEpoch: number): boolean {
    return this.state === 'STABLE' && this.memberEpoch === targetEpoch
  }

  enterEpoch(epoch: number): void {
    this.previousMemberEpoch = this.memberEpoch
    this.memberEpoch = epoch
  }

  /** Leaves for a while: what it has stays its own until its session ends. */
  leaveForAWhile(): void {
    this.memberEpoch = STATIC_LEAVE_EPOCH
    this.pendingRevocation = new HeldPartitions()
    this.assigned = HeldPartitions.of(this.assigned.list())
  }

  cancelTimers(): void {
    this.session?.cancel()
    this.rebalance?.cancel()
  }
}
