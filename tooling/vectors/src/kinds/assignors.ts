import { range } from '@k/consumer'
import { expectSame, expectSameJson } from '../outcome.ts'

type TopicPartitions = readonly (readonly [topic: string, partitions: readonly number[]])[]

interface MemberJson {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly rackId: string | null
  readonly topics: readonly string[]
  readonly ownedPartitions: TopicPartitions
  readonly generationId: number
  readonly userData: string | null
}

interface AssignorVector {
  /** A number of partitions, or the racks of each partition's replicas. */
  readonly topics: Readonly<Record<string, number | readonly (readonly string[])[]>>
  readonly members: readonly MemberJson[]
  readonly assignment: Readonly<Record<string, TopicPartitions>>
  /** How much of the decision is the algorithm's: the lists in order, the sets, or only the quality. */
  readonly exact: 'order' | 'set' | 'none'
  readonly quality: { readonly assigned: number; readonly min: number; readonly max: number; readonly kept: number }
}

interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

interface Assignor {
  assign(topics: readonly unknown[], members: readonly unknown[]): ReadonlyMap<string, readonly TopicPartition[]>
}

const topicOf = ([topic, partitions]: [string, number | readonly (readonly string[])[]]) => ({
  topic,
  partitions: typeof partitions === 'number' ? Array.from({ length: partitions }, () => []) : partitions,
})

const pairsOf = (groups: TopicPartitions): TopicPartition[] =>
  groups.flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition })))

const memberOf = ({ memberId, groupInstanceId, rackId, topics, ownedPartitions, generationId, userData }: MemberJson) => ({
  memberId,
  groupInstanceId: groupInstanceId ?? undefined,
  rackId: rackId ?? undefined,
  topics,
  ownedPartitions: pairsOf(ownedPartitions),
  generationId,
  userData: userData === null ? undefined : Buffer.from(userData, 'base64'),
})

/** Each topic once, in the order of its first mention. */
function grouped(partitions: readonly TopicPartition[]): TopicPartitions {
  const groups = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    const group = groups.get(topic)
    if (group === undefined) groups.set(topic, [partition])
    else group.push(partition)
  }
  return [...groups]
}

const sorted = (groups: TopicPartitions) =>
  groups.map(([topic, partitions]) => [topic, partitions.toSorted((a, b) => a - b)] as const).toSorted(([a], [b]) => (a < b ? -1 : 1))

function expectQuality({ quality }: AssignorVector, counts: readonly number[]): void {
  expectSame(
    'assigned',
    quality.assigned,
    counts.reduce((sum, count) => sum + count, 0),
  )
  expectSame('fewest', quality.min, Math.min(...counts))
  expectSame('most', quality.max, Math.max(...counts))
}

function checkAssignor(assignor: Assignor, vector: AssignorVector): void {
  const members = vector.members.map(memberOf)
  const subscribed = new Set(members.flatMap(({ topics }) => topics))
  const topics = Object.entries(vector.topics).map(topicOf)
  const got = assignor.assign(
    topics.filter(({ topic }) => subscribed.has(topic)),
    members,
  )
  const partitionsOf = (memberId: string) => got.get(memberId) ?? []
  if (vector.exact === 'none') {
    expectQuality(
      vector,
      members.map(({ memberId }) => partitionsOf(memberId).length),
    )
    return
  }
  for (const [memberId, expected] of Object.entries(vector.assignment)) {
    const assigned = grouped(partitionsOf(memberId))
    const [left, right] = vector.exact === 'order' ? [expected, assigned] : [sorted(expected), sorted(assigned)]
    expectSameJson(`assignment of ${memberId}`, left, right)
  }
}

/** Who gets which partition, as the range assignor decides. */
export function checkRange(vector: AssignorVector): void {
  checkAssignor(range(), vector)
}
