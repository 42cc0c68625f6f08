import type { JoinGroup, ResponseInputOf, SyncGroup, Timer } from '@k/protocol'

export type JoinAnswer = ResponseInputOf<typeof JoinGroup>
export type SyncAnswer = ResponseInputOf<typeof SyncGroup>

/** An assignor that a member knows, with what it says to it. */
export interface MemberProtocol {
  readonly name: string
  readonly metadata: Buffer
}

/** What a member says of itself when it joins. */
export interface MemberDescription {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly protocolType: string
  readonly protocols: readonly MemberProtocol[]
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
}

export const NO_ASSIGNMENT: Buffer = Buffer.alloc(0)

/** A member of a classic group. */
export class GroupMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly protocolType: string
  protocols: readonly MemberProtocol[]
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  assignment: Buffer = NO_ASSIGNMENT
  /** Whether it has not been in a generation yet. */
  isNew = false
  /** Removes the member when it fires. */
  session: Timer | undefined
  #join: ((answer: JoinAnswer) => void) | undefined
  #sync: ((answer: SyncAnswer) => void) | undefined

  constructor(description: MemberDescription) {
    this.memberId = description.memberId
    this.groupInstanceId = description.groupInstanceId
    this.clientId = description.clientId
    this.clientHost = description.clientHost
    this.protocolType = description.protocolType
    this.protocols = description.protocols
    this.sessionTimeoutMs = description.sessionTimeoutMs
    this.rebalanceTimeoutMs = description.rebalanceTimeoutMs
  }

  /** Whether a JoinGroup request of this member waits for the others. */
  get isJoining(): boolean {
    return this.#join !== undefined
  }

  /** Whether a SyncGroup request of this member waits for the leader's. */
  get isSyncing(): boolean {
    return this.#sync !== undefined
  }

  /** Parks a JoinGroup request. One that waits already is forgotten: its client gave up on it. */
  awaitJoin(answer: (answer: JoinAnswer) => void): void {
    this.#join = answer
  }

  awaitSync(answer: (answer: SyncAnswer) => void): void {
    this.#sync = answer
  }

  answerJoin(answer: JoinAnswer): void {
    const waiting = this.#join
    this.#join = undefined
    waiting?.(answer)
  }

  /** Whether anybody waited. */
  answerSync(answer: SyncAnswer): boolean {
    const waiting = this.#sync
    this.#sync = undefined
    waiting?.(answer)
    return waiting !== undefined
  }

  metadataFor(protocol: string | null): Buffer {
    return this.protocols.find(({ name }) => name === protocol)?.metadata ?? NO_ASSIGNMENT
  }

  /** Whether the member knows the same assignors in the same order, and says the same to them. */
  speaks(protocols: readonly MemberProtocol[]): boolean {
    if (protocols.length !== this.protocols.length) return false
    return this.protocols.every(({ name, metadata }, i) => name === protocols[i]?.name && metadata.equals(protocols[i].metadata))
  }

  /** The same static member after a restart, under another id. */
  successor(memberId: string): GroupMember {
    const { groupInstanceId, clientId, clientHost, protocolType, protocols, sessionTimeoutMs, rebalanceTimeoutMs } = this
    const description = { memberId, groupInstanceId, clientId, clientHost, protocolType, protocols, sessionTimeoutMs, rebalanceTimeoutMs }
    const member = new GroupMember(description)
    member.assignment = this.assignment
    return member
  }
}
