import type { ConsumerGroupMember, ConsumerMemberState } from './consumer-group-member.ts'
import { HeldPartitions, type TopicPartitions } from './held-partitions.ts'

/** What a member is to be led to, and what is in its way. */
export interface Aim {
  readonly targetEpoch: number
  readonly target: HeldPartitions
  /** Topics that it reads now: what belongs to others goes at once, whatever the target says. */
  readonly subscribedTopicIds: ReadonlySet<string>
  readonly hasSubscriptionChanged: boolean
  /** What the member says that it holds; null where it does not say. */
  readonly owned: readonly TopicPartitions[] | null
  /** Whether anybody in the group holds a partition. */
  isHeld(topicId: string, partition: number): boolean
}

/**
 * Leads a member one step towards its target: first it gives up what it is not to have, and keeps its epoch until it says that it has; then it
 * enters the epoch of the target and gets what nobody holds any more; the rest comes as the others let go of it. Whether anything has changed.
 */
export function reconcile(member: ConsumerGroupMember, aim: Aim): boolean {
  if (member.isReconciledTo(aim.targetEpoch) && !aim.hasSubscriptionChanged) return false
  if (member.isReconciledTo(aim.targetEpoch)) return dropUnsubscribed(member, aim)
  if (member.state === 'UNREVOKED_PARTITIONS' && stillOwns(member.pendingRevocation, aim)) {
    return aim.hasSubscriptionChanged && dropUnsubscribed(member, aim)
  }
  return takeNextStep(member, aim)
}

/** One that does not say what it holds may hold everything. */
function stillOwns(revoked: HeldPartitions, { owned }: Aim): boolean {
  return owned === null || revoked.hasAnyOf(owned)
}

/** The new target is not known yet, but what the member does not read any more it need not keep. */
function dropUnsubscribed(member: ConsumerGroupMember, aim: Aim): boolean {
  const kept = new HeldPartitions()
  const revoked = new HeldPartitions()
  for (const [topicId, partition, epoch] of member.pendingRevocation.entries()) revoked.set(topicId, partition, epoch)
  for (const [topicId, partition, epoch] of member.assigned.entries()) {
    const to = aim.subscribedTopicIds.has(topicId) ? kept : revoked
    to.set(topicId, partition, epoch)
  }
  if (kept.count === member.assigned.count) return false
  member.enterEpoch(member.memberEpoch)
  member.assigned = kept
  if (!stillOwns(revoked, aim)) return true
  member.state = 'UNREVOKED_PARTITIONS'
  member.pendingRevocation = revoked
  return true
}

function takeNextStep(member: ConsumerGroupMember, aim: Aim): boolean {
  const { targetEpoch, target, subscribedTopicIds } = aim
  const isAimedAt = (topicId: string, partition: number) => subscribedTopicIds.has(topicId) && target.has(topicId, partition)
  const assigned = new HeldPartitions()
  const revoked = new HeldPartitions()
  for (const [topicId, partition, epoch] of member.assigned.entries()) {
    const to = isAimedAt(topicId, partition) ? assigned : revoked
    to.set(topicId, partition, epoch)
  }
  if (!revoked.isEmpty && stillOwns(revoked, aim)) {
    member.state = 'UNREVOKED_PARTITIONS'
    member.enterEpoch(member.memberEpoch)
    member.assigned = assigned
    member.pendingRevocation = revoked
    return true
  }
  const added: (readonly [topicId: string, partition: number])[] = []
  let isUnreleased = false
  for (const [topicId, partition] of target.entries()) {
    if (!subscribedTopicIds.has(topicId) || assigned.has(topicId, partition)) continue
    const isFree = member.pendingRevocation.has(topicId, partition) || !aim.isHeld(topicId, partition)
    if (isFree) added.push([topicId, partition])
    else isUnreleased = true
  }
  const state: ConsumerMemberState = isUnreleased ? 'UNRELEASED_PARTITIONS' : 'STABLE'
  const isSame = member.state === state && member.memberEpoch === targetEpoch && added.length === 0 && revoked.isEmpty
  for (const [topicId, partition] of added) assigned.set(topicId, partition, targetEpoch)
  member.state = state
  member.enterEpoch(targetEpoch)
  member.assigned = assigned
  member.pendingRevocation = new HeldPartitions()
  return !isSame
}
