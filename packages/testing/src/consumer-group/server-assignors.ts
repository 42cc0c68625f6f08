import { HeldPartitions } from './held-partitions.ts'

/** A member as assignors see it. */
export interface AssignedMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly topicIds: ReadonlySet<string>
  /** What it is to have so far. */
  readonly target: HeldPartitions
}

export interface AssignedTopic {
  readonly topicId: string
  readonly numPartitions: number
}

type Assignment = Map<string, HeldPartitions>
type ServerAssignor = (members: readonly AssignedMember[], topics: readonly AssignedTopic[]) => Assignment

/** Those of Kafka, by the names that members ask for; the first is for those who do not ask. */
export const serverAssignors: ReadonlyMap<string, ServerAssignor> = new Map([
  ['uniform', assignUniformly],
  ['range', assignRanges],
])

/** Gives everybody as many partitions as anybody else, as far as subscriptions allow, and moves as few as it can. */
function assignUniformly(members: readonly AssignedMember[], topics: readonly AssignedTopic[]): Assignment {
  const assignment: Assignment = new Map(members.map(({ memberId }) => [memberId, new HeldPartitions()]))
  const loads = new Map(members.map(({ memberId }) => [memberId, 0]))
  const holders = new Map<string, string>()
  const load = (memberId: string) => loads.get(memberId) as number
  const give = (memberId: string, key: string) => {
    const former = holders.get(key)
    if (former !== undefined) loads.set(former, load(former) - 1)
    holders.set(key, memberId)
    loads.set(memberId, load(memberId) + 1)
  }
  const leastLoaded = (topicId: string): string | undefined => {
    let least: string | undefined
    for (const { memberId, topicIds } of members) {
      if (topicIds.has(topicId) && (least === undefined || load(memberId) < load(least))) least = memberId
    }
    return least
  }
  for (const { topicId, numPartitions } of topics) {
    for (const { memberId, topicIds, target } of members) {
      if (!topicIds.has(topicId)) continue
      for (let partition = 0; partition < numPartitions; partition++) {
        const key = `${topicId}:${partition}`
        if (target.has(topicId, partition) && !holders.has(key)) give(memberId, key)
      }
    }
  }
  for (const { topicId, numPartitions } of topics) {
    for (let partition = 0; partition < numPartitions; partition++) {
      const key = `${topicId}:${partition}`
      const memberId = holders.has(key) ? undefined : leastLoaded(topicId)
      if (memberId !== undefined) give(memberId, key)
    }
  }
  // Each move makes the loads more alike, so that there is a last one.
  for (let hasMoved = true; hasMoved; ) {
    hasMoved = false
    for (const [key, holder] of [...holders].reverse()) {
      const least = leastLoaded(key.slice(0, key.lastIndexOf(':'))) as string
      if (load(holder) - load(least) < 2) continue
      give(least, key)
      hasMoved = true
    }
  }
  for (const { topicId, numPartitions } of topics) {
    for (let partition = 0; partition < numPartitions; partition++) {
      const holder = holders.get(`${topicId}:${partition}`)
      if (holder !== undefined) assignment.get(holder)?.set(topicId, partition, 0)
    }
  }
  return assignment
}

/** Cuts each topic into ranges for its subscribers, so that partitions of one number in several topics are with one member. */
function assignRanges(members: readonly AssignedMember[], topics: readonly AssignedTopic[]): Assignment {
  const assignment: Assignment = new Map(members.map(({ memberId }) => [memberId, new HeldPartitions()]))
  const inOrder = [...members].sort((a, b) => compare(a.instanceId ?? a.memberId, b.instanceId ?? b.memberId))
  for (const { topicId, numPartitions } of topics) {
    const subscribers = inOrder.filter(({ topicIds }) => topicIds.has(topicId))
    const size = Math.floor(numPartitions / subscribers.length)
    const withOneMore = numPartitions % subscribers.length
    let next = 0
    subscribers.forEach(({ memberId }, i) => {
      const end = next + size + (i < withOneMore ? 1 : 0)
      for (; next < end; next++) assignment.get(memberId)?.set(topicId, next, 0)
    })
  }
  return assignment
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
