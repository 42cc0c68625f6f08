import { type Cluster, type ResolvedClientOptions, withDeadline } from '@k/network'
import { BrokerError, InitProducerId, Produce } from '@k/protocol'
import { AttemptOutcomes } from './attempt-outcomes.ts'
import { asKafkaError } from './errors.ts'
import { Meters } from './meters.ts'
import type { ResolvedSettings } from './options.ts'
import { ProducerId } from './producer-id.ts'
import type { ProducerMetrics } from './producer-metrics.ts'
import { RecordAccumulator } from './record-accumulator.ts'
import { Senders } from './senders.ts'
import { TopicLookup } from './topic-lookup.ts'
import type { TopicQueue } from './topic-queue.ts'
import { Transactions, type TransactionsOptions } from './transaction/transactions.ts'

/** What a producer's parts share. */
export interface PipelineOptions {
  readonly settings: ResolvedSettings
  readonly client: ResolvedClientOptions
  readonly cluster: Cluster
}

/** The way of records from the accumulator to the brokers: its parts, and how they call each other. */
export class Pipeline {
  readonly accumulator: RecordAccumulator
  readonly #meters: Meters
  /** Undefined without idempotence. */
  readonly producerId: ProducerId | undefined
  /** Undefined without a transactional id. */
  readonly transactions: Transactions | undefined
  readonly #client: ResolvedClientOptions
  readonly #cluster: Cluster
  readonly #senders: Senders
  readonly #lookup: TopicLookup
  readonly #unsubscribe: () => void

  constructor({ settings, client, cluster }: PipelineOptions) {
    this.#client = client
    this.#cluster = cluster
    const { clock, random } = cluster
    const meters = new Meters(clock, client.clientId)
    this.#meters = meters
    const backoff = { clock, random, retryBackoffMs: client.retryBackoffMs, retryBackoffMaxMs: client.retryBackoffMaxMs }
    this.#lookup = new TopicLookup({
      ...backoff,
      refresh: (topics) => cluster.refresh(topics),
      lookedUp: (topic, error) => this.#lookedUp(topic, error),
    })
    if (settings.transactionalId !== undefined) {
      this.transactions = this.#newTransactions({ ...settings, ...client, ...backoff, transactionalId: settings.transactionalId })
    } else if (settings.enableIdempotence) {
      this.producerId = new ProducerId({
        ...backoff,
        request: () => this.#initProducerId(),
        isWanted: () => !this.accumulator.isEmpty,
        arrived: () => this.accumulator.updateTopics(),
        refused: (error) => this.accumulator.failAll(error),
      })
    }
    this.accumulator = new RecordAccumulator(
      { ...settings, clock, random, meters, isTransactional: settings.transactionalId !== undefined },
      {
        rules: {
          identity: this.transactions ?? this.producerId,
          maxInFlight: settings.enableIdempotence || settings.retries === 0 ? settings.maxInFlightRequestsPerConnection : 1,
          lost: (batch, message) => this.accumulator.giveUp(batch, { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER', message }),
          bumped: (queue, identity) => meters.bumped(queue, identity),
        },
        ready: (queue) => {
          this.producerId?.ask()
          this.#senders.ready(queue)
        },
        drain: () => this.#senders.drain(),
        lookUp: (topic) => {
          this.producerId?.ask()
          this.#lookup.want(topic.name)
        },
        metadataOf: (topic) => cluster.topic(topic),
        blockedSince: (broker) => this.#senders.blockedSince(broker),
      },
    )
    this.#senders = new Senders({
      ...settings,
      cluster,
      clock,
      meters,
      clientId: client.clientId,
      requestTimeoutMs: client.requestTimeoutMs,
      transactions: this.transactions,
      outcomes: new AttemptOutcomes({
        ...settings,
        ...backoff,
        meters,
        transaction: this.transactions,
        lookUp: (topic) => this.#lookup.want(topic),
        versionOf: (broker) => cluster.versionOf(Produce, broker),
        split: (batch) => this.accumulator.splits(batch),
      }),
      mayLeave: (batch, now) => this.accumulator.mayLeave(batch, now),
      leaderless: ({ topic }) => this.#lookup.want(topic),
    })
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
    this.#lookup.close()
    this.producerId?.close()
    this.#senders.close()
    this.accumulator.close()
  }

  #newTransactions(settings: Omit<TransactionsOptions, 'cluster' | 'flush' | 'failUnsent' | 'failAll' | 'mayLeave'>): Transactions {
    return new Transactions({
      ...settings,
      cluster: this.#cluster,
      flush: () => this.accumulator.flush(),
      failUnsent: (error) => this.accumulator.failUnsent(error),
      failAll: (error) => this.accumulator.failAll(error),
      mayLeave: (partitions) => {
        for (const queue of partitions) this.#senders.ready(queue)
        this.#senders.drain()
      },
    })
  }

  #initProducerId() {
    const { clientId, requestTimeoutMs: timeoutMs } = this.#client
    const body = { transactionalId: null, transactionTimeoutMs: MAX_INT32 }
    return this.#cluster.request(InitProducerId, body, { to: 'any', clientId, timeoutMs })
  }

  /** A topic was looked up. Answers whether that must be done again. */
  #lookedUp(name: string, error: unknown): boolean {
    const topic = this.accumulator.topic(name)
    const { waiting } = this.accumulator
    const metadata = this.#cluster.topic(name)
    topic.update(metadata)
    if (error !== undefined) topic.lastError = asKafkaError(error)
    else if (topic.count === 0) topic.lastError = new BrokerError(metadata?.errorCode || UNKNOWN_TOPIC_OR_PARTITION, `topic ${name}`)
    else topic.lastError = undefined
    if (topic.lastError?.retriable === false) waiting.failAll(topic.lastError, topic)
    if (error === undefined) waiting.lookedUp(topic)
    if (topic.waiting.length > 0 && (topic.count === 0 || error !== undefined)) return true
    return hasLeaderless(topic)
  }
}

const UNKNOWN_TOPIC_OR_PARTITION = 3
const MAX_INT32 = 2 ** 31 - 1

/** Whether records of the topic wait for a partition to get a leader. */
function hasLeaderless(topic: TopicQueue): boolean {
  for (const queue of topic.queues()) if (queue.leader < 0 && queue.waiting.length > 0) return true
  return false
}
