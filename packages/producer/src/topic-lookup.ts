import { Backoff, type BackoffOptions, type Cluster, type PartitionMetadata, sleep } from '@k/network'
import { BrokerError, type Clock, type KafkaError } from '@k/protocol'
import { asKafkaError } from './errors.ts'
import type { RecordAccumulator } from './record-accumulator.ts'

/** What looking topics up needs. */
export interface TopicLookupOptions extends BackoffOptions {
  readonly clock: Clock
  readonly cluster: Pick<Cluster, 'refresh' | 'topic'>
  /** Aborts when the producer closes: nothing is looked up any more. */
  readonly closing: AbortSignal
  /** Who waits for topics. */
  accumulator(): Pick<RecordAccumulator, 'topic' | 'waiting'>
}

/** Looks up topics that are unknown, or whose leaders have moved, until enough is known: at once, then with growing pauses for each topic. */
export class TopicLookup {
  readonly #options: TopicLookupOptions
  readonly #wanted = new Set<string>()

  constructor(options: TopicLookupOptions) {
    this.#options = options
  }

  /** The topic must be looked up. */
  want(name: string): void {
    if (this.#wanted.has(name)) return
    this.#wanted.add(name)
    void this.#lookUp(name)
  }

  async #lookUp(name: string): Promise<void> {
    const { clock, cluster } = this.#options
    // One of its own for each topic: Node warns of many listeners of the same.
    const closing = AbortSignal.any([this.#options.closing])
    const backoff = new Backoff(this.#options)
    while (!closing.aborted) {
      const error = await fetchPartitions(cluster, name).then(() => undefined, asKafkaError)
      if (closing.aborted || this.#isKnown(name, error)) break
      await sleep(clock, backoff.next(), closing).catch(() => undefined)
    }
    this.#wanted.delete(name)
  }

  /** Tells those who wait for the topic. Answers whether that is enough. @param error - why it could not be fetched */
  #isKnown(name: string, error: KafkaError | undefined): boolean {
    const accumulator = this.#options.accumulator()
    const topic = accumulator.topic(name)
    topic.update()
    topic.lastError = error
    if (error === undefined) accumulator.waiting.advance(topic, true)
    else if (!error.retriable) accumulator.waiting.failAll(error, topic)
    const isLeaderless = topic.queues.some(({ leader, waiting }) => leader < 0 && waiting.length > 0)
    return !isLeaderless && (error === undefined || topic.waiting.length === 0)
  }
}

const UNKNOWN_TOPIC_OR_PARTITION = 3

/** Fetches what the cluster says of a topic. @throws BrokerError where it has no partitions */
export async function fetchPartitions(cluster: Pick<Cluster, 'refresh' | 'topic'>, name: string): Promise<readonly PartitionMetadata[]> {
  await cluster.refresh([name])
  const topic = cluster.topic(name)
  if (topic?.partitions.length) return topic.partitions
  throw new BrokerError(topic?.errorCode || UNKNOWN_TOPIC_OR_PARTITION, `topic ${name}`)
}
