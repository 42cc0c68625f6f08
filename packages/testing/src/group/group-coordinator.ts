import type { BrokerErrorCode, Clock, OffsetCommitRequest, Random } from '@k/protocol'
import { ConsumerGroup } from '../consumer-group/consumer-group.ts'
import { ConsumerGroupCoordinator } from '../consumer-group/consumer-group-coordinator.ts'
import type { TopicCatalog } from '../consumer-group/topic-catalog.ts'
import { ClassicGroup } from './classic-group.ts'
import { ClassicGroupCoordinator } from './classic-group-coordinator.ts'
import { CommittedOffsets } from './committed-offsets.ts'
import type { ResolvedGroupOptions } from './group-options.ts'
import { type Group, Groups } from './groups.ts'

/** What the coordinator works with. */
export interface GroupSeams {
  readonly options: ResolvedGroupOptions
  readonly catalog: TopicCatalog
  readonly clock: Clock
  readonly random: Random
  /** Called when a timer has changed a group, which no request tells of. */
  changed(): void
}

/** Coordinates every group of the cluster, of either kind; which broker may ask for which is not decided here. */
export class GroupCoordinator {
  readonly offsets = new CommittedOffsets()
  readonly classic: ClassicGroupCoordinator
  readonly consumer: ConsumerGroupCoordinator
  readonly #groups = new Groups()

  constructor(seams: GroupSeams) {
    this.classic = new ClassicGroupCoordinator({ ...seams, groups: this.#groups })
    this.consumer = new ConsumerGroupCoordinator({ ...seams, groups: this.#groups })
  }

  group(groupId: string): Group | undefined {
    return this.#groups.get(groupId)
  }

  all(): Group[] {
    return this.#groups.all()
  }

  /** The error of a commit as a whole; undefined where its offsets may be taken. */
  checkCommit(request: OffsetCommitRequest, apiVersion: number): BrokerErrorCode | undefined {
    const { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch: generationId } = request
    const known = this.#groups.get(groupId)
    if (known === undefined && generationId >= 0) return apiVersion >= 9 ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION'
    // A group that nobody has joined may hold offsets.
    const group = known ?? new ClassicGroup(groupId)
    this.#groups.set(group)
    const committer = { memberId, groupInstanceId, generationId }
    return group instanceof ConsumerGroup
      ? this.consumer.checkCommit(group, committer, apiVersion)
      : this.classic.checkCommit(group, committer)
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
