import type { ConsumerGroupMember } from './consumer-group-member.ts'
import { HeldPartitions } from './held-partitions.ts'
import { type AssignedMember, serverAssignors } from './server-assignors.ts'
import type { CatalogTopic, TopicCatalog } from './topic-catalog.ts'
import { topicRegex } from './topic-regex.ts'

export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable'

/** A group of KIP-848: who is in it, what everybody is to have, and what everybody has. */
export class ConsumerGroup {
  readonly groupId: string
  /** Grows with everything that asks for another assignment. */
  groupEpoch = 1
  /** The group epoch for which the targets were made. */
  assignmentEpoch = 0
  /** When that was, on the cluster's clock; undefined: never. */
  assignedAt: number | undefined
  /** In the order in which they came. */
  readonly members = new Map<string, ConsumerGroupMember>()
  targets: ReadonlyMap<string, HeldPartitions> = new Map()
  /** The topics that were subscribed to when the group epoch was reached. */
  #topicsSeen = ''

  constructor(groupId: string) {
    this.groupId = groupId
  }

  get state(): ConsumerGroupState {
    if (this.members.size === 0) return 'Empty'
    if (this.groupEpoch > this.assignmentEpoch) return 'Assigning'
    for (const member of this.members.values()) if (!member.isReconciledTo(this.assignmentEpoch)) return 'Reconciling'
    return 'Stable'
  }

  staticMember(instanceId: string): ConsumerGroupMember | undefined {
    for (const member of this.members.values()) if (member.instanceId === instanceId) return member
    return undefined
  }

  targetOf(memberId: string): HeldPartitions {
    return this.targets.get(memberId) ?? new HeldPartitions()
  }

  isHeld(topicId: string, partition: number): boolean {
    for (const member of this.members.values()) if (member.holds(topicId, partition)) return true
    return false
  }

  /** Puts a restarted static member in the place of its former self. */
  replace(former: ConsumerGroupMember, memberId: string): ConsumerGroupMember {
    const member = former.successor(memberId)
    former.cancelTimers()
    this.members.delete(former.memberId)
    this.members.set(memberId, member)
    const targets = new Map(this.targets)
    targets.delete(former.memberId)
    this.targets = targets.set(memberId, this.targetOf(former.memberId))
    return member
  }

  remove(member: ConsumerGroupMember): void {
    member.cancelTimers()
    this.members.delete(member.memberId)
    const targets = new Map(this.targets)
    targets.delete(member.memberId)
    this.targets = targets
  }

  /** The topics that exist of those that a member reads. */
  topicsOf(member: ConsumerGroupMember, catalog: TopicCatalog): CatalogTopic[] {
    const { subscribedTopicNames, subscribedTopicRegex } = member
    return this.#topicsNamed(subscribedTopicNames, subscribedTopicRegex === '' ? [] : [subscribedTopicRegex], catalog)
  }

  #topicsNamed(names: Iterable<string>, regexes: readonly string[], catalog: TopicCatalog): CatalogTopic[] {
    const topics = new Set<CatalogTopic>()
    for (const name of names) {
      const topic = catalog.topic(name)
      if (topic !== undefined) topics.add(topic)
    }
    for (const regex of regexes.map(topicRegex)) for (const topic of catalog.topics) if (regex.test(topic.name)) topics.add(topic)
    return [...topics]
  }

  /** The names that any member reads, and the regular expressions. */
  #subscribed(): { names: ReadonlySet<string>; regexes: readonly string[] } {
    const names = new Set<string>()
    const regexes = new Set<string>()
    for (const { subscribedTopicNames, subscribedTopicRegex } of this.members.values()) {
      for (const name of subscribedTopicNames) names.add(name)
      if (subscribedTopicRegex !== '') regexes.add(subscribedTopicRegex)
    }
    return { names, regexes: [...regexes] }
  }

  isSubscribedTo(topic: string): boolean {
    const { names, regexes } = this.#subscribed()
    return names.has(topic) || regexes.some((regex) => topicRegex(regex).test(topic))
  }

  /** Asks for another assignment, if `isCertain` or if the topics are not what they were. */
  bumpEpoch(catalog: TopicCatalog, isCertain: boolean): void {
    const { names, regexes } = this.#subscribed()
    const seen = this.#topicsNamed(names, regexes, catalog)
      .map(({ name, topicId, partitions }) => `${name} ${topicId} ${partitions.length}`)
      .sort()
      .join()
    if (!isCertain && seen === this.#topicsSeen) return
    this.#topicsSeen = seen
    this.groupEpoch++
  }

  /** Which assignor most members ask for. */
  get assignorName(): string {
    const [first] = serverAssignors.keys()
    const votes = new Map<string, number>()
    let chosen: string | undefined
    for (const { serverAssignor } of this.members.values()) {
      if (serverAssignor === null) continue
      votes.set(serverAssignor, (votes.get(serverAssignor) ?? 0) + 1)
    }
    for (const [name, count] of votes) if (chosen === undefined || count > (votes.get(chosen) as number)) chosen = name
    return chosen ?? (first as string)
  }

  /** Makes everybody a new target, for the group epoch as it is. */
  assign(catalog: TopicCatalog, now: number): void {
    const topics = new Map<string, CatalogTopic>()
    const members: AssignedMember[] = [...this.members.values()].map((member) => {
      const subscribed = this.topicsOf(member, catalog)
      for (const topic of subscribed) topics.set(topic.topicId, topic)
      const { memberId, instanceId } = member
      return { memberId, instanceId, topicIds: new Set(subscribed.map(({ topicId }) => topicId)), target: this.targetOf(memberId) }
    })
    const assignor = serverAssignors.get(this.assignorName)
    const assigned = [...topics.values()].map(({ topicId, partitions }) => ({ topicId, numPartitions: partitions.length }))
    this.targets = assignor?.(members, assigned) ?? new Map()
    this.assignmentEpoch = this.groupEpoch
    this.assignedAt = now
  }

  cancelTimers(): void {
    for (const member of this.members.values()) member.cancelTimers()
  }
}
