import { KafkaError } from '@k/protocol'
import { PartitionState, type PositionSource } from './partition-state.ts'
import { checkTopicPartition, type TopicPartition } from './topic-partition.ts'

/** What was chosen to be read: nothing, topics (whose partitions are dealt out), or partitions by hand. */
export type SubscriptionKind = 'none' | 'topics' | 'partitions'

const NO_TOPICS: readonly string[] = []

/** What is to be read, and what is: the only holder of positions. */
export class SubscriptionState {
  #kind: SubscriptionKind = 'none'
  #topics: readonly string[] = NO_TOPICS
  // By topic, then by partition. Not an array: whoever deals out partitions may name any number.
  readonly #states = new Map<string, Map<number, PartitionState>>()

  get kind(): SubscriptionKind {
    return this.#kind
  }

  get topics(): readonly string[] {
    return this.#topics
  }

  /** @throws KafkaError with `SUBSCRIPTION_CONFLICT` while partitions are assigned by hand */
  subscribe(topics: readonly string[]): void {
    if (this.#kind === 'partitions') {
      throw new KafkaError('SUBSCRIPTION_CONFLICT', 'subscribe() while partitions are assigned by hand: call unsubscribe() first')
    }
    this.#kind = 'topics'
    this.#topics = Object.freeze([...new Set(topics)].sort())
  }

  /** Turns to partitions chosen by hand. @throws KafkaError with `SUBSCRIPTION_CONFLICT` while topics are subscribed */
  chooseByHand(): void {
    if (this.#kind === 'topics') {
      throw new KafkaError('SUBSCRIPTION_CONFLICT', 'assign() while topics are subscribed: call unsubscribe() first')
    }
    this.#kind = 'partitions'
  }

  /** Chooses nothing. Assigned partitions stay until they are removed. */
  unsubscribe(): void {
    this.#kind = 'none'
    this.#topics = NO_TOPICS
  }

  /** Every assigned partition, in the order of topics' first assignment. */
  get states(): PartitionState[] {
    const all: PartitionState[] = []
    for (const ofTopic of this.#states.values()) all.push(...ofTopic.values())
    return all
  }

  find(topic: string, partition: number): PartitionState | undefined {
    return this.#states.get(topic)?.get(partition)
  }

  /** The state of a partition that a user named. @throws KafkaError with `PARTITION_NOT_ASSIGNED` */
  require(topicPartition: TopicPartition): PartitionState {
    const { topic, partition } = checkTopicPartition(topicPartition)
    const state = this.find(topic, partition)
    if (state !== undefined) return state
    throw new KafkaError('PARTITION_NOT_ASSIGNED', `${topic}-${partition} is not assigned to this consumer; assignment() tells what is`)
  }

  /** New states for partitions that are not assigned yet; those that are keep theirs. Returns the new ones. */
  add(partitions: readonly TopicPartition[], source: PositionSource): PartitionState[] {
    const added: PartitionState[] = []
    for (const { topic, partition } of partitions) {
      let ofTopic = this.#states.get(topic)
      if (ofTopic === undefined) {
        ofTopic = new Map()
        this.#states.set(topic, ofTopic)
      }
      if (ofTopic.has(partition)) continue
      const state = new PartitionState(topic, partition, source)
      ofTopic.set(partition, state)
      added.push(state)
    }
    return added
  }

  /** These are gone for ever. */
  remove(states: readonly PartitionState[]): void {
    for (const state of states) {
      state.unassign()
      const ofTopic = this.#states.get(state.topic)
      if (ofTopic?.get(state.partition) !== state) continue
      ofTopic.delete(state.partition)
      if (ofTopic.size === 0) this.#states.delete(state.topic)
    }
  }
}
