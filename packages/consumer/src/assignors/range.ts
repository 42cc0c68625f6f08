import type { TopicPartition } from '../topic-partition.ts'
import { type Assignor, type AssignorMember, type AssignorTopic, compareMembers } from './assignor.ts'
import { TopicShares } from './topic-shares.ts'

type Assignment = Map<string, TopicPartition[]>

/**
 * Deals out each topic by itself: partitions in order, members in order, to each an equal stretch, the first members one more where it does not
 * come out even. So partitions of the same number go to the same member where topics have as many partitions and the same subscribers, which
 * joins need. Where members and replicas have racks, partitions are read within their rack as far as that leaves the shares equal (KIP-881).
 * Decides as the Java client's RangeAssignor. The default.
 */
export function range(): Assignor {
  return { name: 'range', assign }
}

function assign(topics: readonly AssignorTopic[], members: readonly AssignorMember[]): Assignment {
  const ordered = [...members].sort(compareMembers)
  const assignment: Assignment = new Map(members.map((member) => [member.memberId, []]))
  const shares = topics
    .filter((topic) => topic.partitions.length > 0)
    .map(
      (topic) =>
        new TopicShares(
          topic,
          ordered.filter((member) => member.topics.includes(topic.topic)),
        ),
    )
  const byRack = shares.some((share) => share.racksMatter)
  if (byRack) {
    for (const alike of groupBy(shares, (share) => JSON.stringify([share.partitionCount, share.memberIds]))) {
      if (alike.length > 1) assignTogether(alike, assignment)
      else if (alike[0]!.racksMatter) assignRanges(alike[0]!, assignment, true)
    }
  }
  for (const share of shares) assignRanges(share, assignment, false)
  // What was given by rack and what was given after it are not in one order.
  if (byRack) for (const partitions of assignment.values()) partitions.sort(comparePartitions)
  return assignment
}

/** Gives each member, in order, the next stretch that it may still take. */
function assignRanges(share: TopicShares, assignment: Assignment, withinRack: boolean): void {
  for (const memberId of share.memberIds) {
    const room = share.roomOf(memberId)
    const taken: number[] = []
    for (const partition of share.unassigned) {
      if (taken.length === room) break
      if (!withinRack || share.isInRackOf(memberId, partition)) taken.push(partition)
    }
    give(share, memberId, taken, assignment)
  }
}

/** Gives partitions of one number in several topics to one member whose rack holds them all. */
function assignTogether(shares: readonly TopicShares[], assignment: Assignment): void {
  const { memberIds, partitionCount } = shares[0]!
  const remaining = new Set(memberIds)
  for (let partition = 0; partition < partitionCount && remaining.size > 0; partition++) {
    for (const memberId of remaining) {
      if (!shares.every((share) => share.isInRackOf(memberId, partition) && share.roomOf(memberId) > 0)) continue
      for (const share of shares) give(share, memberId, [partition], assignment)
      if (shares.every((share) => share.roomOf(memberId) === 0)) remaining.delete(memberId)
      break
    }
  }
}

function give(share: TopicShares, memberId: string, partitions: readonly number[], assignment: Assignment): void {
  if (partitions.length === 0) return
  share.take(memberId, partitions)
  for (const partition of partitions) assignment.get(memberId)!.push({ topic: share.topic, partition })
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return [...groups.values()]
}

function comparePartitions(a: TopicPartition, b: TopicPartition): number {
  if (a.topic === b.topic) return a.partition - b.partition
  return a.topic < b.topic ? -1 : 1
}
