import { KafkaError } from '@k/protocol'
import type { Fetchers } from './fetchers.ts'
import type { GroupOffsets } from './group/group-offsets.ts'
import type { PartitionState, PositionSource } from './partition-state.ts'
import type { PositionResolver } from './position-resolver.ts'
import type { RecordStream } from './record-stream.ts'
import type { SubscriptionState } from './subscription-state.ts'
import { checkOffset, checkTopicPartitions, type TopicPartition, type TopicPartitionOffset, topicPartitionKey } from './topic-partition.ts'

/** Where the partitions stand, and how the user moves them. */
export class Positions {
  readonly #subscription: SubscriptionState
  readonly #stream: RecordStream<unknown, unknown>
  readonly #fetchers: Fetchers
  readonly #resolver: PositionResolver

  constructor(subscription: SubscriptionState, stream: RecordStream<unknown, unknown>, fetchers: Fetchers, resolver: PositionResolver) {
    this.#subscription = subscription
    this.#stream = stream
    this.#fetchers = fetchers
    this.#resolver = resolver
  }

  /** The states of assigned partitions; of all where none are named. @throws KafkaError with `PARTITION_NOT_ASSIGNED` */
  states(partitions: readonly TopicPartition[] | undefined): PartitionState[] {
    if (partitions === undefined) return this.#subscription.states
    return checkTopicPartitions(partitions).map((one) => this.#subscription.require(one))
  }

  /** Goes to an offset, at once. */
  seek(partition: TopicPartition, offset: number): void {
    const state = this.#subscription.require(partition)
    state.seek(checkOffset(offset, `the offset to seek to in ${topicPartitionKey(partition)}`))
    this.#moved([state])
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const state of this.states(checkTopicPartitions(partitions))) state.paused = true
    // What is buffered of them makes room for others, which may have found none.
    this.#fetchers.poll()
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const state of this.states(checkTopicPartitions(partitions))) state.paused = false
    this.#fetchers.poll()
    this.#stream.arrival.wake()
  }

  /** The position of a state, once it is found. */
  async position(state: PartitionState, signal: AbortSignal): Promise<number> {
    while (state.position < 0) {
      signal.throwIfAborted()
      if (!state.isOwned)
        throw new KafkaError('PARTITION_NOT_ASSIGNED', `${state} was taken from this consumer before its position was found`)
      const failure = this.#resolver.takeFailure(state)
      if (failure !== undefined) throw failure
      const settled = this.#resolver.settled.wait()
      state.isPositionWanted = true
      this.#resolver.resolve()
      await settled
    }
    return state.position
  }

  /** Goes to where a source says, once that is found. */
  async seekTo(source: PositionSource, states: readonly PartitionState[], signal: AbortSignal): Promise<void> {
    for (const state of states) state.unresolve(source)
    this.#stream.drop(states)
    await Promise.all(states.map((state) => this.position(state, signal)))
  }

  /** Goes to what the group has committed, and where it has nothing, to where the reset policy says. */
  async seekToCommitted(
    groupOffsets: GroupOffsets,
    states: readonly PartitionState[],
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<(TopicPartitionOffset | undefined)[]> {
    const committed = await groupOffsets.fetch(states, timeoutMs, { signal })
    const without: PartitionState[] = []
    states.forEach((state, index) => {
      const offset = committed[index]
      if (offset === undefined) without.push(state)
      else state.seek(offset.offset)
    })
    this.#moved(states)
    await this.seekTo('policy', without, signal)
    return committed
  }

  #moved(states: readonly PartitionState[]): void {
    this.#stream.drop(states)
    this.#resolver.settled.wake()
    this.#fetchers.poll()
  }
}
