import {
  abortable,
  type CallOptions,
  type Cluster,
  type MaybePromise,
  openCluster,
  type PartitionMetadata,
  type ResolvedClientOptions,
  retry,
  withDeadline,
} from '@k/network'
import { type Bytes, KafkaError } from '@k/protocol'
import { BatchBuilder } from './batch-builder.ts'
import type { EnqueueOptions } from './delivery.ts'
import { closedError, type Reason } from './errors.ts'
import { checkProducerNames, type ProducerOptions, type ResolvedSettings, resolveSettings } from './options.ts'
import { Pipeline } from './pipeline.ts'
import type { ProducerMetrics } from './producer-metrics.ts'
import type { ProducerRecord } from './producer-record.ts'
import { type BatchSendTarget, RecordIntake } from './record-intake.ts'
import type { RecordMetadata } from './record-metadata.ts'
import { fetchPartitions } from './topic-lookup.ts'
import { OpenTransaction } from './transaction/open-transaction.ts'
import type { Transaction } from './transaction/transaction.ts'

/** What `close` takes. */
export interface ProducerCloseOptions {
  /** Milliseconds that pending records may still take. @default the option deliveryTimeoutMs */
  readonly timeoutMs?: number | undefined
}

/**
 * Writes records to Kafka. Connects by itself at the first call. Records of one tick and partition share a batch, batches share requests, and
 * what brokers did not acknowledge is sent again, in order and once, until `deliveryTimeoutMs` has passed.
 */
export class Producer<K = Bytes, V = Bytes> {
  readonly #settings: ResolvedSettings
  readonly #client: ResolvedClientOptions
  readonly #cluster: Cluster
  readonly #ownsCluster: boolean
  readonly #pipeline: Pipeline
  readonly #intake: RecordIntake
  /** Why nothing is sent but inside of a transaction; undefined without a transactional id. */
  readonly #outside: Reason | undefined
  #closing: Promise<void> | undefined

  /** Does no I/O. @throws ConfigError for a wrong option */
  constructor(options: ProducerOptions<K, V>) {
    checkProducerNames(options)
    const { cluster, owned, options: client } = openCluster(options, { clientId: '@k/producer' })
    const settings = resolveSettings(options, client)
    this.#settings = settings
    this.#client = client
    this.#cluster = cluster
    this.#ownsCluster = owned
    if (settings.transactionalId !== undefined) this.#outside = OUTSIDE
    this.#pipeline = new Pipeline(settings, client, cluster)
    this.#intake = new RecordIntake(this.#pipeline.accumulator, settings, (error) =>
      client.logger.error('a callback or an interceptor threw', { error }),
    )
  }

  /**
   * Writes one record. Resolves when it is written as `acks` asks.
   * @throws ProduceError; `signal.reason` where the signal aborted before the record was in the buffer, which then is certainly never sent
   */
  send(record: ProducerRecord<K, V>, options?: CallOptions): Promise<RecordMetadata>
  /**
   * Writes many records. All are checked and serialized before the first is taken; that apart, each stands for itself.
   * @throws ItemsError with the outcome of each where any failed
   */
  send(records: readonly ProducerRecord<K, V>[], options?: CallOptions): Promise<RecordMetadata[]>
  send(
    records: ProducerRecord<K, V> | readonly ProducerRecord<K, V>[],
    options?: CallOptions,
  ): Promise<RecordMetadata> | Promise<RecordMetadata[]> {
    return this.#intake.send(records, options, this.#outside)
  }

  /**
   * Puts a record into the buffer. Answers undefined where there was room, else a promise to wait for before the next: for room, or for I/O to
   * get a turn. A record whose delivery fails, and that has no `onDelivery`, rejects the next `flush()` or `close()`.
   *
   * The promise rejects where the record could not be put into the buffer and there is no `onDelivery` to tell; where nobody waits for it, that is
   * told by the next `flush()` or `close()`, too.
   * @throws ProduceError for wrong arguments, and after `close()`
   */
  enqueue(record: ProducerRecord<K, V>, options?: EnqueueOptions): Promise<void> | undefined {
    return this.#intake.enqueue(record, options, this.#outside)
  }

  /**
   * Begins a transaction, hands it to `work`, and commits it when `work` has resolved; aborts it when `work` throws, and rejects with that very error.
   * What `work` has ended itself is left as it is. A signal that aborts before the work has ended aborts the transaction, and the call rejects with
   * `signal.reason` without waiting for the work; a commit that has begun goes on.
   * @throws KafkaError with `NO_TRANSACTION` without a `transactionalId`, or `TRANSACTION_IN_PROGRESS`; TransactionError; FencedError
   */
  async transaction<T>(work: (transaction: Transaction<K, V>) => MaybePromise<T>, options: CallOptions = {}): Promise<T> {
    if (typeof work !== 'function') throw new KafkaError('INVALID_ARGUMENT', 'transaction() takes a function')
    const transaction = await this.beginTransaction(options)
    let result: T
    try {
      result = await abortable(Promise.resolve(work(transaction)), options.signal)
      options.signal?.throwIfAborted()
    } catch (error) {
      // Never rejects, so that the error of the work is what is told.
      await transaction[Symbol.asyncDispose]()
      throw error
    }
    if (transaction.isOpen) await transaction.commit()
    return result
  }

  /**
   * Begins a transaction: `await using tx = await producer.beginTransaction()` aborts what `tx.commit()` did not commit. The first call fences
   * producers with the same `transactionalId`, and ends what they left open.
   * @throws KafkaError with `NO_TRANSACTION` without a `transactionalId`, or `TRANSACTION_IN_PROGRESS`; FencedError; TimeoutError after `maxBlockMs`
   */
  async beginTransaction(options: CallOptions = {}): Promise<Transaction<K, V>> {
    if (this.#intake.isClosed) throw closedError()
    const { transactions } = this.#pipeline
    if (transactions === undefined) {
      throw new KafkaError('NO_TRANSACTION', 'transactions need the option transactionalId')
    }
    await transactions.begin(options)
    return new OpenTransaction(transactions, this.#intake)
  }

  /** An empty batch, to be filled by hand and sent with {@link sendBatch}. Nothing of it counts against `bufferMemory` before. */
  createBatch(): BatchBuilder<K, V> {
    return new BatchBuilder(this.#settings.batchSize, (record) => this.#intake.encodable(record))
  }

  /**
   * Sends a batch to one partition, behind everything that was handed in for its topic before. Resolves with where its first record is.
   * @throws ProduceError, which holds for all of its records
   */
  sendBatch(batch: BatchBuilder<K, V>, target: BatchSendTarget, options?: CallOptions): Promise<RecordMetadata> {
    return this.#intake.send(target as BatchSendTarget & { value: null }, options, this.#outside, batch as BatchBuilder<never, never>)
  }

  /**
   * Waits until every record that was handed in before is acknowledged or has failed; nothing lingers meanwhile.
   * @throws DeliveryError where records failed that nobody listened to
   */
  async flush(options: CallOptions = {}): Promise<void> {
    if (this.#intake.isClosed) throw closedError()
    await abortable(this.#pipeline.accumulator.flush(), options.signal)
    this.#intake.unheard.throwIfAny()
  }

  /** The partitions of a topic, as the cluster told last; waits up to `maxBlockMs` for a topic to exist. @throws TimeoutError */
  async partitionsFor(topic: string, options: CallOptions = {}): Promise<readonly PartitionMetadata[]> {
    if (this.#intake.isClosed) throw closedError()
    const cluster = this.#cluster
    const known = cluster.topic(topic)?.partitions
    if (known?.length) return known
    const what = `looking up topic ${topic}`
    const signal = this.#untilEnd(options)
    const lookUp = () => fetchPartitions(cluster, topic)
    return retry(cluster, lookUp, { signal, what, timeoutMs: this.#settings.maxBlockMs, deadline: 'maxBlockMs' })
  }

  /** What the producer has done, at this moment: a plain object that does not change any more. Costs nothing until it is called. */
  metrics(): ProducerMetrics {
    return this.#pipeline.metrics()
  }

  /** Connects, and obtains what idempotence needs. Every other call does it by itself; this is for failing early. */
  async connect(options: CallOptions = {}): Promise<void> {
    if (this.#intake.isClosed) throw closedError()
    const signal = this.#untilEnd(options)
    await this.#cluster.connect({ signal })
    const { transactions, producerId } = this.#pipeline
    await abortable(Promise.resolve(transactions?.prepare() ?? producerId?.obtain()), signal)
  }

  /**
   * Takes no more records, waits for those that are pending, and lets go of everything. What is not acknowledged in time fails. Idempotent.
   * @throws DeliveryError where records failed that nobody listened to
   */
  close(options: ProducerCloseOptions = {}): Promise<void> {
    const { timeoutMs = this.#settings.deliveryTimeoutMs } = options
    if (!(timeoutMs >= 0)) return Promise.reject(new KafkaError('INVALID_ARGUMENT', `timeoutMs must be at least 0, not ${timeoutMs}`))
    this.#intake.isClosed = true
    this.#closing ??= this.#close(timeoutMs)
    return this.#closing
  }

  /** `await using` closes with the default timeout. Rejects as {@link Producer.close} does. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(timeoutMs: number): Promise<void> {
    const { clock } = this.#cluster
    const deadline = clock.monotonic() + timeoutMs
    const left = () => Math.max(0, deadline - clock.monotonic())
    await this.#pipeline.transactions?.close(timeoutMs)
    await this.#pipeline.close(left(), closedError())
    if (this.#ownsCluster) await this.#cluster.close()
    await this.#closeParts(left())
    this.#intake.unheard.throwIfAny()
  }

  #untilEnd({ signal }: CallOptions): AbortSignal {
    const end = this.#pipeline.closing.signal
    return AbortSignal.any([signal ?? end, end])
  }

  async #closeParts(timeoutMs: number): Promise<void> {
    for (const part of this.#settings.closers) {
      try {
        await withDeadline(this.#cluster.clock, Promise.resolve(part?.close?.()), timeoutMs, { what: 'closing' })
      } catch (error) {
        this.#client.logger.error('an interceptor or a serializer did not close', { error })
      }
    }
  }
}

const OUTSIDE: Reason = {
  code: 'NO_TRANSACTION',
  message: 'with a transactionalId records are sent inside of transaction()',
}
