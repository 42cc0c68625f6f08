import type { Bytes, Random } from '@k/protocol'
import { murmur2, murmur2OfString } from './murmur2.ts'

/** The partitions that a record can go to. */
export interface PartitionChoice {
  readonly topic: string
  /** Every partition of the topic: 0, 1, 2 and so on. */
  readonly partitions: readonly number[]
  /** Those that have a leader just now, so that a record can be written without waiting. May be empty. */
  readonly available: readonly number[]
}

/**
 * Chooses the partition of a record: one of `choice.partitions`.
 * Called once for each record that names no partition, with the serialized key (null where there is none).
 */
export type PartitionFunction = (key: Uint8Array | null, choice: PartitionChoice) => number

/** What a {@link Partitioner} may use. */
export interface PartitionerContext {
  /** The option `batchSize`. */
  readonly batchSize: number
  readonly random: Random
}

/** Chooses partitions within one topic. */
export interface TopicPartitioner {
  /** The partition of a record with this key. */
  partition(key: Bytes | null, choice: PartitionChoice): number
  /** A record without a key, placed by this partitioner, took `bytes` bytes of a batch of `partition`. */
  appended?(partition: number, bytes: number): void
}

/** A way to choose partitions that keeps state by topic. */
export interface Partitioner {
  /** Called once for each topic. */
  forTopic(topic: string, context: PartitionerContext): TopicPartitioner
}

/**
 * Kafka's default: a record with a key goes where murmur2 of its bytes says, as with the Java client; records without a key stay on one
 * partition until `batchSize` bytes have gone there, then move to another one that has a leader (KIP-480, KIP-794).
 */
export function defaultPartitioner(): Partitioner {
  return { forTopic: (_topic, context) => new DefaultTopicPartitioner(context) }
}

/** The partition that the Java client chooses for a key among `count` partitions. */
export function partitionOfKey(key: Bytes, count: number): number {
  const hash = typeof key === 'string' ? murmur2OfString(key) : murmur2(key)
  return (hash & 0x7fffffff) % count
}

class DefaultTopicPartitioner implements TopicPartitioner {
  readonly #batchSize: number
  readonly #random: Random
  #sticky = -1
  #stickyBytes = 0

  constructor({ batchSize, random }: PartitionerContext) {
    this.#batchSize = batchSize
    this.#random = random
  }

  partition(key: Bytes | null, choice: PartitionChoice): number {
    if (key !== null) return partitionOfKey(key, choice.partitions.length)
    if (this.#sticky < 0 || this.#sticky >= choice.partitions.length) this.#move(choice)
    else if (this.#stickyBytes >= this.#batchSize) this.#move(choice)
    return this.#sticky
  }

  appended(partition: number, bytes: number): void {
    if (partition === this.#sticky) this.#stickyBytes += bytes
  }

  #move(choice: PartitionChoice): void {
    const among = choice.available.length > 0 ? choice.available : choice.partitions
    const others = among.length > 1 && among.includes(this.#sticky) ? among.length - 1 : among.length
    let index = Math.floor(this.#random.next() * others)
    // Skipping the current one by position keeps the choice uniform over the others.
    if (others < among.length && index >= among.indexOf(this.#sticky)) index += 1
    this.#sticky = among[index]!
    this.#stickyBytes = 0
  }
}

/** Makes a partitioner of a user's function. */
export function partitionerOf(choose: PartitionFunction): Partitioner {
  const topicPartitioner: TopicPartitioner = {
    partition: (key, choice) => choose(typeof key === 'string' ? Buffer.from(key) : key, choice),
  }
  return { forTopic: () => topicPartitioner }
}
