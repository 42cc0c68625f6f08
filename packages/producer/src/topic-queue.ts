import type { Logger, TopicMetadata } from '@k/network'
import { type Bytes, type Clock, CompressionRate, type KafkaError, type Random } from '@k/protocol'
import { produceError, textOf } from './errors.ts'
import { PartitionQueue, type QueueRules } from './partition-queue.ts'
import type { PartitionChoice, Partitioner, TopicPartitioner } from './partitioner.ts'
import type { WaitingRecord } from './waiting-record.ts'

// Times batchSize that a batch may have before compression, however well it compresses.
const MOST_TO_COMPRESS = 16

/** What the topics of a producer need to know. Names and units are those of the producer's options. */
export interface TopicQueueOptions {
  readonly batchSize: number
  readonly metadataMaxIdleMs: number
  readonly partitioner: Partitioner
  readonly partitionerAdaptivePartitioning: boolean
  readonly partitionerAvailabilityTimeoutMs: number
  readonly partitionerIgnoreKeys: boolean
  readonly clock: Clock
  readonly random: Random
  readonly logger: Pick<Logger, 'error'>
}

/** Who knows the cluster. */
export interface TopicQueueHost {
  readonly rules: QueueRules
  /** What the cluster says of a topic now. */
  metadataOf(topic: string): TopicMetadata | undefined
  /** Since when a broker has left batches waiting (monotonic); undefined where it takes what there is. */
  blockedSince(broker: number): number | undefined
}

/** One topic: its partitions as far as they are known, and the records that wait for their turn, in the order of the calls. */
export class TopicQueue {
  readonly name: string
  /** Records that could not be appended yet. While there are any, every later record of the topic waits behind them. */
  readonly waiting: WaitingRecord<TopicQueue>[] = []
  /** Whether the first of them is just being appended. */
  isAdvancing = false
  /** Bytes for which the first of them stands in the line for memory; 0: it does not. */
  missing = 0
  /** When a batch was last begun: monotonic milliseconds. */
  usedAt: number
  /** Why it could not be looked up last. */
  lastError: KafkaError | undefined
  /** One for each partition that was ever known. */
  readonly queues: PartitionQueue[] = []
  /** Bytes that a batch may have before compression: as many as will be `batchSize` after it, by what is known. */
  batchLimit: number
  readonly #options: TopicQueueOptions
  readonly #host: TopicQueueHost
  readonly #compressionRate = new CompressionRate()
  #partitioner: TopicPartitioner | undefined
  #metadata: TopicMetadata | undefined
  #choice!: PartitionChoice

  constructor(name: string, options: TopicQueueOptions, host: TopicQueueHost) {
    const { batchSize, clock } = options
    this.name = name
    this.usedAt = clock.monotonic()
    this.batchLimit = batchSize
    this.#options = options
    this.#host = host
    this.#know(host.metadataOf(name))
  }

  /** Partitions that are known; 0 before the first metadata. */
  get count(): number {
    return this.#choice.partitions.length
  }

  /** The partition for a record that names none. @throws ProduceError PARTITIONER_FAILED */
  choose(key: Bytes | null): number {
    try {
      this.#partitioner ??= this.#newPartitioner()
      const partition = this.#partitioner.partition(key, this.#choice)
      // Who returns nothing must not find it beyond the last partition.
      if (partition >= 0 && this.#choice.partitions[partition] === partition) return partition
      throw new Error(`no partition ${String(partition)}`)
    } catch (cause) {
      throw produceError({ code: 'PARTITIONER_FAILED', message: `the partitioner failed: ${textOf(cause)}`, cause }, { topic: this.name })
    }
  }

  /** Takes in what compression has made of a batch. */
  compressed(size: number, compressedSize: number): void {
    const { batchSize } = this.#options
    this.#compressionRate.learn(size, compressedSize)
    // How much the estimate for a whole batch leaves of it.
    const share = batchSize / Math.max(1, this.#compressionRate.estimate(batchSize))
    this.batchLimit = Math.floor(batchSize * Math.min(Math.max(share, 1), MOST_TO_COMPRESS))
  }

  /** A record without a key went where the partitioner had said. */
  appended(partition: number, bytes: number): void {
    try {
      this.#partitioner?.appended?.(partition, bytes)
    } catch (error) {
      // The record will be written all the same.
      this.#options.logger.error('a partitioner threw', { error })
    }
  }

  /**
   * Takes over what the cluster says now. An answer without partitions, from a broker that lags behind, changes nothing. Lets go of what is known
   * where nothing was sent for `metadataMaxIdleMs`, so that nobody keeps it fresh: it is looked up before the next record.
   */
  update(): void {
    const { clock, metadataMaxIdleMs } = this.#options
    const metadata = this.#host.metadataOf(this.name)
    const isIdle = clock.monotonic() - this.usedAt > metadataMaxIdleMs && this.waiting.length === 0
    if (isIdle && this.queues.every(({ waiting, inFlight }) => waiting.length + inFlight.length === 0)) this.#know(undefined)
    else if (metadata !== this.#metadata && metadata?.partitions.length) this.#know(metadata)
  }

  #newPartitioner(): TopicPartitioner {
    const { partitioner, batchSize, random, partitionerIgnoreKeys: ignoreKeys, partitionerAdaptivePartitioning: isAdaptive } = this.#options
    return partitioner.forTopic(this.name, { batchSize, random, ignoreKeys, isAdaptive, load: (partition) => this.#load(partition) })
  }

  #know(metadata: TopicMetadata | undefined): void {
    const partitions = metadata?.partitions ?? []
    this.#choice = {
      topic: this.name,
      partitions: partitions.map((_, index) => index),
      available: partitions.flatMap(({ leader }, index) => (leader >= 0 ? index : [])),
    }
    const isNew = metadata?.topicId !== this.#metadata?.topicId
    this.#metadata = metadata
    // Places in the sequence are kept, also of what is forgotten.
    for (let i = this.queues.length; i < partitions.length; i++) this.queues.push(new PartitionQueue(this.name, i, this.#host.rules))
    for (const queue of this.queues) {
      queue.leader = partitions[queue.partition]?.leader ?? -1
      if (isNew) queue.recreated()
    }
  }

  /** Batches of a partition that wait to be sent; Infinity while it has no leader, or one that has left batches waiting for too long. */
  #load(partition: number): number {
    const { clock, partitionerAvailabilityTimeoutMs: most } = this.#options
    const { leader, waiting } = this.queues[partition]!
    const blockedSince = this.#host.blockedSince(leader) ?? Number.POSITIVE_INFINITY
    const isBlocked = most > 0 && clock.monotonic() - blockedSince > most
    return leader < 0 || isBlocked ? Number.POSITIVE_INFINITY : waiting.length
  }
}
