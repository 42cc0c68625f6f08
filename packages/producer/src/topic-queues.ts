import type { TopicMetadata } from '@k/network'
import type { Clock, Random } from '@k/protocol'
import type { QueueRules } from './partition-queue.ts'
import type { Partitioner } from './partitioner.ts'
import { TopicQueue } from './topic-queue.ts'

/** What the topics of a producer need to know. Names and units are those of the producer's options. */
export interface TopicQueuesOptions {
  readonly batchSize: number
  readonly metadataMaxIdleMs: number
  readonly partitioner: Partitioner
  readonly partitionerAdaptivePartitioning: boolean
  readonly partitionerAvailabilityTimeoutMs: number
  readonly partitionerIgnoreKeys: boolean
  readonly clock: Clock
  readonly random: Random
}

/** Who knows the cluster. */
export interface TopicQueuesHost {
  readonly rules: QueueRules
  /** What the cluster says of a topic now. */
  metadataOf(topic: string): TopicMetadata | undefined
  /** Since when a broker has left batches waiting (monotonic); undefined where it takes what there is. */
  blockedSince(broker: number): number | undefined
}

/** Every topic that was ever sent to. */
export class TopicQueues {
  readonly #options: TopicQueuesOptions
  readonly #host: TopicQueuesHost
  readonly #topics = new Map<string, TopicQueue>()

  constructor(options: TopicQueuesOptions, host: TopicQueuesHost) {
    this.#options = options
    this.#host = host
  }

  /** The topic with this name. */
  get(name: string): TopicQueue {
    return this.#topics.get(name) ?? this.#add(name)
  }

  [Symbol.iterator](): Iterator<TopicQueue> {
    return this.#topics.values()
  }

  /** Lets go of what is known of topics that nothing was sent to for `metadataMaxIdleMs`, so that nobody keeps it fresh. */
  forgetIdle(): void {
    const now = this.#options.clock.monotonic()
    for (const topic of this.#topics.values()) if (this.#isIdle(topic, now)) topic.forget()
  }

  #add(name: string): TopicQueue {
    const { batchSize, clock, random, partitioner, partitionerIgnoreKeys, partitionerAdaptivePartitioning } = this.#options
    const topicPartitioner = partitioner.forTopic(name, {
      batchSize,
      random,
      ignoreKeys: partitionerIgnoreKeys,
      isAdaptive: partitionerAdaptivePartitioning,
      load: (partition) => (this.#isStuck(topic.leaderOf(partition)) ? Number.POSITIVE_INFINITY : topic.load(partition)),
    })
    const topic = new TopicQueue(name, this.#host.rules, topicPartitioner, clock.monotonic(), batchSize)
    topic.update(this.#host.metadataOf(name))
    this.#topics.set(name, topic)
    return topic
  }

  #isIdle(topic: TopicQueue, now: number): boolean {
    if (topic.isForgotten || now - topic.usedAt <= this.#options.metadataMaxIdleMs || topic.waiting.length > 0) return false
    for (const queue of topic.queues()) if (queue.waiting.length > 0 || queue.inFlight.length > 0) return false
    return true
  }

  /** Whether a broker has left batches waiting for too long. */
  #isStuck(broker: number): boolean {
    const { clock, partitionerAvailabilityTimeoutMs } = this.#options
    if (partitionerAvailabilityTimeoutMs === 0) return false
    const since = this.#host.blockedSince(broker)
    return since !== undefined && clock.monotonic() - since > partitionerAvailabilityTimeoutMs
  }
}
