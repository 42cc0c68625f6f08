import type { Bytes, Random } from '@k/protocol'
import { murmur2 } from './murmur2.ts'

/** The partitions that a record can go to. */
export interface PartitionChoice {
  /** The name of the topic. */
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
  /** The option `partitionerIgnoreKeys`. */
  readonly ignoreKeys: boolean
  /** The option `partitionerAdaptivePartitioning`. */
  readonly isAdaptive: boolean
  /** The option `random`, so that tests can say where records go. */
  readonly random: Random
  /**
   * How many batches of a partition wait to be sent; Infinity where none can be sent: the partition has no leader, or its broker has left
   * batches waiting for longer than `partitionerAvailabilityTimeoutMs`.
   */
  load(partition: number): number
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
 * partition until `batchSize` bytes have gone there, then move to another one that has a leader (KIP-480), the less likely the more batches
 * wait for it (KIP-794).
 */
export function defaultPartitioner(): Partitioner {
  return {
    forTopic: (_topic, context) => {
      let sticky = -1
      let stickyBytes = 0
      return {
        partition: (key, choice) => {
          const { length } = choice.partitions
          if (key !== null && !context.ignoreKeys) return partitionOfKey(key, length)
          if (sticky < 0 || sticky >= length || stickyBytes >= context.batchSize) {
            sticky = another(choice, sticky, context)
            stickyBytes = 0
          }
          return sticky
        },
        appended: (partition, bytes) => {
          if (partition === sticky) stickyBytes += bytes
        },
      }
    },
  }
}

/** Every record goes to the next partition that has a leader, whatever its key (KIP-369). */
export function roundRobin(): Partitioner {
  return {
    forTopic: () => {
      let next = 0
      return { partition: (_key, choice) => pick(choice, next++) }
    },
  }
}

/** Every record goes to any partition that has a leader, whatever its key. */
export function random(): Partitioner {
  return {
    forTopic: (_topic, { random }) => ({
      partition: (_key, choice) => pick(choice, Math.floor(random.next() * candidatesOf(choice).length)),
    }),
  }
}

/** The partition that the Java client chooses for a key among `count` partitions. */
export function partitionOfKey(key: Bytes, count: number): number {
  return (murmur2(key) & 0x7fffffff) % count
}

/** Where records can be written without waiting; all partitions where there is none. */
function candidatesOf({ available, partitions }: PartitionChoice): readonly number[] {
  return available.length > 0 ? available : partitions
}

/** Another partition than `last`, the likelier the fewer batches wait for it; `last` where only there can anything be sent just now. */
function another(choice: PartitionChoice, last: number, context: PartitionerContext): number {
  let load = (partition: number) => (context.isAdaptive ? context.load(partition) : 0)
  let among = choice.available
  if (!among.some((partition) => load(partition) < Number.POSITIVE_INFINITY)) {
    among = candidatesOf(choice)
    load = () => 0
  }
  const isEligible = (partition: number) => partition !== last && load(partition) < Number.POSITIVE_INFINITY
  let count = 0
  let sum = 0
  let most = 0
  for (const partition of among) {
    if (!isEligible(partition)) continue
    count += 1
    sum += load(partition)
    most = Math.max(most, load(partition))
  }
  // Each weighs one more than it has fewer batches than the one with the most.
  let left = context.random.next() * (count * (most + 1) - sum)
  for (const partition of among) {
    if (!isEligible(partition)) continue
    left -= most + 1 - load(partition)
    if (left < 0) return partition
  }
  return last
}

function pick(choice: PartitionChoice, index: number): number {
  const among = candidatesOf(choice)
  return among[index % among.length]!
}

/** Makes a partitioner of a user's function. */
export function partitionerOf(choose: PartitionFunction): Partitioner {
  return { forTopic: () => ({ partition: (key, choice) => choose(typeof key === 'string' ? Buffer.from(key) : key, choice) }) }
}
