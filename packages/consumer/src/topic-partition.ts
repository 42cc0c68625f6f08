import { ConfigError, KafkaError } from '@k/protocol'

/** A partition of a topic. */
export interface TopicPartition {
  /** The topic's name. */
  readonly topic: string
  /** From 0. */
  readonly partition: number
}

/** An offset of a partition: the next record to read, which is one more than the last that was processed. */
export interface TopicPartitionOffset extends TopicPartition {
  /** The offset of the next record to read, from 0. */
  readonly offset: number
  /** Any text that the broker keeps with a committed offset. */
  readonly metadata?: string | undefined
  /** The epoch of the leader that wrote the record before it (KIP-320). */
  readonly leaderEpoch?: number | undefined
  /** A record is no offset: to finish record `r`, hand in `r.offset + 1`, or call `processed(r)`. */
  readonly value?: never
}

/** `topic-partition`, as Kafka writes it: made for maps. Different partitions never have the same. */
export function topicPartitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

/** A map whose keys are partitions, compared by topic and number. Iterates in the order of insertion. */
export class TopicPartitionMap<V> implements Iterable<[TopicPartition, V]> {
  readonly #entries = new Map<string, [TopicPartition, V]>()

  constructor(entries: Iterable<readonly [TopicPartition, V]> = []) {
    for (const [topicPartition, value] of entries) this.set(topicPartition, value)
  }

  /** How many partitions have a value. */
  get size(): number {
    return this.#entries.size
  }

  /** The value of a partition. */
  get(topicPartition: TopicPartition): V | undefined {
    return this.#entries.get(topicPartitionKey(topicPartition))?.[1]
  }

  /** Whether there is a value of a partition. */
  has(topicPartition: TopicPartition): boolean {
    return this.#entries.has(topicPartitionKey(topicPartition))
  }

  /** Puts a value in the place of the one before. */
  set(topicPartition: TopicPartition, value: V): this {
    const { topic, partition } = topicPartition
    this.#entries.set(topicPartitionKey(topicPartition), [{ topic, partition }, value])
    return this
  }

  /** Takes a value out; says whether there was one. */
  delete(topicPartition: TopicPartition): boolean {
    return this.#entries.delete(topicPartitionKey(topicPartition))
  }

  /** Partition and value of each. */
  [Symbol.iterator](): IterableIterator<[TopicPartition, V]> {
    return this.#entries.values()
  }
}

/** Whether a user's number can be an offset. @throws KafkaError with `INVALID_ARGUMENT` */
export function checkOffset(offset: unknown, what: string): number {
  if (Number.isSafeInteger(offset) && (offset as number) >= 0) return offset as number
  throw new KafkaError(
    'INVALID_ARGUMENT',
    `${what} must be a whole number from 0 to 2^53 - 1; given was ${String(offset)}. For the start or the end of a partition there are ` +
      'seekToBeginning() and seekToEnd()',
  )
}

/** Whether what a user handed in is a partition. @throws KafkaError with `INVALID_ARGUMENT` */
export function checkTopicPartition(given: unknown): TopicPartition {
  const { topic, partition } = (given ?? {}) as Partial<TopicPartition>
  if (typeof topic !== 'string' || topic === '') {
    throw new KafkaError('INVALID_ARGUMENT', 'a partition is { topic, partition }, with a topic that is a string and not empty')
  }
  if (!Number.isSafeInteger(partition) || (partition as number) < 0) {
    throw new KafkaError('INVALID_ARGUMENT', `a partition of ${topic} must be a whole number of at least 0; given was ${String(partition)}`)
  }
  return given as TopicPartition
}

/** Each partition once, in the order given. @throws KafkaError with `INVALID_ARGUMENT` */
export function checkTopicPartitions(given: unknown): TopicPartition[] {
  if (!Array.isArray(given)) throw new KafkaError('INVALID_ARGUMENT', 'partitions are given as an array of { topic, partition }')
  const unique = new TopicPartitionMap<TopicPartition>()
  for (const one of given) unique.set(checkTopicPartition(one), one as TopicPartition)
  return Array.from(unique, ([topicPartition]) => topicPartition)
}

/** Offsets to commit as a user hands them in. @throws ConfigError for a record, KafkaError with `INVALID_ARGUMENT` for anything else that is none */
export function checkOffsets(given: unknown): TopicPartitionOffset[] {
  if (!Array.isArray(given)) throw new KafkaError('INVALID_ARGUMENT', 'offsets are given as an array of { topic, partition, offset }')
  const last = new TopicPartitionMap<TopicPartitionOffset>()
  for (const one of given) {
    const { topic, partition } = checkTopicPartition(one)
    if ('value' in one) {
      throw new ConfigError(
        'offsets',
        `holds a record of ${topic}-${partition} where { topic, partition, offset } is meant, whose offset is the next to read: the record's offset + 1`,
      )
    }
    checkOffset(one.offset, `the offset of ${topic}-${partition}`)
    if (one.leaderEpoch !== undefined) checkOffset(one.leaderEpoch, `the leader epoch of ${topic}-${partition}`)
    if (one.metadata !== undefined && typeof one.metadata !== 'string') {
      throw new KafkaError('INVALID_ARGUMENT', `the metadata of an offset must be a string; that of ${topic}-${partition} is not`)
    }
    last.set(one, one)
  }
  return Array.from(last, ([, offset]) => offset)
}
