import { type Cluster, type ResolvedClientOptions, withDeadline } from '@k/network'
import { BrokerError } from '@k/protocol'
import { asKafkaError } from './errors.ts'
import { Meters } from './meters.ts'
import type { ResolvedSettings } from './options.ts'
import { ProducerId } from './producer-id.ts'
import type { ProducerMetrics } from './producer-metrics.ts'
import { RecordAccumulator } from './record-accumulator.ts'
import { Senders } from './senders.ts'
import { TopicLookup } from './topic-lookup.ts'
import type { TopicQueue } from './topic-queue.ts'
import { Transactions } from './transaction/transactions.ts'

/** What a producer's parts share. */
export interface PipelineOptions {
  readonly settings: ResolvedSettings
  readonly client: ResolvedClientOptions
  readonly cluster: Cluster
}

/** The way of records from the accumulator to the brokers: its parts, and how they call each other. */
export class Pipeline {
  readonly accumulator: RecordAccumulator
  /** Undefined without idempotence. */
  readonly producerId: ProducerId | undefined
  /** Undefined without a transactional id. */
  readonly transactions: Transactions | undefined
  readonly #cluster: Cluster
  readonly #meters: Meters
  readonly #senders: Senders
  readonly #lookup: TopicLookup
  readonly #unsubscribe: () => void

  constructor({ settings, client, cluster }: PipelineOptions) {
    const { transactionalId, enableIdempotence, retries, maxInFlightRequestsPerConnection } = settings
    const { clock, random } = cluster
    const meters = new Meters(clock, client.clientId)
    this.#cluster = cluster
    this.#meters = meters
    const parts = {
      ...client,
      ...settings,
      cluster,
      clock,
      random,
      meters,
      // These are made last, and wanted when there are records.
      accumulator: () => this.accumulator,
      senders: () => this.#senders,
    }
    this.#lookup = new TopicLookup({
      ...parts,
      refresh: (topics) => cluster.refresh(topics),
      lookedUp: (topic, error) => this.#lookedUp(topic, error),
    })
    if (transactionalId !== undefined) this.transactions = new Transactions({ ...parts, transactionalId })
    else if (enableIdempotence) this.producerId = new ProducerId(parts)
    const identity = this.transactions ?? this.producerId
    const maxInFlight = enableIdempotence || retries === 0 ? maxInFlightRequestsPerConnection : 1
    this.accumulator = new RecordAccumulator(
      { ...parts, isTransactional: transactionalId !== undefined },
      {
        rules: { ...parts, identity, maxInFlight },
        ready: (queue) => this.#senders.ready(queue),
        drain: () => this.#senders.drain(),
        lookUp: (topic) => {
          this.producerId?.ask()
          this.#lookup.want(topic.name)
        },
        metadataOf: (topic) => cluster.topic(topic),
        blockedSince: (broker) => this.#senders.blockedSince(broker),
      },
    )
    this.#senders = new Senders({ ...parts, transactions: this.transactions, lookup: this.#lookup })
    this.#unsubscribe = cluster.onMetadata(() => this.accumulator.updateTopics())
  }

  /** What happened until now. */
  metrics(): ProducerMetrics {
    return this.#meters.snapshot(this.accumulator.metrics)
  }

  /** Sends what is pending for at most `timeoutMs`, fails the rest with `error`, and stops. */
  async close(timeoutMs: number, error: Error): Promise<void> {
    const what = 'closing the producer'
    await withDeadline(this.#cluster.clock, this.accumulator.flush(), timeoutMs, { what }).catch(() => this.accumulator.failAll(error))
    this.#unsubscribe()
    for (const part of [this.#lookup, this.producerId, this.#senders, this.accumulator]) part?.close()
  }

  /** A topic was looked up. Answers whether that must be done again. */
  #lookedUp(name: string, error: unknown): boolean {
    const { accumulator } = this
    const { waiting } = accumulator
    const topic = accumulator.topic(name)
    const metadata = this.#cluster.topic(name)
    topic.update()
    if (error !== undefined) topic.lastError = asKafkaError(error)
    else if (topic.count === 0) topic.lastError = new BrokerError(metadata?.errorCode || UNKNOWN_TOPIC_OR_PARTITION, `topic ${name}`)
    else topic.lastError = undefined
    if (topic.lastError?.retriable === false) waiting.failAll(topic.lastError, topic)
    if (error === undefined) waiting.lookedUp(topic)
    return (topic.waiting.length > 0 && topic.lastError !== undefined) || hasLeaderless(topic)
  }
}

const UNKNOWN_TOPIC_OR_PARTITION = 3

/** Whether records of the topic wait for a partition to get a leader. */
function hasLeaderless(topic: TopicQueue): boolean {
  for (const queue of topic.queues) if (queue.leader < 0 && queue.waiting.length > 0) return true
  return false
}
