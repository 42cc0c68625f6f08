import { type Cluster, type ResolvedClientOptions, withDeadline } from '@k/network'
import { Meters } from './meters.ts'
import type { ResolvedSettings } from './options.ts'
import { ProducerId } from './producer-id.ts'
import type { ProducerMetrics } from './producer-metrics.ts'
import { RecordAccumulator } from './record-accumulator.ts'
import { Senders } from './senders.ts'
import { TopicLookup } from './topic-lookup.ts'
import { Transactions } from './transaction/transactions.ts'

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
  /** Aborts when it is closed: whatever still waits ends. */
  readonly closing = new AbortController()
  readonly #unsubscribe: () => void

  constructor(settings: ResolvedSettings, client: ResolvedClientOptions, cluster: Cluster) {
    const { clock, random } = cluster
    const meters = new Meters(clock, client.clientId)
    this.#cluster = cluster
    this.#meters = meters
    const parts = {
      ...client,
      ...settings,
      options: client,
      cluster,
      clock,
      random,
      meters,
      closing: this.closing.signal,
      // These are made last, and wanted when there are records.
      accumulator: () => this.accumulator,
      senders: () => this.#senders,
    }
    const lookup = new TopicLookup(parts)
    if (settings.transactionalId !== undefined)
      this.transactions = new Transactions(parts as typeof parts & { readonly transactionalId: string })
    else if (settings.enableIdempotence) this.producerId = new ProducerId(parts)
    const { transactions } = this
    const identity = transactions ?? this.producerId
    const isOrdered = settings.enableIdempotence || settings.retries === 0
    const maxInFlight = isOrdered ? settings.maxInFlightRequestsPerConnection : 1
    this.#senders = new Senders({ ...parts, transactions, lookup, identity, maxInFlight })
    this.accumulator = new RecordAccumulator(parts, this.#senders)
    this.#unsubscribe = cluster.onMetadata(() => this.accumulator.updateTopics())
  }

  /** What happened until now. */
  metrics(): ProducerMetrics {
    return this.#meters.snapshot(this.accumulator.metrics)
  }

  /** Sends what is pending for at most `timeoutMs`, fails the rest with `error`, and stops. */
  async close(timeoutMs: number, error: Error): Promise<void> {
    const flushed = withDeadline(this.#cluster.clock, this.accumulator.flush(), timeoutMs, { what: 'closing' })
    await flushed.catch(() => this.accumulator.failAll(error))
    this.#unsubscribe()
    this.closing.abort(error)
    this.#senders.close()
    this.accumulator.close()
  }
}
