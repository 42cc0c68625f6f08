import type { Clock } from '@k/protocol'
import { errorCodeOf } from '../refusal.ts'
import { type ClassicGroup, noJoin } from './classic-group.ts'
import { type GroupMember, type JoinAnswer, NO_ASSIGNMENT } from './group-member.ts'

/** How long a member may wait in its first JoinGroup request before it is forgotten. */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60 * 1000

/** Takes classic groups through their rebalances: members gather in JoinGroup, the leader assigns in SyncGroup, heartbeats keep them in. */
export class Rebalance {
  readonly #clock: Clock
  readonly #initialDelayMs: number
  readonly #changed: () => void

  /** @param changed - called when a timer has moved a group, which no request tells of */
  constructor(clock: Clock, initialDelayMs: number, changed: () => void) {
    this.#clock = clock
    this.#initialDelayMs = initialDelayMs
    this.#changed = changed
  }

  #timer(ms: number, callback: () => void) {
    return this.#clock.setTimer(() => {
      callback()
      this.#changed()
    }, ms)
  }

  /** Gives out a member id that has to come back within the session timeout. */
  expect(group: ClassicGroup, memberId: string, sessionTimeoutMs: number): void {
    const timer = this.#timer(sessionTimeoutMs, () => {
      group.remove(memberId)
      if (group.state === 'PreparingRebalance' && group.hasAllJoined) this.#completeJoin(group)
    })
    group.pending.set(memberId, timer)
  }

  /** Takes in a member that waits in JoinGroup. */
  add(group: ClassicGroup, member: GroupMember): void {
    if (group.state === 'PreparingRebalance' && group.previousState === 'Empty') group.newMemberAdded = true
    member.isNew = true
    group.add(member)
    this.#expireAfter(group, member, NEW_MEMBER_JOIN_TIMEOUT_MS)
    this.prepareOrComplete(group)
  }

  /** Restarts the session of a member: it was heard of. */
  heard(group: ClassicGroup, member: GroupMember): void {
    this.#expireAfter(group, member, member.sessionTimeoutMs)
  }

  #expireAfter(group: ClassicGroup, member: GroupMember, ms: number): void {
    member.session?.cancel()
    member.session = this.#timer(ms, () => {
      // Whoever waits for an answer of ours is alive, and its session starts anew with the answer. Only a first JoinGroup can wait too long.
      if (member.isNew || (!member.isJoining && !member.isSyncing)) this.expire(group, member)
    })
  }

  /** A member has not been heard of for too long. */
  expire(group: ClassicGroup, member: GroupMember): void {
    this.remove(group, member.memberId)
    if (group.state === 'Stable' || group.state === 'CompletingRebalance') this.prepare(group)
    else if (group.state === 'PreparingRebalance' && group.hasAllJoined) this.#completeJoin(group)
  }

  /** Removes a member; its request that waits hears that it is unknown. */
  remove(group: ClassicGroup, memberId: string): void {
    const member = group.members.get(memberId)
    member?.answerJoin({ ...noJoin(''), errorCode: errorCodeOf('UNKNOWN_MEMBER_ID') })
    member?.answerSync({ errorCode: errorCodeOf('UNKNOWN_MEMBER_ID'), assignment: NO_ASSIGNMENT })
    group.remove(memberId)
  }

  /** What follows when members have left. */
  afterLeave(group: ClassicGroup): void {
    if (group.state === 'Stable' || group.state === 'CompletingRebalance') this.prepare(group)
    else this.#completeIfJoined(group)
  }

  /** Starts a rebalance, or ends one when this was the last that it waited for. */
  prepareOrComplete(group: ClassicGroup): void {
    if (group.state === 'PreparingRebalance') this.#completeIfJoined(group)
    else this.prepare(group)
  }

  /** Starts a rebalance: everybody has to join again. */
  prepare(group: ClassicGroup): void {
    if (group.state === 'CompletingRebalance') this.#refuseSyncs(group)
    group.pendingSync.clear()
    group.syncTimer?.cancel()
    const isInitial = group.state === 'Empty'
    group.become('PreparingRebalance')
    if (!isInitial) {
      if (group.hasAllJoined) this.#completeJoin(group)
      else group.joinTimer = this.#timer(group.rebalanceTimeoutMs, () => this.#completeJoin(group))
      return
    }
    const remaining = Math.max(group.rebalanceTimeoutMs - this.#initialDelayMs, 0)
    group.joinTimer = this.#timer(this.#initialDelayMs, () => this.#endInitialDelay(group, this.#initialDelayMs, remaining))
  }

  #endInitialDelay(group: ClassicGroup, delayMs: number, remainingMs: number): void {
    if (!group.newMemberAdded || remainingMs === 0) {
      this.#completeJoin(group)
      return
    }
    group.newMemberAdded = false
    const nextDelay = Math.min(this.#initialDelayMs, remainingMs)
    const nextRemaining = Math.max(remainingMs - delayMs, 0)
    group.joinTimer = this.#timer(nextDelay, () => this.#endInitialDelay(group, nextDelay, nextRemaining))
  }

  /** The first rebalance waits its delay out, so that members that start together end in one generation. */
  #completeIfJoined(group: ClassicGroup): void {
    if (group.state === 'PreparingRebalance' && group.previousState !== 'Empty' && group.hasAllJoined) this.#completeJoin(group)
  }

  #refuseSyncs(group: ClassicGroup): void {
    const errorCode = errorCodeOf('REBALANCE_IN_PROGRESS')
    for (const member of group.members.values()) {
      member.assignment = NO_ASSIGNMENT
      if (member.answerSync({ errorCode, assignment: NO_ASSIGNMENT })) this.heard(group, member)
    }
  }

  #completeJoin(group: ClassicGroup): void {
    group.joinTimer?.cancel()
    for (const member of [...group.members.values()]) {
      if (!member.isJoining && member.groupInstanceId === null) group.remove(member.memberId)
    }
    if (group.members.size > 0 && !group.electJoinedLeader()) {
      group.joinTimer = this.#timer(group.rebalanceTimeoutMs, () => this.#completeJoin(group))
      return
    }
    group.generationId++
    group.pendingSync.clear()
    group.protocolName = group.members.size > 0 ? group.selectProtocol() : null
    group.become(group.members.size > 0 ? 'CompletingRebalance' : 'Empty')
    if (group.members.size === 0) {
      group.store()
      return
    }
    for (const member of group.members.values()) {
      this.heard(group, member)
      member.isNew = false
      group.pendingSync.add(member.memberId)
      member.answerJoin(joinAnswer(group, member))
    }
    const { generationId } = group
    group.syncTimer = this.#timer(group.rebalanceTimeoutMs, () => this.#expireSync(group, generationId))
  }

  #expireSync(group: ClassicGroup, generationId: number): void {
    if (group.generationId !== generationId || group.pendingSync.size === 0) return
    for (const memberId of [...group.pendingSync]) group.remove(memberId)
    this.prepare(group)
  }

  /** A member has sent SyncGroup. */
  synced(group: ClassicGroup, memberId: string): void {
    group.pendingSync.delete(memberId)
    if (group.pendingSync.size === 0) group.syncTimer?.cancel()
  }

  /** Hands every member what the leader gave it, nothing where it gave nothing. */
  assign(group: ClassicGroup, assignments: ReadonlyMap<string, Buffer>): void {
    for (const member of group.members.values()) {
      member.assignment = assignments.get(member.memberId) ?? NO_ASSIGNMENT
      const { protocolType, protocolName } = group
      if (member.answerSync({ errorCode: 0, protocolType, protocolName, assignment: member.assignment })) this.heard(group, member)
    }
    group.become('Stable')
    group.store()
  }

  /** Starts the sessions of members that another broker has known before. */
  reloaded(group: ClassicGroup): void {
    for (const member of group.members.values()) this.heard(group, member)
  }
}

/** What a member hears of the generation; the leader hears of all members. */
export function joinAnswer(group: ClassicGroup, member: GroupMember, options: { skipAssignment?: boolean } = {}): JoinAnswer {
  const members = group.leaderId === member.memberId ? [...group.members.values()] : []
  return {
    errorCode: 0,
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leaderId ?? '',
    skipAssignment: options.skipAssignment ?? false,
    memberId: member.memberId,
    members: members.map((each) => ({
      memberId: each.memberId,
      groupInstanceId: each.groupInstanceId,
      metadata: each.metadataFor(group.protocolName),
    })),
  }
}
