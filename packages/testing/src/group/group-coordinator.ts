import type { BrokerErrorCode, Clock, Random } from '@k/protocol'
import { ConsumerGroup } from '../consumer-group/consumer-group.ts'
import { ConsumerGroupCoordinator } from '../consumer-group/consumer-group-coordinator.ts'
import type { TopicCatalog } from '../consumer-group/topic-catalog.ts'
import { errorCodeOf, Refusal } from '../refusal.ts'
import { ClassicGroup } from './classic-group.ts'
import { ClassicGroupCoordinator, type LeavingMember } from './classic-group-coordinator.ts'
import type { Committer, PartitionCheck } from './commit-check.ts'
import { CommittedOffsets } from './committed-offsets.ts'
import type { ResolvedGroupOptions } from './group-options.ts'
import { type Group, Groups } from './groups.ts'

/** What the coordinator works with. */
export interface GroupSeams {
  readonly options: ResolvedGroupOptions
  readonly catalog: TopicCatalog
  readonly clock: Clock
  readonly random: Random
  /** Whether members may commit in a former epoch what they have held since then, as in Kafka 4.4. */
  readonly keepsAssignmentEpochs: boolean
  /** Called when a timer has changed a group, which no request tells of. */
  changed(): void
}

/** Coordinates every group of the cluster, of either kind; which broker may ask for which is not decided here. */
export class GroupCoordinator {
  readonly options: ResolvedGroupOptions
  readonly offsets = new CommittedOffsets()
  readonly classic: ClassicGroupCoordinator
  readonly consumer: ConsumerGroupCoordinator
  readonly #groups = new Groups()

  constructor(seams: GroupSeams) {
    this.options = seams.options
    this.classic = new ClassicGroupCoordinator({ ...seams, groups: this.#groups })
    this.consumer = new ConsumerGroupCoordinator({ ...seams, groups: this.#groups })
  }

  group(groupId: string): Group | undefined {
    return this.#groups.get(groupId)
  }

  all(): Group[] {
    return this.#groups.all()
  }

  /**
   * Lets a commit through as a whole; what it returns has a word about each partition.
   * @param apiVersion - of the request
   * @throws Refusal
   */
  checkCommit(committer: Committer, apiVersion: number): PartitionCheck {
    const { groupId, generationId, isTransactional } = committer
    const known = this.#groups.get(groupId)
    if (known === undefined && generationId >= 0) {
      const code = !isTransactional && apiVersion >= 9 ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION'
      throw new Refusal(code, `Group ${groupId} not found.`)
    }
    // A group that nobody has joined may hold offsets.
    const group = known ?? new ClassicGroup(groupId)
    this.#groups.set(group)
    return group instanceof ConsumerGroup
      ? this.consumer.checkCommit(group, committer, apiVersion)
      : this.classic.checkCommit(group, committer)
  }

  /** Removes members of a group of either kind, each by its id or by the name of a static one; the error of each, 0 where it left. */
  leave(groupId: string, members: readonly LeavingMember[]): number[] {
    const group = this.#groups.get(groupId)
    if (group instanceof ClassicGroup) return this.classic.leave(group, members)
    return members.map(({ memberId, groupInstanceId }) => {
      const problem = group === undefined ? 'UNKNOWN_MEMBER_ID' : this.consumer.removeNamed(group, memberId, groupInstanceId)
      return problem === undefined ? 0 : errorCodeOf(problem)
    })
  }

  /** The error of a member that asks for offsets; undefined where they may be told, to those who are no member as well. */
  checkFetch(groupId: string, memberId: string | null, memberEpoch: number): BrokerErrorCode | undefined {
    const group = this.#groups.get(groupId)
    return group instanceof ConsumerGroup ? this.consumer.checkFetch(group, memberId, memberEpoch) : undefined
  }

  /**
   * Deletes a group and its offsets.
   * @throws Refusal GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP
   */
  delete(groupId: string): void {
    const group = this.#groups.get(groupId)
    if (group === undefined) throw new Refusal('GROUP_ID_NOT_FOUND', `Group ${groupId} not found.`)
    if (group.state !== 'Empty') throw new Refusal('NON_EMPTY_GROUP', 'The group is not empty.')
    this.#groups.delete(groupId)
    this.offsets.forgetGroup(groupId)
  }

  /**
   * Ends the session of a member, or fences it.
   * @param name - the member's id, or the name of a static member
   * @returns whether there is such a member, and whether it can be fenced
   */
  strike(groupId: string, name: string, how: 'expire' | 'fence'): boolean {
    const group = this.#groups.get(groupId)
    if (group instanceof ConsumerGroup) {
      const member = group.members.get(name) ?? group.staticMember(name)
      if (member === undefined) return false
      if (how === 'expire') this.consumer.remove(group, member)
      else this.consumer.fence(group, member)
      return true
    }
    const member = group?.members.get(name) ?? group?.staticMember(name)
    if (group === undefined || member === undefined || (how === 'fence' && member.groupInstanceId === null)) return false
    this.classic[how](group, member)
    return true
  }

  /** The group has another coordinator. */
  moved(groupId: string): void {
    const group = this.#groups.get(groupId)
    if (group instanceof ConsumerGroup) this.consumer.moved(group)
    else if (group !== undefined) this.classic.moved(group)
  }

  /** Cancels every timer. */
  close(): void {
    for (const group of this.#groups.all()) group.cancelTimers()
  }
}
