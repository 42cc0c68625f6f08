import { type BrokerErrorCode, decodeSubscription, type Timer } from '@k/protocol'
import { errorCodeOf } from '../refusal.ts'
import { type GroupMember, NO_ASSIGNMENT } from './group-member.ts'

export type ClassicGroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

/** What the coordinator writes down of a group, and finds again when the group moves to another broker. */
interface StoredGroup {
  readonly generationId: number
  readonly protocolName: string | null
  readonly leaderId: string | null
  readonly members: readonly { member: GroupMember; assignment: Buffer }[]
}

/** A classic group: who is in it, and how far its rebalance has come. The steps are taken by `Rebalance`. */
export class ClassicGroup {
  readonly groupId: string
  state: ClassicGroupState = 'Empty'
  previousState: ClassicGroupState = 'Empty'
  generationId = 0
  protocolType: string | null = null
  protocolName: string | null = null
  leaderId: string | null = null
  /** In the order in which they came. */
  readonly members = new Map<string, GroupMember>()
  /** Ids that were given and have not joined yet, with the timer that forgets them. */
  readonly pending = new Map<string, Timer>()
  /** Who has not sent SyncGroup in this generation. */
  readonly pendingSync = new Set<string>()
  /** Ends the wait for members to join, or for SyncGroup requests. */
  joinTimer: Timer | undefined
  syncTimer: Timer | undefined
  /** A member came while the first rebalance was being held back. */
  newMemberAdded = false
  #stored: StoredGroup = { generationId: 0, protocolName: null, leaderId: null, members: [] }

  constructor(groupId: string) {
    this.groupId = groupId
  }

  become(state: ClassicGroupState): void {
    this.previousState = this.state
    this.state = state
  }

  add(member: GroupMember): void {
    if (this.members.size === 0) this.protocolType = member.protocolType
    this.leaderId ??= member.memberId
    this.members.set(member.memberId, member)
    this.#forgetPending(member.memberId)
  }

  remove(memberId: string): void {
    const member = this.members.get(memberId)
    member?.session?.cancel()
    this.members.delete(memberId)
    if (this.leaderId === memberId) this.leaderId = this.members.keys().next().value ?? null
    this.#forgetPending(memberId)
    this.pendingSync.delete(memberId)
  }

  #forgetPending(memberId: string): void {
    this.pending.get(memberId)?.cancel()
    this.pending.delete(memberId)
  }

  /** Puts a restarted static member in the place of its former self, whose requests are refused. */
  replace(former: GroupMember, memberId: string): GroupMember {
    const fenced = errorCodeOf('FENCED_INSTANCE_ID')
    former.answerJoin({ ...noJoin(former.memberId), errorCode: fenced })
    former.answerSync({ errorCode: fenced, assignment: NO_ASSIGNMENT })
    former.session?.cancel()
    this.members.delete(former.memberId)
    const member = former.successor(memberId)
    this.members.set(memberId, member)
    if (this.leaderId === former.memberId) this.leaderId = memberId
    return member
  }

  staticMember(groupInstanceId: string): GroupMember | undefined {
    for (const member of this.members.values()) if (member.groupInstanceId === groupInstanceId) return member
    return undefined
  }

  /** Why a request in the name of this member is refused; undefined where it is not. */
  memberProblem(memberId: string, groupInstanceId: string | null): BrokerErrorCode | undefined {
    if (groupInstanceId !== null) {
      const member = this.staticMember(groupInstanceId)
      if (member === undefined) return 'UNKNOWN_MEMBER_ID'
      if (member.memberId !== memberId) return 'FENCED_INSTANCE_ID'
    }
    return this.members.has(memberId) ? undefined : 'UNKNOWN_MEMBER_ID'
  }

  /** Whether everybody is waiting in JoinGroup, also those whose id is still fresh. */
  get hasAllJoined(): boolean {
    if (this.pending.size > 0) return false
    for (const member of this.members.values()) if (!member.isJoining) return false
    return true
  }

  /** How many wait in JoinGroup. */
  get joiningCount(): number {
    return [...this.members.values()].filter(({ isJoining }) => isJoining).length
  }

  /** The longest that any member asked for. */
  get rebalanceTimeoutMs(): number {
    let longest = 0
    for (const member of this.members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs)
    return longest
  }

  /** Whether a member with these assignors could be in the group. */
  supports(protocolType: string, protocols: readonly string[]): boolean {
    if (this.state === 'Empty') return protocolType !== '' && protocols.length > 0
    return this.protocolType === protocolType && protocols.some((name) => this.#knownToAll(name))
  }

  #knownToAll(protocol: string): boolean {
    for (const { protocols } of this.members.values()) if (!protocols.some(({ name }) => name === protocol)) return false
    return true
  }

  /** Whether any member reads a topic, or what it reads cannot be told. */
  isSubscribedTo(topic: string): boolean {
    if (this.members.size === 0) return false
    if (this.protocolType !== 'consumer' || this.protocolName === null) return this.protocolType === 'consumer'
    try {
      return [...this.members.values()].some((member) => decodeSubscription(member.metadataFor(this.protocolName)).topics.includes(topic))
    } catch {
      return true
    }
  }

  /** The assignor with the most votes: each member votes for the first of its own that all know. */
  selectProtocol(): string | null {
    const votes = new Map<string, number>()
    for (const { protocols } of this.members.values()) {
      const vote = protocols.find(({ name }) => this.#knownToAll(name))
      if (vote !== undefined) votes.set(vote.name, (votes.get(vote.name) ?? 0) + 1)
    }
    let chosen: string | null = null
    for (const [name, count] of votes) if (chosen === null || count > (votes.get(chosen) ?? 0)) chosen = name
    return chosen
  }

  /** Sees to it that the leader is one who joined again. False where nobody did. */
  electJoinedLeader(): boolean {
    if (this.leaderId === null) return false
    if (this.members.get(this.leaderId)?.isJoining) return true
    for (const member of this.members.values()) {
      if (!member.isJoining) continue
      this.leaderId = member.memberId
      return true
    }
    return false
  }

  /** Writes down the generation as it is. */
  store(): void {
    const members = [...this.members.values()].map((member) => ({ member, assignment: member.assignment }))
    this.#stored = { generationId: this.generationId, protocolName: this.protocolName, leaderId: this.leaderId, members }
  }

  /** Goes back to what was written down, as another broker finds it. Whoever waits is told that this is no longer their coordinator. */
  reload(): void {
    const gone = errorCodeOf('NOT_COORDINATOR')
    for (const member of this.members.values()) {
      member.answerJoin({ ...noJoin(member.memberId), errorCode: gone })
      member.answerSync({ errorCode: gone, assignment: NO_ASSIGNMENT })
    }
    this.cancelTimers()
    const { generationId, protocolName, leaderId, members } = this.#stored
    this.members.clear()
    this.pending.clear()
    this.pendingSync.clear()
    for (const { member, assignment } of members) {
      member.assignment = assignment
      this.members.set(member.memberId, member)
    }
    Object.assign(this, { generationId, protocolName, leaderId })
    this.become(members.length > 0 ? 'Stable' : 'Empty')
  }

  cancelTimers(): void {
    this.joinTimer?.cancel()
    this.syncTimer?.cancel()
    for (const { session } of this.members.values()) session?.cancel()
    for (const timer of this.pending.values()) timer.cancel()
  }
}

/** A JoinGroup answer that says nothing but why not. */
export function noJoin(memberId: string): { errorCode: number; memberId: string; leader: string; protocolName: string; members: [] } {
  return { errorCode: 0, memberId, leader: '', protocolName: '', members: [] }
}
