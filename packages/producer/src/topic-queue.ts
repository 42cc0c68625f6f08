import type { TopicMetadata } from '@k/network'
import { type Bytes, CompressionRate, KafkaError } from '@k/protocol'
import { PartitionQueue, type QueueRules } from './partition-queue.ts'
import type { PartitionChoice, TopicPartitioner } from './partitioner.ts'
import type { WaitingRecord } from './waiting-record.ts'

// Times batchSize that a batch may have before compression, however well it compresses.
const MOST_TO_COMPRESS = 16

/** One topic: its partitions as far as they are known, and the records that wait for their turn, in the order of the calls. */
export class TopicQueue {
  readonly name: string
  /** Records that could not be appended yet. While there are any, every later record of the topic waits behind them. */
  readonly waiting: WaitingRecord<TopicQueue>[] = []
  /** Whether the first of them is just being appended. */
  isAdvancing = false
  /** Whether the first of them stands in the line for memory. */
  isInLine = false
  /** When a batch was last begun: monotonic milliseconds. */
  usedAt: number
  /** Whether its partitions are no longer kept fresh. */
  isForgotten = false
  /** Why it could not be looked up last. */
  lastError: KafkaError | undefined
  /** Bytes that a batch may have before compression: as many as will be `batchSize` after it, by what is known. */
  batchLimit: number
  readonly #batchSize: number
  readonly #compressionRate = new CompressionRate()
  readonly #rules: QueueRules
  readonly #partitioner: TopicPartitioner
  readonly #queues: PartitionQueue[] = []
  #metadata: TopicMetadata | undefined
  #choice: PartitionChoice

  constructor(name: string, rules: QueueRules, partitioner: TopicPartitioner, now: number, batchSize: number) {
    this.name = name
    this.usedAt = now
    this.#batchSize = batchSize
    this.batchLimit = batchSize
    this.#rules = rules
    this.#partitioner = partitioner
    this.#choice = { topic: name, partitions: [], available: [] }
  }

  /** Partitions that are known; 0 before the first metadata. */
  get count(): number {
    return this.#choice.partitions.length
  }

  /** What the cluster said last. */
  get metadata(): TopicMetadata | undefined {
    return this.#metadata
  }

  /** Those partitions that had records. */
  *queues(): Iterable<PartitionQueue> {
    for (const queue of this.#queues) if (queue !== undefined) yield queue
  }

  /** The queue of a partition that exists. */
  queue(partition: number): PartitionQueue {
    return this.#queues[partition] ?? this.#newQueue(partition)
  }

  /** The partition for a record that names none. @throws KafkaError PARTITIONER_FAILED */
  choose(key: Bytes | null): number {
    let partition: number
    try {
      partition = this.#partitioner.partition(key, this.#choice)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new KafkaError('PARTITIONER_FAILED', `the partitioner threw: ${why}`, { cause })
    }
    if (Number.isInteger(partition) && partition >= 0 && partition < this.count) return partition
    const what = `the partitioner chose ${String(partition)}, which is none of the ${this.count} partitions of ${this.name}`
    throw new KafkaError('PARTITIONER_FAILED', what)
  }

  /** Takes in what compression has made of a batch. */
  compressed(size: number, compressedSize: number): void {
    const rate = this.#compressionRate
    rate.learn(size, compressedSize)
    // How much the estimate for a whole batch leaves of it.
    const share = this.#batchSize / Math.max(1, rate.estimate(this.#batchSize))
    this.batchLimit = Math.floor(this.#batchSize * Math.min(Math.max(share, 1), MOST_TO_COMPRESS))
  }

  /** Batches of a partition that wait to be sent; Infinity while it has no leader. */
  load(partition: number): number {
    if (this.leaderOf(partition) < 0) return Number.POSITIVE_INFINITY
    return this.#queues[partition]?.waiting.length ?? 0
  }

  /** The broker that leads a partition, -1 while it has none. */
  leaderOf(partition: number): number {
    return this.#metadata?.partitions[partition]?.leader ?? -1
  }

  /** Nothing was sent to it for long: its partitions must be looked up before the next record. Places in the sequence are kept. */
  forget(): void {
    this.isForgotten = true
    this.#metadata = undefined
    this.#choice = { topic: this.name, partitions: [], available: [] }
  }

  /** A record without a key went where the partitioner had said. */
  appended(partition: number, bytes: number): void {
    this.#partitioner.appended?.(partition, bytes)
  }

  /** Takes over what the cluster says now. An answer without partitions, from a broker that lags behind, changes nothing. */
  update(metadata: TopicMetadata | undefined): void {
    if (metadata === undefined || metadata === this.#metadata || metadata.partitions.length === 0) return
    this.isForgotten = false
    this.#metadata = metadata
    const { partitions } = metadata
    this.#choice = {
      topic: this.name,
      partitions: partitions.map((_, index) => index),
      available: partitions.flatMap(({ leader }, index) => (leader >= 0 ? index : [])),
    }
    for (const queue of this.queues()) queue.leader = partitions[queue.partition]?.leader ?? -1
  }

  #newQueue(partition: number): PartitionQueue {
    const queue = new PartitionQueue(this.name, partition, this.#rules)
    queue.leader = this.#metadata?.partitions[partition]?.leader ?? -1
    this.#queues[partition] = queue
    return queue
  }
}
