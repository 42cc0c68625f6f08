import type { CallOptions, Cluster } from '@k/network'
import {
  BrokerError,
  Heartbeat,
  JoinGroup,
  type JoinGroupResponse,
  KafkaError,
  LeaveGroup,
  SyncGroup,
  type SyncGroupResponse,
} from '@k/protocol'
import type { GroupRequestSettings } from './group-offsets.ts'

/** What a member of a classic group tells the coordinator of itself. */
export interface GroupMemberSettings extends GroupRequestSettings {
  readonly groupInstanceId: string | undefined
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
}

/** A member in a generation. */
export interface Generation {
  readonly generationId: number
  readonly memberId: string
}

// The coordinator answers a join when all members have joined, or their time is over: that much it is given beyond.
const JOIN_MARGIN_MS = 5_000
// Leaving is a courtesy: nobody is to wait long for it.
const LEAVE_TIMEOUT_MS = 5_000
const FIRST_VERSION_WITH_MEMBERS = 3
const PROTOCOL_TYPE = 'consumer'

/** The requests of a classic group, each one attempt. A refusal is a BrokerError; the coordinator is found by the cluster. */
export class GroupCoordinator {
  readonly #cluster: Cluster
  readonly #settings: GroupMemberSettings

  constructor(cluster: Cluster, settings: GroupMemberSettings) {
    this.#cluster = cluster
    this.#settings = settings
  }

  /** @param memberId - empty at first */
  async join(
    memberId: string,
    protocols: readonly { readonly name: string; readonly metadata: Uint8Array }[],
    reason: string,
    { signal }: CallOptions,
  ): Promise<JoinGroupResponse> {
    const { groupId, sessionTimeoutMs, rebalanceTimeoutMs, requestTimeoutMs } = this.#settings
    return this.#cluster.request(
      JoinGroup,
      { groupId, sessionTimeoutMs, rebalanceTimeoutMs, memberId, ...this.#instance, protocolType: PROTOCOL_TYPE, protocols, reason },
      { ...this.#request(signal), timeoutMs: Math.max(requestTimeoutMs, rebalanceTimeoutMs + JOIN_MARGIN_MS) },
    )
  }

  /** @throws BrokerError */
  async sync(
    generation: Generation,
    protocolName: string,
    assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[],
    { signal }: CallOptions,
  ): Promise<SyncGroupResponse> {
    const { groupId, requestTimeoutMs, rebalanceTimeoutMs } = this.#settings
    const response = await this.#cluster.request(
      SyncGroup,
      { groupId, ...generation, ...this.#instance, protocolType: PROTOCOL_TYPE, protocolName, assignments },
      { ...this.#request(signal), timeoutMs: Math.max(requestTimeoutMs, rebalanceTimeoutMs + JOIN_MARGIN_MS) },
    )
    this.#check(response.errorCode, 'does not tell the assignment of')
    if (![null, PROTOCOL_TYPE].includes(response.protocolType)) {
      throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL', `group ${groupId} is a group of "${response.protocolType}", not of consumers`)
    }
    return response
  }

  /** @throws BrokerError */
  async heartbeat(generation: Generation): Promise<void> {
    const { groupId, requestTimeoutMs, sessionTimeoutMs } = this.#settings
    const response = await this.#cluster.request(
      Heartbeat,
      { groupId, ...generation, ...this.#instance },
      // Sooner than the session ends: then there is time for another, on another connection.
      { ...this.#request(undefined), timeoutMs: Math.min(requestTimeoutMs, Math.ceil(sessionTimeoutMs / 3)) },
    )
    this.#check(response.errorCode, 'refuses a heartbeat of')
  }

  /** @throws BrokerError */
  async leave(memberId: string, reason: string): Promise<void> {
    const { groupId, groupInstanceId, requestTimeoutMs } = this.#settings
    const response = await this.#cluster.request(
      LeaveGroup,
      (version) =>
        version < FIRST_VERSION_WITH_MEMBERS
          ? { groupId, memberId }
          : { groupId, members: [{ memberId, groupInstanceId: groupInstanceId ?? null, ...(version >= 5 && { reason }) }] },
      // On another lane than a join that may still be under way there, and hold it up.
      { ...this.#request(undefined), lane: 'default', timeoutMs: Math.min(requestTimeoutMs, LEAVE_TIMEOUT_MS) },
    )
    this.#check(response.errorCode || (response.members[0]?.errorCode ?? 0), 'does not let go')
  }

  get #instance(): { groupInstanceId?: string } {
    const { groupInstanceId } = this.#settings
    return groupInstanceId === undefined ? {} : { groupInstanceId }
  }

  #check(errorCode: number, what: string): void {
    if (errorCode !== 0) throw this.refusal(errorCode, what)
  }

  /** The error of a refusal. */
  refusal(errorCode: number, what: string): BrokerError {
    const { groupId, groupInstanceId } = this.#settings
    const member = groupInstanceId === undefined ? 'this member' : `the static member ${groupInstanceId}`
    return new BrokerError(errorCode, `the coordinator of group ${groupId} ${what} ${member}`)
  }

  #request(signal: AbortSignal | undefined) {
    const { groupId, lane, clientId, requestTimeoutMs } = this.#settings
    return { to: { coordinatorOf: { group: groupId } }, lane, clientId, timeoutMs: requestTimeoutMs, signal }
  }
}
