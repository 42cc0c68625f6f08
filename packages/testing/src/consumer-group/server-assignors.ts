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
  const [first] = members
  if (first === undefined) return new Map()
  const areAlike = members.every(
    ({ topicIds }) => topicIds.size === first.topicIds.size && [...topicIds].every((id) => first.topicIds.has(id)),
  )
  const read = topics.filter(({ topicId }) => members.some(({ topicIds }) => topicIds.has(topicId)))
  return areAlike ? assignQuotas(members, read) : assignToLeastLoaded(members, read)
}

/** Where all read the same: everybody keeps what it has up to its share, and what is left fills up the others. */
function assignQuotas(members: readonly AssignedMember[], topics: readonly AssignedTopic[]): Assignment {
  const total = topics.reduce((sum, { numPartitions }) => sum + numPartitions, 0)
  const share = Math.floor(total / members.length)
  let largerShares = total % members.length
  const taken = new HeldPartitions()
  const sizes = new Map(topics.map(({ topicId, numPartitions }) => [topicId, numPartitions]))
  const kept = members.map(({ target }) => {
    const keeps: (readonly [topicId: string, partition: number])[] = []
    let size = share
    for (const [topicId, partition] of target.entries()) {
      if (partition >= (sizes.get(topicId) ?? 0) || taken.has(topicId, partition)) continue
      if (keeps.length === size && size === share && largerShares > 0) {
        size++
        largerShares--
      }
      if (keeps.length === size) break
      keeps.push([topicId, partition])
      taken.set(topicId, partition, 0)
    }
    return { keeps, size }
  })
  const free = topics.flatMap(({ topicId, numPartitions }) => {
    const partitions = Array.from({ length: numPartitions }, (_, partition) => partition)
    return partitions.filter((partition) => !taken.has(topicId, partition)).map((partition) => [topicId, partition] as const)
  })
  let next = 0
  return new Map(
    kept.map(({ keeps, size }, i) => {
      const isLarger = size === share && largerShares > 0
      if (isLarger) largerShares--
      const end = next + size + (isLarger ? 1 : 0) - keeps.length
      const held = new HeldPartitions()
      for (const [topicId, partition] of [...keeps, ...free.slice(next, end)]) held.set(topicId, partition, 0)
      next = end
      return [(members[i] as AssignedMember).memberId, held]
    }),
  )
}

/** Where some read what others do not: everybody keeps what it has, what is left goes where there is least, and moves until loads are even. */
function assignToLeastLoaded(members: readonly AssignedMember[], topics: readonly AssignedTopic[]): Assignment {
  const loads = new Map(members.map(({ memberId }) => [memberId, 0]))
  const holders = new Map<string, Map<number, string>>(topics.map(({ topicId }) => [topicId, new Map()]))
  const load = (memberId: string) => loads.get(memberId) as number
  const give = (memberId: string, topicId: string, partition: number) => {
    const partitions = holders.get(topicId) as Map<number, string>
    const former = partitions.get(partition)
    if (former !== undefined) loads.set(former, load(former) - 1)
    partitions.set(partition, memberId)
    loads.set(memberId, load(memberId) + 1)
  }
  const readers = new Map(
    topics.map(({ topicId }) => [topicId, members.filter(({ topicIds }) => topicIds.has(topicId)).map(({ memberId }) => memberId)]),
  )
  const leastLoaded = (topicId: string) => (readers.get(topicId) as string[]).reduce((a, b) => (load(b) < load(a) ? b : a))
  const sizes = new Map(topics.map(({ topicId, numPartitions }) => [topicId, numPartitions]))
  for (const { memberId, topicIds, target } of members) {
    for (const [topicId, partition] of target.entries()) {
      const isThere = topicIds.has(topicId) && partition < (sizes.get(topicId) ?? 0)
      if (isThere && !holders.get(topicId)?.has(partition)) give(memberId, topicId, partition)
    }
  }
  for (const { topicId, numPartitions } of topics) {
    for (let partition = 0; partition < numPartitions; partition++) {
      if (!holders.get(topicId)?.has(partition)) give(leastLoaded(topicId), topicId, partition)
    }
  }
  // Each move makes the loads more alike, so that there is a last one.
  for (let hasMoved = true; hasMoved; ) {
    hasMoved = false
    for (const [topicId, partitions] of holders) {
      for (const [partition, holder] of [...partitions].reverse()) {
        const least = leastLoaded(topicId)
        if (load(holder) - load(least) < 2) continue
        give(least, topicId, partition)
        hasMoved = true
      }
    }
  }
  const assignment: Assignment = new Map(members.map(({ memberId }) => [memberId, new HeldPartitions()]))
  for (const { topicId, numPartitions } of topics) {
    for (let partition = 0; partition < numPartitions; partition++) {
      const holder = holders.get(topicId)?.get(partition)
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
