import type { Logger } from '@k/network'
import type { Clock } from '@k/protocol'
import { type ConsumerFacts, diagnostics } from './diagnostics.ts'
import { drain } from './drain.ts'
import type { PartitionOwner } from './group/membership.ts'
import type { Listening } from './listening.ts'
import type { OffsetCommits } from './offset-commits.ts'
import type { PartitionState, PositionSource } from './partition-state.ts'
import type { RebalanceListener } from './rebalance-listener.ts'
import type { RecordStream } from './record-stream.ts'
import type { SubscriptionState } from './subscription-state.ts'
import type { TopicPartition } from './topic-partition.ts'

/** What {@link Ownership} needs. */
export interface OwnershipParts {
  readonly subscription: SubscriptionState
  readonly stream: RecordStream<unknown, unknown>
  readonly listening: Listening
  readonly clock: Clock
  readonly logger: Logger
  /** Who speaks in diagnostics. */
  readonly facts: ConsumerFacts
  /** Undefined where nothing is committed by itself. */
  automatic(): OffsetCommits | undefined
  /** Partitions have come or gone. */
  changed(): void
  failed(error: unknown): void
}

/** Takes partitions over and gives them up, in the order that listeners, records in hand and commits need. */
export class Ownership implements PartitionOwner {
  /** Hears what comes and goes. */
  listener: RebalanceListener | undefined
  /** Milliseconds that are waited for what is in hand. */
  drainTimeoutMs: number
  readonly #parts: OwnershipParts

  constructor(parts: OwnershipParts, drainTimeoutMs: number) {
    this.#parts = parts
    this.drainTimeoutMs = drainTimeoutMs
  }

  get topics(): readonly string[] {
    return this.#parts.subscription.topics
  }

  async assigned(partitions: readonly TopicPartition[], source: PositionSource): Promise<void> {
    const { subscription, listening, changed, logger, facts } = this.#parts
    logger.debug('partitions were assigned', { partitions: partitions.map(nameOf) })
    diagnostics.partitionsAssigned.publish({ ...facts, partitions })
    const states = subscription.add(partitions, source)
    for (const state of states) state.awaitsListener = true
    await listening.call(this.listener, 'onPartitionsAssigned', plain(states))
    for (const state of states) state.awaitsListener = false
    changed()
  }

  async revoked(lost: AbortSignal, topics: readonly string[] = []): Promise<void> {
    const { subscription, stream, listening, automatic, logger, facts } = this.#parts
    const states = subscription.states.filter(({ topic }) => !topics.includes(topic))
    if (states.length === 0) return
    logger.debug('partitions are given up', { partitions: states.map(nameOf) })
    for (const state of states) state.revoke()
    stream.revoke(states)
    await this.#drained(states, lost)
    if (!lost.aborted) {
      await automatic()?.commitProcessed()
      await listening.call(this.listener, 'onPartitionsRevoked', plain(states))
      // The listener may have finished something.
      await automatic()?.commitProcessed()
      this.#release(states)
      diagnostics.partitionsRevoked.publish({ ...facts, partitions: plain(states) })
    } else await this.lost()
  }

  async lost(): Promise<void> {
    const { subscription, listening, logger, facts } = this.#parts
    const { states } = subscription
    if (states.length === 0) return
    logger.debug('partitions were lost', { partitions: states.map(nameOf) })
    this.#release(states)
    diagnostics.partitionsLost.publish({ ...facts, partitions: plain(states) })
    await listening.call(this.listener, 'onPartitionsLost', plain(states))
  }

  failed(error: unknown): void {
    this.#parts.failed(error)
  }

  #release(states: readonly PartitionState[]): void {
    const { subscription, stream, changed } = this.#parts
    subscription.remove(states)
    stream.revoke(states)
    changed()
  }

  /** Waits until nothing of these partitions is in hand, as long as there is time and reason. */
  async #drained(states: readonly PartitionState[], lost: AbortSignal): Promise<void> {
    const { stream, clock, logger } = this.#parts
    const { drainTimeoutMs } = this
    if (await drain(stream.progress, () => stream.isBusyWith(states), clock, drainTimeoutMs, lost)) return
    const { topic, partition, offset } = stream.inHand ?? {}
    const facts = { topic, partition, offset, drainTimeoutMs }
    if (!lost.aborted) logger.warn('a partition is given up while its record in hand is not finished: the next owner reads it again', facts)
  }
}

function nameOf(state: TopicPartition): string {
  return `${state.topic}-${state.partition}`
}

function plain(states: readonly PartitionState[]): TopicPartition[] {
  return states.map(({ topic, partition }) => ({ topic, partition }))
}
