import { type Backoff, ClosedError, type Cluster, FencedError, type Logger, sleep } from '@k/network'
import { KafkaError, type KafkaErrorCode } from '@k/protocol'
import type { Assignor } from '../assignors/assignor.ts'
import { newBackoff } from '../retry-scope.ts'
import type { TopicPartition } from '../topic-partition.ts'
import type { TopicRefresh } from '../topic-refresh.ts'
import { Wakeup } from '../wakeup.ts'
import { forgetLostCoordinator } from './coordinator-loss.ts'
import { assignPartitions, describeTopics, readAssignment, readMembers, subscriptionProtocols, topicsOf } from './group-assignment.ts'
import { type Generation, GroupCoordinator, type GroupMemberSettings } from './group-coordinator.ts'
import type { GroupMetadata } from './group-metadata.ts'
import { Heartbeats } from './heartbeats.ts'
import type { Membership, MembershipState, PartitionOwner } from './membership.ts'

/** What a {@link ClassicMembership} takes besides how to speak to the coordinator. */
export interface ClassicMembershipSettings extends GroupMemberSettings {
  readonly heartbeatIntervalMs: number
  readonly assignors: readonly Assignor[]
  readonly rackId: string | undefined
  readonly allowAutoCreateTopics: boolean
}

type Joined = Awaited<ReturnType<GroupCoordinator['join']>>

const IMMEDIATE_RETRIES = 3
const REJOIN_AT_ONCE: readonly KafkaErrorCode[] = ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID']

/**
 * Membership in a classic group, the eager way: in a rebalance a member gives up all it has, joins, and gets a new share. The member that the
 * coordinator makes the leader deals out the partitions, and watches over the topics.
 */
export class ClassicMembership implements Membership {
  readonly #cluster: Cluster
  readonly #settings: ClassicMembershipSettings
  readonly #owner: PartitionOwner
  readonly #refresh: TopicRefresh
  readonly #logger: Logger
  readonly #coordinator: GroupCoordinator
  readonly #heartbeats: Heartbeats
  readonly #heartbeatBackoff: Backoff
  readonly #changed = new Wakeup()
  readonly #leaving = new AbortController()
  #done: Promise<void> | undefined
  #state: MembershipState = 'idle'
  #memberId = ''
  #generation: Generation | undefined
  #joinedTopics: readonly string[] = []
  #leaveGroup = true
  // Why to join again; what was lost with; what the user holds on to; what ends it all.
  #rejoin: string | undefined
  #lost: AbortController = new AbortController()
  #suspended: string | undefined
  #fatal: unknown
  // The topics that the leader watches over, and how they were when it dealt them out.
  #watched: { readonly topics: readonly string[]; readonly snapshot: string } | undefined

  constructor(cluster: Cluster, settings: ClassicMembershipSettings, owner: PartitionOwner, refresh: TopicRefresh, logger: Logger) {
    this.#cluster = cluster
    this.#settings = settings
    this.#owner = owner
    this.#refresh = refresh
    this.#logger = logger
    this.#coordinator = new GroupCoordinator(cluster, settings)
    this.#heartbeatBackoff = newBackoff(cluster, settings)
    const beat = async () => {
      await this.#coordinator.heartbeat(this.#generation!)
      this.#heartbeatBackoff.reset()
    }
    this.#heartbeats = new Heartbeats(cluster.clock, settings.heartbeatIntervalMs, beat, (error) => this.#heartbeatFailed(error))
  }

  get state(): MembershipState {
    return this.#state
  }

  get member(): GroupMetadata | undefined {
    if (this.#generation === undefined) return undefined
    const { groupId, groupInstanceId } = this.#settings
    return { groupId, ...this.#generation, groupInstanceId }
  }

  start(): void {
    this.#done ??= this.#live()
  }

  resubscribe(): void {
    this.#askToRejoin('the subscription has changed')
  }

  suspend(reason: string): void {
    this.#suspended = reason
    this.#changed.wake()
  }

  resume(): void {
    this.#suspended = undefined
    this.#changed.wake()
  }

  async leave(leaveGroup: boolean): Promise<void> {
    this.#leaveGroup = leaveGroup
    this.#leaving.abort()
    this.#changed.wake()
    await this.#done
  }

  get #isLeaving(): boolean {
    return this.#leaving.signal.aborted
  }

  async #live(): Promise<void> {
    const unwatch = this.#cluster.onMetadata(() => this.#checkTopics())
    try {
      let reason = 'the consumer begins to read'
      while (!this.#isLeaving) {
        const partitions = await this.#join(reason)
        if (partitions !== undefined) {
          await this.#owner.assigned(partitions, 'committed')
          this.#state = 'running'
          while (!this.#isInterrupted) await this.#changed.wait()
          reason = this.#rejoin ?? 'the member was lost'
          await this.#giveUp()
        }
        while (this.#suspended !== undefined && !this.#isLeaving) await this.#changed.wait()
      }
      if (this.#leaveGroup) await this.#leaveTheGroup('the consumer was closed')
    } catch (error) {
      this.#generation = undefined
      this.#heartbeats.stop()
      const wasLeaving = this.#isLeaving
      await this.#owner.lost()
      if (!wasLeaving) this.#owner.failed(error)
      // Others need not wait for the session to end. A static member, or one that has its id taken over, tells nobody.
      if (this.#leaveGroup && this.#settings.groupInstanceId === undefined) await this.#leaveTheGroup('the consumer has failed')
    } finally {
      unwatch()
      this.#heartbeats.stop()
      this.#generation = undefined
      this.#state = 'idle'
    }
  }

  get #isInterrupted(): boolean {
    return (
      this.#isLeaving ||
      this.#lost.signal.aborted ||
      this.#rejoin !== undefined ||
      this.#suspended !== undefined ||
      this.#fatal !== undefined
    )
  }

  /** Gives up what was assigned, in good order where there is time for it. */
  async #giveUp(): Promise<void> {
    this.#state = 'rebalancing'
    this.#watched = undefined
    if (this.#fatal !== undefined) throw this.#fatal
    if (this.#suspended !== undefined) {
      this.#heartbeats.stop()
      this.#generation = undefined
      // A static member is waited for until its session ends: nobody is to move because of it (KIP-345).
      const left = this.#settings.groupInstanceId === undefined ? this.#leaveTheGroup(this.#suspended) : undefined
      await this.#owner.lost()
      await left
      return
    }
    if (this.#lost.signal.aborted) {
      this.#heartbeats.stop()
      this.#generation = undefined
      await this.#owner.lost()
      return
    }
    // Heartbeats go on: the coordinator waits for us.
    await this.#owner.revoked(this.#lost.signal)
    this.#heartbeats.stop()
    this.#generation = undefined
    if (this.#fatal !== undefined) throw this.#fatal
  }

  /** Joins until it succeeds. Returns the partitions that were assigned; undefined where the consumer leaves or the user is too slow. */
  async #join(reason: string): Promise<TopicPartition[] | undefined> {
    if (this.#state === 'idle') this.#state = 'joining'
    const backoff = newBackoff(this.#cluster, this.#settings)
    const { signal } = this.#leaving
    for (let attempt = 1; ; attempt++) {
      if (this.#isLeaving || this.#suspended !== undefined) return undefined
      this.#rejoin = undefined
      this.#lost = new AbortController()
      try {
        const partitions = await this.#attemptJoin(reason, signal)
        if (partitions !== undefined) return partitions
      } catch (error) {
        if (this.#isLeaving) return undefined
        this.#generation = undefined
        this.#heartbeats.stop()
        this.#checkFatal(error)
        if (KafkaError.is(error, 'UNKNOWN_MEMBER_ID')) this.#memberId = ''
        forgetLostCoordinator(this.#cluster, this.#settings.groupId, error)
        this.#logger.debug('joining the group failed and is tried again', { groupId: this.#settings.groupId, error })
        const isImmediate = attempt <= IMMEDIATE_RETRIES && KafkaError.is(error, ...REJOIN_AT_ONCE)
        if (!isImmediate) await sleep(this.#cluster.clock, backoff.next(), signal).catch(() => {})
      }
    }
  }

  /** @throws what cannot be mended by trying again */
  #checkFatal(error: unknown): void {
    if (KafkaError.is(error, 'FENCED_INSTANCE_ID')) {
      throw new FencedError('FENCED_INSTANCE_ID', `${error.message}: another consumer has joined with the same groupInstanceId`, {
        cause: error,
      })
    }
    if (!KafkaError.is(error) || (!error.retriable && !REJOIN_AT_ONCE.includes(error.code))) throw error
  }

  /** One attempt; undefined where the coordinator only named the member id to join with. */
  async #attemptJoin(reason: string, signal: AbortSignal): Promise<TopicPartition[] | undefined> {
    const { assignors, rackId } = this.#settings
    this.#joinedTopics = this.#owner.topics
    const protocols = subscriptionProtocols(assignors, this.#joinedTopics, rackId)
    const joined = await this.#coordinator.join(this.#memberId, protocols, reason, { signal })
    const { errorCode, memberId, generationId, protocolName } = joined
    const refusal = errorCode === 0 ? undefined : this.#coordinator.refusal(errorCode, 'does not take in')
    if (KafkaError.is(refusal, 'MEMBER_ID_REQUIRED') && this.#memberId === '' && memberId !== '') {
      this.#memberId = memberId
      return undefined
    }
    if (refusal !== undefined) throw refusal
    this.#memberId = memberId
    this.#generation = { generationId, memberId }
    const assignments = joined.leader === memberId ? await this.#lead(joined, signal) : []
    const synced = await this.#coordinator.sync(this.#generation, protocolName ?? '', assignments, { signal })
    const partitions = readAssignment(synced.assignment)
    this.#heartbeatBackoff.reset()
    this.#heartbeats.start()
    this.#checkTopics()
    if (this.#owner.topics !== this.#joinedTopics) this.resubscribe()
    return partitions
  }

  /** Deals out the partitions, as the leader. */
  async #lead(joined: Joined, signal: AbortSignal) {
    const members = readMembers(joined.members, this.#logger)
    const topics = topicsOf(members)
    const { assignors, allowAutoCreateTopics, groupId } = this.#settings
    await this.#cluster.refresh(topics, { allowAutoTopicCreation: allowAutoCreateTopics, signal }).catch((error) => {
      this.#logger.warn('the partitions are dealt out as they were known before: the topics could not be looked up', { groupId, error })
    })
    const described = describeTopics(this.#cluster, topics)
    this.#watched = { topics, snapshot: JSON.stringify(described) }
    if (joined.skipAssignment) return []
    const assignor = assignors.find(({ name }) => name === joined.protocolName)
    if (assignor === undefined) {
      throw new KafkaError(
        'INCONSISTENT_GROUP_PROTOCOL',
        `group ${groupId} has chosen the assignor "${joined.protocolName}", which was not offered`,
      )
    }
    return assignPartitions(assignor, described, members)
  }

  /** The leader has everybody join again when the topics are not as they were. */
  #checkTopics(): void {
    if (this.#watched === undefined) return
    const { topics, snapshot } = this.#watched
    for (const topic of topics) if (!this.#cluster.topic(topic)?.partitions.length) this.#refresh.doubt(topic)
    if (JSON.stringify(describeTopics(this.#cluster, topics)) !== snapshot) this.#askToRejoin('the partitions of the topics have changed')
  }

  #askToRejoin(reason: string): void {
    this.#rejoin = reason
    this.#changed.wake()
  }

  #heartbeatFailed(error: unknown): number | undefined {
    if (KafkaError.is(error, 'REBALANCE_IN_PROGRESS')) {
      this.#askToRejoin('the group rebalances')
      return undefined
    }
    if (KafkaError.is(error, 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION')) {
      if (error.code === 'UNKNOWN_MEMBER_ID') this.#memberId = ''
      this.#logger.warn('this consumer was taken for dead, its partitions have gone to others; it joins again', {
        groupId: this.#settings.groupId,
        error,
      })
      this.#lost.abort()
      this.#changed.wake()
      return undefined
    }
    try {
      this.#checkFatal(error)
    } catch (fatal) {
      this.#fatal = fatal
      this.#lost.abort()
      this.#changed.wake()
      return undefined
    }
    forgetLostCoordinator(this.#cluster, this.#settings.groupId, error)
    return this.#heartbeatBackoff.next()
  }

  /** Tells the group: where that fails, the session timeout tells it later. */
  async #leaveTheGroup(reason: string): Promise<void> {
    const { groupId } = this.#settings
    const memberId = this.#memberId
    if (memberId === '') return
    this.#memberId = ''
    const leave = () => this.#coordinator.leave(memberId, reason)
    try {
      await leave().catch((error) => {
        if (!KafkaError.is(error, 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR')) throw error
        this.#cluster.forgetCoordinator({ group: groupId })
        return leave()
      })
    } catch (error) {
      if (KafkaError.is(error, 'UNKNOWN_MEMBER_ID') || ClosedError.is(error)) return
      this.#logger.warn('the group could not be told that this member leaves, and waits for its session timeout', { groupId, error })
    }
  }
}
