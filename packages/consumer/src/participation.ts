import type { Cluster, Lane, ResolvedClientOptions } from '@k/network'
import { KafkaError } from '@k/protocol'
import { drain } from './drain.ts'
import { ClassicMembership } from './group/classic-membership.ts'
import type { GroupMetadata } from './group/group-metadata.ts'
import type { Membership, MembershipState } from './group/membership.ts'
import type { Listening } from './listening.ts'
import type { OffsetCommits } from './offset-commits.ts'
import type { ResolvedSettings } from './options.ts'
import { Ownership } from './ownership.ts'
import type { PartitionState } from './partition-state.ts'
import { PollWatch } from './poll-watch.ts'
import type { RebalanceListener } from './rebalance-listener.ts'
import type { RecordStream } from './record-stream.ts'
import type { SubscriptionState } from './subscription-state.ts'
import { type TopicPartition, topicPartitionKey } from './topic-partition.ts'
import type { TopicRefresh } from './topic-refresh.ts'
import { WholeTopics } from './whole-topics.ts'

/** What {@link Participation} needs of the consumer. */
export interface ParticipationParts {
  readonly cluster: Cluster
  readonly client: ResolvedClientOptions
  readonly settings: ResolvedSettings<unknown, unknown>
  readonly groupLane: Lane
  readonly subscription: SubscriptionState
  readonly stream: RecordStream<unknown, unknown>
  readonly listening: Listening
  readonly refresh: TopicRefresh
  /** Undefined where nothing is committed by itself. */
  automatic(): OffsetCommits | undefined
  /** Partitions have come, gone, or are ready to be read. */
  changed(): void
  failed(error: unknown): void
}

interface Entered {
  readonly membership: Membership
  readonly ownership: Ownership
  readonly watch: PollWatch
}

// Whoever leaves from inside his loop has a record in hand that cannot be finished meanwhile; from outside, it can. Nobody knows who it is.
const LEAVING_GRACE_MS = 1_000

/** How partitions come to the consumer: dealt out by its group, whole topics, or chosen by hand. */
export class Participation {
  readonly #parts: ParticipationParts
  #entered: Entered | undefined
  // On its way out.
  #leaving: Entered | undefined
  #departure: Promise<void> | undefined
  #isStarted = false

  constructor(parts: ParticipationParts) {
    this.#parts = parts
  }

  /** Undefined where partitions are not dealt out. */
  get state(): MembershipState | undefined {
    return (this.#leaving ?? this.#entered)?.membership.state
  }

  /** As whom to commit; undefined without a group, or while the consumer is no member. */
  get member(): GroupMetadata | undefined {
    const entered = this.#leaving ?? this.#entered
    if (entered !== undefined) return entered.membership.member
    const { groupId, groupInstanceId } = this.#parts.settings
    return groupId === undefined ? undefined : { groupId, groupInstanceId, generationId: -1, memberId: '' }
  }

  subscribe(topics: readonly string[], listener: RebalanceListener | undefined): void {
    this.#parts.subscription.subscribe(topics)
    const isNew = this.#entered === undefined
    this.#entered ??= this.#enter()
    this.#entered.ownership.listener = listener ?? this.#parts.settings.listener
    if (!isNew) this.#entered.membership.resubscribe()
    else if (this.#isStarted) this.#startMembership(this.#entered)
  }

  /** These partitions instead of those before. @throws KafkaError with `SUBSCRIPTION_CONFLICT` */
  assign(partitions: readonly TopicPartition[]): void {
    const { subscription, settings, changed } = this.#parts
    if (this.#departure !== undefined) {
      throw new KafkaError('SUBSCRIPTION_CONFLICT', 'assign() while the topics are still being given up: await unsubscribe() first')
    }
    subscription.chooseByHand()
    const wanted = new Set(partitions.map(topicPartitionKey))
    this.#drop(subscription.states.filter((state) => !wanted.has(topicPartitionKey(state))))
    subscription.add(partitions, settings.groupId === undefined ? 'policy' : 'committed')
    changed()
  }

  /** Chooses nothing. Resolves when everything is given up; never rejects. */
  async unsubscribe(): Promise<void> {
    this.#parts.subscription.unsubscribe()
    await this.leave(true)
  }

  /** Begins to have partitions dealt out. */
  start(): void {
    this.#isStarted = true
    if (this.#entered !== undefined) this.#startMembership(this.#entered)
  }

  /** Gives up everything in good order. @param leaveGroup - whether the group is told */
  async leave(leaveGroup: boolean): Promise<void> {
    while (this.#departure !== undefined) await this.#departure
    this.#departure = this.#leave(leaveGroup).finally(() => {
      this.#departure = undefined
      this.#leaving = undefined
    })
    await this.#departure
  }

  /** Stops what is left, whether or not it has ended in good order. */
  close(): void {
    this.#leaving?.watch.stop()
    this.#entered?.watch.stop()
  }

  #enter(): Entered {
    const { cluster, client, settings, groupLane, subscription, stream, listening, refresh, automatic, changed, failed } = this.#parts
    const { clock } = cluster
    const { logger, clientId } = client
    const facts = { clientId, groupId: settings.groupId }
    const ownership = new Ownership(
      { subscription, stream, listening, clock, logger, facts, automatic, changed, failed },
      settings.drainTimeoutMs,
    )
    const { groupId, maxPollIntervalMs } = settings
    const membership =
      groupId === undefined
        ? new WholeTopics(cluster, ownership, refresh)
        : new ClassicMembership(
            cluster,
            { ...settings, ...client, groupId, lane: groupLane, rebalanceTimeoutMs: maxPollIntervalMs, rackId: settings.clientRack },
            ownership,
            refresh,
            logger,
          )
    return { membership, ownership, watch: new PollWatch(clock, stream, membership, maxPollIntervalMs, logger) }
  }

  async #startMembership({ membership, watch }: Entered): Promise<void> {
    // One after the other: both would speak of the same partitions.
    await this.#departure
    if (this.#entered?.membership !== membership) return
    membership.start()
    // Without a group nobody waits for a user who is slow.
    if (this.#parts.settings.groupId !== undefined) watch.start()
  }

  async #leave(leaveGroup: boolean): Promise<void> {
    const { subscription, stream, cluster, settings } = this.#parts
    const entered = this.#entered
    this.#leaving = entered
    this.#entered = undefined
    const graceMs = Math.min(settings.drainTimeoutMs, LEAVING_GRACE_MS)
    await drain(stream.progress, () => stream.isBusyWith(subscription.states), cluster.clock, graceMs)
    if (entered === undefined) {
      await this.#drop(subscription.states)
      return
    }
    entered.ownership.drainTimeoutMs = 0
    await entered.membership.leave(leaveGroup)
    entered.watch.stop()
  }

  /** Gives up partitions that were chosen by hand. */
  async #drop(states: readonly PartitionState[]): Promise<void> {
    if (states.length === 0) return
    const { subscription, stream, automatic, changed } = this.#parts
    const committed = automatic()?.commitFinally(states)
    subscription.remove(states)
    stream.revoke(states)
    changed()
    await committed
  }
}
