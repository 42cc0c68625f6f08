import type { BrokerErrorCode, Clock, ConsumerGroupHeartbeat, ConsumerGroupHeartbeatRequest, Random, ResponseInputOf } from '@k/protocol'
import { type Committer, everyPartition, isAnonymous, type PartitionCheck } from '../group/commit-check.ts'
import type { ResolvedGroupOptions } from '../group/group-options.ts'
import type { Group, Groups } from '../group/groups.ts'
import { randomUuid } from '../random-ids.ts'
import { Refusal } from '../refusal.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { ConsumerGroupMember, JOIN_EPOCH, STATIC_LEAVE_EPOCH } from './consumer-group-member.ts'
import { checkMemberEpoch } from './heartbeat-checks.ts'
import { reconcile } from './reconciliation.ts'
import type { TopicCatalog } from './topic-catalog.ts'
import { topicRegex } from './topic-regex.ts'

/** Members of consumer groups commit in this version of OffsetCommit and later ones: those before know no epochs. */
const FIRST_COMMIT_WITH_EPOCH = 9
/** And name topics by their ids in this one and later ones. */
const FIRST_COMMIT_WITH_ID = 10

export type HeartbeatAnswer = ResponseInputOf<typeof ConsumerGroupHeartbeat>

/** Who sends a heartbeat, besides what it says. */
export interface HeartbeatClient {
  readonly clientId: string
  readonly clientHost: string
}

/** What the coordinator works with. */
export interface ConsumerGroupSeams {
  readonly groups: Groups
  readonly catalog: TopicCatalog
  readonly options: ResolvedGroupOptions
  readonly clock: Clock
  readonly random: Random
  /** Whether a commit of a former epoch is good for partitions that the member has held since then: Kafka 4.3 forgets how long that is, 4.4 does not. */
  readonly keepsAssignmentEpochs: boolean
  /** Called when a timer has changed a group, which no request tells of. */
  changed(): void
}

/** Coordinates the consumer groups of KIP-848: everything happens in heartbeats, each of which leads its own member one step further. */
export class ConsumerGroupCoordinator {
  readonly #seams: ConsumerGroupSeams

  constructor(seams: ConsumerGroupSeams) {
    this.#seams = seams
  }

  /**
   * Takes what a member says of itself, and tells it what it is to have.
   * @param request - one that `checkHeartbeat` let through
   * @throws Refusal
   */
  heartbeat(request: ConsumerGroupHeartbeatRequest, client: HeartbeatClient): HeartbeatAnswer {
    if (request.memberEpoch < JOIN_EPOCH) return this.#leave(request)
    const { groups, catalog, clock, options } = this.#seams
    const group = this.#groupFor(request)
    const memberId = request.memberId === '' ? randomUuid(this.#seams.random) : request.memberId
    const known = this.#known(group, memberId, request)
    if (request.subscribedTopicRegex) topicRegex(request.subscribedTopicRegex)
    groups.set(group)
    const member = this.#admit(group, memberId, known)
    const hasSubscriptionChanged = update(member, request, client)
    group.bumpEpoch(catalog, hasSubscriptionChanged)
    const now = clock.now()
    const isTimeToAssign = group.assignedAt === undefined || now - group.assignedAt >= options.groupConsumerAssignmentIntervalMs
    if (group.groupEpoch > group.assignmentEpoch && isTimeToAssign) group.assign(catalog, now)
    const before = member.assigned
    this.#reconcile(group, member, hasSubscriptionChanged, request)
    this.heard(group, member)
    const hasSaidAll =
      request.rebalanceTimeoutMs !== -1 &&
      (request.subscribedTopicNames !== null || request.subscribedTopicRegex !== null) &&
      request.topicPartitions !== null
    const isNews = request.memberEpoch === JOIN_EPOCH || hasSaidAll || !before.equals(member.assigned)
    return {
      ...noAnswer(member.memberId, member.memberEpoch),
      heartbeatIntervalMs: options.groupConsumerHeartbeatIntervalMs,
      assignment: isNews ? { topicPartitions: member.assigned.list() } : null,
    }
  }

  #groupFor({ groupId, memberId, memberEpoch }: ConsumerGroupHeartbeatRequest): ConsumerGroup {
    const found = this.#seams.groups.get(groupId)
    const isJoining = memberEpoch === JOIN_EPOCH
    if (found === undefined && !isJoining) throw new Refusal('GROUP_ID_NOT_FOUND', `Consumer group ${groupId} not found.`)
    const group = found instanceof ConsumerGroup ? found : this.#groupInsteadOf(found, groupId, isJoining)
    const max = this.#seams.options.groupConsumerMaxSize
    if (group.members.size >= max && !group.members.has(memberId)) {
      throw new Refusal('GROUP_MAX_SIZE_REACHED', `The consumer group has reached its maximum capacity of ${max} members.`)
    }
    return group
  }

  /** An empty group becomes what its next member speaks. */
  #groupInsteadOf(group: Exclude<Group, ConsumerGroup> | undefined, groupId: string, isJoining: boolean): ConsumerGroup {
    if (group === undefined || (isJoining && group.state === 'Empty')) return new ConsumerGroup(groupId)
    const isConsumers = group.protocolType === 'consumer'
    const why = isConsumers ? 'online upgrade is disabled.' : 'the group does not use the consumer embedded protocol.'
    const message = `Cannot upgrade classic group ${groupId} to consumer group because ${why}`
    throw new Refusal('GROUP_ID_NOT_FOUND', isJoining ? message : `Group ${groupId} is not a consumer group.`)
  }

  /** The member that a request speaks for, or the static one whose place it takes; undefined where it is new. */
  #known(group: ConsumerGroup, memberId: string, request: ConsumerGroupHeartbeatRequest): ConsumerGroupMember | undefined {
    const { instanceId, memberEpoch } = request
    const isJoining = memberEpoch === JOIN_EPOCH
    if (instanceId === null) {
      const member = group.members.get(memberId)
      if (member === undefined && !isJoining) throw unknownMember(group, memberId)
      if (member !== undefined) checkMemberEpoch(member, request)
      return member
    }
    if (!isJoining) {
      const member = staticMember(group, memberId, instanceId)
      checkMemberEpoch(member, request)
      return member
    }
    const former = group.staticMember(instanceId)
    if (former === undefined || former.memberEpoch === STATIC_LEAVE_EPOCH) return former ?? group.members.get(memberId)
    throw new Refusal(
      'UNRELEASED_INSTANCE_ID',
      `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is owned by ${former.memberId} member.`,
    )
  }

  #admit(group: ConsumerGroup, memberId: string, known: ConsumerGroupMember | undefined): ConsumerGroupMember {
    if (known?.memberEpoch === STATIC_LEAVE_EPOCH) return group.replace(known, memberId)
    if (known !== undefined) return known
    const member = new ConsumerGroupMember(memberId)
    group.members.set(memberId, member)
    return member
  }

  #reconcile(
    group: ConsumerGroup,
    member: ConsumerGroupMember,
    hasSubscriptionChanged: boolean,
    { topicPartitions }: ConsumerGroupHeartbeatRequest,
  ): void {
    const subscribed = group.topicsOf(member, this.#seams.catalog)
    const hasChanged = reconcile(member, {
      targetEpoch: group.assignmentEpoch,
      target: group.targetOf(member.memberId),
      subscribedTopicIds: new Set(subscribed.map(({ topicId }) => topicId)),
      hasSubscriptionChanged,
      owned: topicPartitions,
      isHeld: (topicId, partition) => group.isHeld(topicId, partition),
    })
    if (!hasChanged) return
    member.rebalance?.cancel()
    if (member.state !== 'UNREVOKED_PARTITIONS') return
    const { memberEpoch } = member
    member.rebalance = this.#timer(member.rebalanceTimeoutMs, () => {
      if (member.memberEpoch === memberEpoch) this.remove(group, member)
    })
  }

  /** Restarts the session of a member. */
  heard(group: ConsumerGroup, member: ConsumerGroupMember): void {
    member.session?.cancel()
    member.session = this.#timer(this.#seams.options.groupConsumerSessionTimeoutMs, () => this.remove(group, member))
  }

  #timer(ms: number, callback: () => void) {
    return this.#seams.clock.setTimer(() => {
      callback()
      this.#seams.changed()
    }, ms)
  }

  #leave({ groupId, memberId, instanceId, memberEpoch }: ConsumerGroupHeartbeatRequest): HeartbeatAnswer {
    const group = this.#seams.groups.get(groupId)
    if (group === undefined) throw new Refusal('GROUP_ID_NOT_FOUND', `Group ${groupId} not found.`)
    if (!(group instanceof ConsumerGroup)) throw new Refusal('GROUP_ID_NOT_FOUND', `Group ${groupId} is not a consumer group.`)
    const member = instanceId === null ? group.members.get(memberId) : staticMember(group, memberId, instanceId)
    if (member === undefined) throw unknownMember(group, memberId)
    if (instanceId !== null && memberEpoch === STATIC_LEAVE_EPOCH) member.leaveForAWhile()
    else this.remove(group, member)
    return noAnswer(memberId, memberEpoch)
  }

  /**
   * Lets a commit through. One of an epoch before is good for what the member has held since then.
   * @throws Refusal
   */
  checkCommit(group: ConsumerGroup, committer: Committer, apiVersion: number): PartitionCheck {
    const { memberId, generationId, isTransactional } = committer
    if (generationId < 0 && group.members.size === 0) return everyPartition
    if (isTransactional && isAnonymous(committer)) return everyPartition
    const member = group.members.get(memberId)
    if (member === undefined) throw unknownMember(group, memberId)
    if (!isTransactional && apiVersion < FIRST_COMMIT_WITH_EPOCH) {
      throw new Refusal('UNSUPPORTED_VERSION', 'OffsetCommit version 9 or above must be used by members using the consumer group protocol')
    }
    if (generationId === member.memberEpoch) return everyPartition
    // Transactions know generations only.
    const stale = isTransactional ? 'ILLEGAL_GENERATION' : 'STALE_MEMBER_EPOCH'
    if (generationId > member.memberEpoch) {
      throw new Refusal(stale, `Received member epoch ${generationId} is newer than current member epoch ${member.memberEpoch}.`)
    }
    // Assignments are kept by id, which earlier requests do not name.
    if (isTransactional || apiVersion < FIRST_COMMIT_WITH_ID || !this.#seams.keepsAssignmentEpochs) return () => stale
    return (topicId, partition) => {
      const since = member.assigned.epochOf(topicId, partition) ?? member.pendingRevocation.epochOf(topicId, partition)
      return since !== undefined && generationId >= since ? undefined : stale
    }
  }

  /** The error of a member that asks for offsets; undefined where they may be told. */
  checkFetch(group: ConsumerGroup, memberId: string | null, memberEpoch: number): BrokerErrorCode | undefined {
    if (memberId === null && memberEpoch < 0) return undefined
    const member = group.members.get(memberId ?? '')
    if (member === undefined) return 'UNKNOWN_MEMBER_ID'
    return memberEpoch === member.memberEpoch ? undefined : 'STALE_MEMBER_EPOCH'
  }

  /** Takes out a member that is named by its id, or by the name of a static one; the error where there is none. */
  removeNamed(group: ConsumerGroup, memberId: string, instanceId: string | null): BrokerErrorCode | undefined {
    const member = instanceId === null ? group.members.get(memberId) : group.staticMember(instanceId)
    if (member === undefined) return 'UNKNOWN_MEMBER_ID'
    if (memberId !== '' && member.memberId !== memberId) return 'FENCED_INSTANCE_ID'
    this.remove(group, member)
    return undefined
  }

  /** Takes a member out: what it held is free, and the others are to share it. */
  remove(group: ConsumerGroup, member: ConsumerGroupMember): void {
    group.remove(member)
    group.bumpEpoch(this.#seams.catalog, true)
  }

  /** Leads a member into an epoch that it does not hear of, so that its own is fenced. */
  fence(group: ConsumerGroup, member: ConsumerGroupMember): void {
    group.bumpEpoch(this.#seams.catalog, true)
    member.enterEpoch(group.groupEpoch)
    member.enterEpoch(group.groupEpoch)
  }

  /** The group has another coordinator, which gives everybody a new session. */
  moved(group: ConsumerGroup): void {
    for (const member of group.members.values()) this.heard(group, member)
  }
}

/** Takes what a heartbeat says of its member; null is as before. Whether it reads other topics now. */
function update(member: ConsumerGroupMember, request: ConsumerGroupHeartbeatRequest, client: HeartbeatClient): boolean {
  const { subscribedTopicNames, subscribedTopicRegex } = member
  member.instanceId = request.instanceId ?? member.instanceId
  member.rackId = request.rackId ?? member.rackId
  if (request.rebalanceTimeoutMs !== -1) member.rebalanceTimeoutMs = request.rebalanceTimeoutMs
  member.serverAssignor = request.serverAssignor ?? member.serverAssignor
  if (request.subscribedTopicNames !== null) member.subscribedTopicNames = new Set(request.subscribedTopicNames)
  member.subscribedTopicRegex = request.subscribedTopicRegex ?? subscribedTopicRegex
  Object.assign(member, client)
  const names = member.subscribedTopicNames
  const isSame = names.size === subscribedTopicNames.size && [...names].every((name) => subscribedTopicNames.has(name))
  return !isSame || member.subscribedTopicRegex !== subscribedTopicRegex
}

function staticMember(group: ConsumerGroup, memberId: string, instanceId: string): ConsumerGroupMember {
  const member = group.staticMember(instanceId)
  if (member === undefined) throw new Refusal('UNKNOWN_MEMBER_ID', `Instance id ${instanceId} is unknown.`)
  if (member.memberId === memberId) return member
  const message = `Static member ${memberId} with instance id ${instanceId} was fenced by member ${member.memberId}.`
  throw new Refusal('FENCED_INSTANCE_ID', message)
}

function unknownMember(group: ConsumerGroup, memberId: string): Refusal {
  return new Refusal('UNKNOWN_MEMBER_ID', `Member ${memberId} is not a member of group ${group.groupId}.`)
}

function noAnswer(memberId: string, memberEpoch: number): HeartbeatAnswer {
  return { throttleTimeMs: 0, errorCode: 0, memberId, memberEpoch, heartbeatIntervalMs: 0 }
}
