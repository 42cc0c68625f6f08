import type { BrokerErrorCode, Clock, JoinGroupRequest, Random, SyncGroupRequest } from '@k/protocol'
import { ConsumerGroup } from '../consumer-group/consumer-group.ts'
import { randomMemberUuid } from '../random-ids.ts'
import { errorCodeOf, Refusal } from '../refusal.ts'
import { ClassicGroup, noJoin } from './classic-group.ts'
import { type Committer, everyPartition, isAnonymous, type PartitionCheck } from './commit-check.ts'
import { GroupMember, type JoinAnswer, type MemberProtocol, NO_ASSIGNMENT, type SyncAnswer } from './group-member.ts'
import type { ResolvedGroupOptions } from './group-options.ts'
import type { Groups } from './groups.ts'
import { joinAnswer, Rebalance } from './rebalance.ts'

/** Who is to leave. */
export interface LeavingMember {
  /** Empty where a static member is named alone. */
  readonly memberId: string
  readonly groupInstanceId: string | null
}

/** Who asks, besides what the request says. */
export interface JoiningClient {
  readonly clientId: string
  readonly clientHost: string
  /** Whether a first JoinGroup is answered with MEMBER_ID_REQUIRED (since version 4). */
  readonly knowsMemberIdRequired: boolean
  /** Whether it understands `skipAssignment` (since version 9). */
  readonly knowsSkipAssignment: boolean
}

/** What the coordinator works with. */
export interface ClassicGroupSeams {
  readonly groups: Groups
  readonly options: ResolvedGroupOptions
  readonly clock: Clock
  readonly random: Random
  /** Called when a timer has changed a group, which no request tells of. */
  changed(): void
}

/** Coordinates the classic groups: members gather in JoinGroup, their leader assigns, and generations count it. */
export class ClassicGroupCoordinator {
  readonly #groups: Groups
  readonly #rebalance: Rebalance
  readonly #random: Random
  readonly #options: ResolvedGroupOptions

  constructor({ groups, options, clock, random, changed }: ClassicGroupSeams) {
    this.#groups = groups
    this.#options = options
    this.#random = random
    this.#rebalance = new Rebalance(clock, options.groupInitialRebalanceDelayMs, changed)
  }

  /** The group of this id, if there is one and it is classic. */
  #group(groupId: string): ClassicGroup | undefined {
    const group = this.#groups.get(groupId)
    return group instanceof ClassicGroup ? group : undefined
  }

  /** As it is, or a new one in the place of an empty group of the other kind. */
  #groupOrNew(groupId: string): ClassicGroup {
    const group = this.#group(groupId) ?? new ClassicGroup(groupId)
    this.#groups.set(group)
    return group
  }

  /** Answers when the rebalance has gathered its members. */
  join(request: JoinGroupRequest, client: JoiningClient): Promise<JoinAnswer> | JoinAnswer {
    const refuse = (code: BrokerErrorCode, memberId = request.memberId) => ({ ...noJoin(memberId), errorCode: errorCodeOf(code) })
    const { groupMinSessionTimeoutMs, groupMaxSessionTimeoutMs } = this.#options
    const { groupId, sessionTimeoutMs } = request
    if (groupId === '') return refuse('INVALID_GROUP_ID')
    if (sessionTimeoutMs < groupMinSessionTimeoutMs || sessionTimeoutMs > groupMaxSessionTimeoutMs) {
      return refuse('INVALID_SESSION_TIMEOUT')
    }
    const known = this.#groups.get(groupId)
    if (known instanceof ConsumerGroup && known.members.size > 0) return refuse('INCONSISTENT_GROUP_PROTOCOL', '')
    if (request.memberId !== '' && known === undefined) return refuse('UNKNOWN_MEMBER_ID')
    const group = this.#groupOrNew(groupId)
    if (!this.#hasRoom(group, request.memberId)) {
      group.remove(request.memberId)
      return refuse('GROUP_MAX_SIZE_REACHED', '')
    }
    const names = request.protocols.map(({ name }) => name)
    if (!group.supports(request.protocolType, names)) return refuse('INCONSISTENT_GROUP_PROTOCOL')
    if (request.memberId === '') return this.#joinNew(group, request, client)
    if (group.pending.has(request.memberId)) return this.#addMember(group, request, client, request.memberId)
    const problem = group.memberProblem(request.memberId, request.groupInstanceId)
    if (problem !== undefined) return refuse(problem)
    return this.#joinAgain(group, request)
  }

  /** In a rebalance those are in first who come first. */
  #hasRoom(group: ClassicGroup, memberId: string): boolean {
    const max = this.#options.groupMaxSize
    const member = group.members.get(memberId)
    if (group.state === 'Empty') return true
    if (group.state === 'PreparingRebalance') return member?.isJoining || group.joiningCount < max
    return member !== undefined || group.members.size < max
  }

  #joinNew(group: ClassicGroup, request: JoinGroupRequest, client: JoiningClient): Promise<JoinAnswer> | JoinAnswer {
    const { groupInstanceId } = request
    const memberId = `${groupInstanceId ?? client.clientId}-${randomMemberUuid(this.#random)}`
    const former = groupInstanceId === null ? undefined : group.staticMember(groupInstanceId)
    if (former !== undefined) return this.#replaceStatic(group, former, memberId, request, client)
    if (groupInstanceId !== null || !client.knowsMemberIdRequired) return this.#addMember(group, request, client, memberId)
    this.#rebalance.expect(group, memberId, request.sessionTimeoutMs)
    return { ...noJoin(memberId), errorCode: errorCodeOf('MEMBER_ID_REQUIRED') }
  }

  #addMember(group: ClassicGroup, request: JoinGroupRequest, client: JoiningClient, memberId: string): Promise<JoinAnswer> {
    const { clientId, clientHost } = client
    const member = new GroupMember({ ...request, memberId, clientId, clientHost, protocols: kept(request), ...timeouts(request) })
    return new Promise((resolve) => {
      member.awaitJoin(resolve)
      this.#rebalance.add(group, member)
    })
  }

  #joinAgain(group: ClassicGroup, request: JoinGroupRequest): Promise<JoinAnswer> | JoinAnswer {
    const member = group.members.get(request.memberId) as GroupMember
    const isLeader = group.leaderId === member.memberId
    const changed = !member.speaks(kept(request))
    // A member that missed the answer hears it again. A leader of a stable group asks for a rebalance by joining.
    if (group.state === 'CompletingRebalance' && !changed) return joinAnswer(group, member)
    if (group.state === 'Stable' && !changed && !isLeader) return joinAnswer(group, member)
    if (group.state === 'Empty') return { ...noJoin(request.memberId), errorCode: errorCodeOf('UNKNOWN_MEMBER_ID') }
    return new Promise((resolve) => {
      Object.assign(member, { protocols: kept(request), ...timeouts(request) })
      member.awaitJoin(resolve)
      this.#rebalance.prepareOrComplete(group)
    })
  }

  #replaceStatic(
    group: ClassicGroup,
    former: GroupMember,
    memberId: string,
    request: JoinGroupRequest,
    client: JoiningClient,
  ): Promise<JoinAnswer> | JoinAnswer {
    const formerLeader = group.leaderId
    const member = group.replace(former, memberId)
    this.#rebalance.heard(group, member)
    Object.assign(member, { protocols: kept(request), ...timeouts(request) })
    if (group.state === 'Stable' && group.selectProtocol() === group.protocolName) {
      // Nothing changes for the others, so they hear nothing of it.
      group.store()
      const isLeader = group.leaderId === memberId
      if (client.knowsSkipAssignment) return joinAnswer(group, member, { skipAssignment: isLeader })
      return { ...joinAnswer(group, member), leader: formerLeader ?? '', members: [] }
    }
    return new Promise((resolve) => {
      member.awaitJoin(resolve)
      if (group.state === 'CompletingRebalance') this.#rebalance.prepare(group)
      else this.#rebalance.prepareOrComplete(group)
    })
  }

  /** Answers when the leader has handed in the assignment. */
  sync(request: SyncGroupRequest): Promise<SyncAnswer> | SyncAnswer {
    const refuse = (code: BrokerErrorCode) => ({ errorCode: errorCodeOf(code), assignment: NO_ASSIGNMENT })
    const { groupId, memberId, groupInstanceId, generationId, protocolType, protocolName } = request
    if (groupId === '') return refuse('INVALID_GROUP_ID')
    const group = this.#group(groupId)
    if (group === undefined || group.state === 'Empty') return refuse('UNKNOWN_MEMBER_ID')
    const problem = group.memberProblem(memberId, groupInstanceId)
    if (problem !== undefined) return refuse(problem)
    if (generationId !== group.generationId) return refuse('ILLEGAL_GENERATION')
    const other = (said: string | null, known: string | null) => said !== null && said !== known
    if (other(protocolType, group.protocolType) || other(protocolName, group.protocolName)) return refuse('INCONSISTENT_GROUP_PROTOCOL')
    if (group.state === 'PreparingRebalance') return refuse('REBALANCE_IN_PROGRESS')
    this.#rebalance.synced(group, memberId)
    const member = group.members.get(memberId) as GroupMember
    if (group.state === 'Stable') {
      return { errorCode: 0, protocolType: group.protocolType, protocolName: group.protocolName, assignment: member.assignment }
    }
    return new Promise((resolve) => {
      member.awaitSync(resolve)
      if (group.leaderId !== memberId) return
      this.#rebalance.assign(group, new Map(request.assignments.map((each) => [each.memberId, Buffer.from(each.assignment)])))
    })
  }

  /** The error of a heartbeat; undefined where all is well. */
  heartbeat(groupId: string, memberId: string, groupInstanceId: string | null, generationId: number): BrokerErrorCode | undefined {
    if (groupId === '') return 'INVALID_GROUP_ID'
    const group = this.#group(groupId)
    if (group === undefined) return 'UNKNOWN_MEMBER_ID'
    const problem = group.memberProblem(memberId, groupInstanceId)
    if (problem !== undefined) return problem
    if (generationId !== group.generationId) return 'ILLEGAL_GENERATION'
    this.#rebalance.heard(group, group.members.get(memberId) as GroupMember)
    return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : undefined
  }

  /** Removes members, each by its id or by the name of a static one; the error of each, 0 where it left. */
  leave(group: ClassicGroup, members: readonly LeavingMember[]): number[] {
    const errorCodes = members.map(({ memberId, groupInstanceId }) => {
      if (group.pending.has(memberId)) {
        group.remove(memberId)
        return 0
      }
      const id = memberId === '' && groupInstanceId !== null ? (group.staticMember(groupInstanceId)?.memberId ?? '') : memberId
      const problem = group.memberProblem(id, groupInstanceId)
      if (problem !== undefined) return errorCodeOf(problem)
      this.#rebalance.remove(group, id)
      return 0
    })
    if (errorCodes.includes(0)) this.#rebalance.afterLeave(group)
    return errorCodes
  }

  /**
   * Lets a commit through, and its member's session goes on with it.
   * @throws Refusal
   */
  checkCommit(group: ClassicGroup, committer: Committer): PartitionCheck {
    const { memberId, groupInstanceId, generationId, isTransactional } = committer
    const refuse = (code: BrokerErrorCode) => new Refusal(code, `The group is ${group.state} in generation ${group.generationId}.`)
    if (generationId < 0 && group.state === 'Empty') return everyPartition
    if (isAnonymous(committer)) {
      if (isTransactional) return everyPartition
      throw refuse('UNKNOWN_MEMBER_ID')
    }
    const problem = group.memberProblem(memberId, groupInstanceId)
    if (problem !== undefined) throw refuse(problem)
    if (generationId !== group.generationId) throw refuse('ILLEGAL_GENERATION')
    if (isTransactional) return everyPartition
    if (group.state === 'CompletingRebalance') throw refuse('REBALANCE_IN_PROGRESS')
    this.#rebalance.heard(group, group.members.get(memberId) as GroupMember)
    return everyPartition
  }

  /** Ends a member's session, as if it had not been heard of for too long. */
  expire(group: ClassicGroup, member: GroupMember): void {
    this.#rebalance.expire(group, member)
  }

  /** Gives the place of a static member to another that has its name and never says a word. */
  fence(group: ClassicGroup, member: GroupMember): void {
    const successor = group.replace(member, `${member.groupInstanceId}-${randomMemberUuid(this.#random)}`)
    this.#rebalance.heard(group, successor)
    if (group.state === 'Stable') group.store()
  }

  /** The group has another coordinator: what was under way is lost, what was written down is kept. */
  moved(group: ClassicGroup): void {
    group.reload()
    this.#rebalance.reloaded(group)
  }
}

/** The assignors of a request, in bytes of their own: the frame is not to be kept for them. */
function kept({ protocols }: JoinGroupRequest): MemberProtocol[] {
  return protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }))
}

/** Version 0 knows one timeout for both. */
function timeouts({ sessionTimeoutMs, rebalanceTimeoutMs }: JoinGroupRequest): { sessionTimeoutMs: number; rebalanceTimeoutMs: number } {
  return { sessionTimeoutMs, rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs }
}
