import {
  abortable,
  type CallOptions,
  ClosedError,
  type Cluster,
  type MaybePromise,
  openCluster,
  type PartitionMetadata,
  type ResolvedClientOptions,
  retry,
  withDeadline,
} from '@k/network'
import { BrokerError, type Bytes, KafkaError } from '@k/protocol'
import { BatchBuilder } from './batch-builder.ts'
import { Breath } from './breath.ts'
import {
  type Delivery,
  type EnqueueOptions,
  type OnDelivery,
  PendingCallback,
  PendingSend,
  PendingSends,
  UnheardDeliveries,
} from './delivery.ts'
import { ProduceError, produceError, type Reason } from './errors.ts'
import { Interceptors } from './interceptors.ts'
import { checkProducerNames, type ProducerOptions, type ResolvedSettings, resolveSettings } from './options.ts'
import { Pipeline } from './pipeline.ts'
import type { ProducerMetrics } from './producer-metrics.ts'
import type { ProducerRecord } from './producer-record.ts'
import { type BatchSendTarget, RecordIntake, refusal } from './record-intake.ts'
import type { RecordMetadata } from './record-metadata.ts'
import { Room } from './room.ts'
import { OpenTransaction } from './transaction/open-transaction.ts'
import type { Transaction } from './transaction/transaction.ts'
import { TransactionError } from './transaction/transaction-error.ts'
import type { Waiting } from './waiting-records.ts'

/** What `close` takes. */
export interface ProducerCloseOptions {
  /** Milliseconds that pending records may still take. @default the option deliveryTimeoutMs */
  readonly timeoutMs?: number | undefined
}

type AnyRecord = ProducerRecord<unknown, unknown>

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
  readonly #breath: Breath
  readonly #interceptors: Interceptors | undefined
  readonly #unheard = new UnheardDeliveries()
  /** The same callback for many records is the usual thing. */
  #lastCallback: PendingCallback | undefined
  #isClosed = false
  #closing: Promise<void> | undefined
  /** Ends what still waits when everything else has ended. */
  readonly #end = new AbortController()

  /** Does no I/O. @throws ConfigError for a wrong option */
  constructor(options: ProducerOptions<K, V>) {
    checkProducerNames(options)
    const { cluster, owned, options: client } = openCluster(options, { clientId: '@k/producer' })
    const settings = resolveSettings(options, client)
    this.#settings = settings
    this.#client = client
    this.#cluster = cluster
    this.#ownsCluster = owned
    this.#breath = new Breath(cluster.clock)
    if (settings.interceptors.length > 0) this.#interceptors = new Interceptors(settings.interceptors, this.#onInterceptorThrown)
    this.#pipeline = new Pipeline({ settings, client, cluster })
    this.#intake = new RecordIntake(this.#pipeline.accumulator, settings.keySerializer, settings.valueSerializer, this.#interceptors)
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
    options: CallOptions = {},
  ): Promise<RecordMetadata> | Promise<RecordMetadata[]> {
    if (this.#pipeline.transactions === undefined || this.#isClosed) return this.#send(records, options)
    return Promise.reject<RecordMetadata>(refused(records, outsideOfTransaction()))
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
    if (this.#pipeline.transactions !== undefined && !this.#isClosed) {
      throw refused(record, outsideOfTransaction())
    }
    return this.#enqueue(record, options)
  }

  /**
   * Begins a transaction, hands it to `work`, and commits it when `work` has resolved; aborts it when `work` throws, and rejects with that very error.
   * What `work` has ended itself is left as it is. A signal that aborts before the work has ended aborts the transaction, and the call rejects with
   * `signal.reason` without waiting for the work; a commit that has begun goes on.
   * @throws KafkaError with `NO_TRANSACTION` without a `transactionalId`, or `TRANSACTION_IN_PROGRESS`; TransactionError; FencedError
   */
  async transaction<T>(work: (transaction: Transaction<K, V>) => MaybePromise<T>, options: CallOptions = {}): Promise<T> {
    if (typeof work !== 'function') throw new KafkaError('INVALID_ARGUMENT', 'transaction() takes a function, which gets the transaction')
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
    if (this.#isClosed) throw closed()
    const { transactions } = this.#pipeline
    if (transactions === undefined) {
      throw new KafkaError('NO_TRANSACTION', 'transactions need a name that outlives the producer: give it the option transactionalId')
    }
    await transactions.begin(options)
    const sends = {
      send: (records: ProducerRecord<K, V> | readonly ProducerRecord<K, V>[], o: CallOptions = {}) => this.#send(records, o),
      enqueue: (record: ProducerRecord<K, V>, o: EnqueueOptions) => this.#enqueue(record, o),
      // A producer that is at its end has no other error.
      refused: (records: ProducerRecord<K, V> | readonly ProducerRecord<K, V>[], error: KafkaError) =>
        TransactionError.is(error) ? refused(records, error) : error,
    }
    return new OpenTransaction(transactions, sends, this.#client.logger)
  }

  #send(
    records: ProducerRecord<K, V> | readonly ProducerRecord<K, V>[],
    { signal }: CallOptions,
  ): Promise<RecordMetadata> | Promise<RecordMetadata[]> {
    return isMany(records) ? this.#sendMany(records, signal) : this.#sendOne(records, signal)
  }

  #enqueue(record: ProducerRecord<K, V>, options?: EnqueueOptions): Promise<void> | undefined {
    if (this.#isClosed) throw this.#closedFor(record)
    const onDelivery = options?.onDelivery
    const delivery: Delivery = onDelivery === undefined ? this.#unheard : this.#callbackOf(onDelivery)
    if (options?.signal?.aborted) return Room.reject(options.signal.reason)
    let waiting: Waiting | undefined
    try {
      waiting = this.#intake.admit(record, onDelivery !== undefined, delivery)
    } catch (error) {
      if (!ProduceError.is(error) || error.code === 'INVALID_ARGUMENT') throw error
      // As with every other failure, whoever listens hears of it after the call.
      queueMicrotask(() => delivery.failed(error, undefined))
      return undefined
    }
    if (waiting === undefined || waiting.isDone) {
      const { key, value } = record as ProducerRecord
      return this.#breath.take(this.#pipeline.accumulator.tick, (key?.length ?? 0) + (value?.length ?? 0))
    }
    return this.#roomFor(waiting, onDelivery === undefined, options?.signal)
  }

  /** An empty batch, to be filled by hand and sent with {@link sendBatch}. Nothing of it counts against `bufferMemory` before. */
  createBatch(): BatchBuilder<K, V> {
    const { batchSize } = this.#settings
    return new BatchBuilder({ batchSize, encodable: (record) => this.#intake.encodable(record) })
  }

  /**
   * Sends a batch to one partition, behind everything that was handed in for its topic before. Resolves with where its first record is.
   * @throws ProduceError, which holds for all of its records
   */
  sendBatch(batch: BatchBuilder<K, V>, target: BatchSendTarget, options: CallOptions = {}): Promise<RecordMetadata> {
    const { signal } = options
    const pending = new PendingSend()
    if (this.#isClosed) pending.failed(this.#closedFor(target as AnyRecord))
    else if (this.#pipeline.transactions !== undefined) pending.failed(refused(target as AnyRecord, outsideOfTransaction()))
    else if (signal?.aborted) pending.failed(signal.reason)
    else {
      try {
        const waiting = this.#intake.admitBatch(batch as BatchBuilder<never, never>, target, pending)
        if (signal !== undefined)
          pending.abortOn(signal, target, () => waiting !== undefined && this.#pipeline.accumulator.waiting.cancel(waiting))
      } catch (error) {
        pending.failed(error)
      }
    }
    return pending.promise
  }

  /**
   * Waits until every record that was handed in before is acknowledged or has failed; nothing lingers meanwhile.
   * @throws DeliveryError where records failed that nobody listened to
   */
  async flush(options: CallOptions = {}): Promise<void> {
    if (this.#isClosed) throw closed()
    await abortable(this.#pipeline.accumulator.flush(), options.signal)
    this.#unheard.throwIfAny()
  }

  /** The partitions of a topic, as the cluster told last; waits up to `maxBlockMs` for a topic to exist. @throws TimeoutError */
  partitionsFor(topic: string, options: CallOptions = {}): Promise<readonly PartitionMetadata[]> {
    if (this.#isClosed) return Promise.reject(closed())
    const known = this.#cluster.topic(topic)
    if (known !== undefined && known.partitions.length > 0) return Promise.resolve(known.partitions)
    const what = `looking up topic ${topic}`
    const signal = this.#untilEnd(options)
    const lookUp = async () => {
      await this.#cluster.refresh([topic], { signal })
      const found = this.#cluster.topic(topic)
      if (found !== undefined && found.partitions.length > 0) return found.partitions
      throw new BrokerError(found?.errorCode || UNKNOWN_TOPIC_OR_PARTITION, what)
    }
    return retry(this.#cluster, lookUp, { signal, what, timeoutMs: this.#settings.maxBlockMs, deadline: 'maxBlockMs' })
  }

  /** What the producer has done, at this moment: a plain object that does not change any more. Costs nothing until it is called. */
  metrics(): ProducerMetrics {
    return this.#pipeline.metrics()
  }

  /** Connects, and obtains what idempotence needs. Every other call does it by itself; this is for failing early. */
  async connect(options: CallOptions = {}): Promise<void> {
    if (this.#isClosed) throw closed()
    const signal = this.#untilEnd(options)
    await this.#cluster.connect({ signal })
    const { clock } = this.#cluster
    const { defaultApiTimeoutMs } = this.#client
    const obtained = this.#pipeline.transactions?.prepare() ?? this.#pipeline.producerId?.obtain() ?? Promise.resolve()
    await withDeadline(clock, obtained, defaultApiTimeoutMs, {
      signal,
      what: 'asking for a producer id',
      deadline: 'defaultApiTimeoutMs',
    })
  }

  /**
   * Takes no more records, waits for those that are pending, and lets go of everything. What is not acknowledged in time fails. Idempotent.
   * @throws DeliveryError where records failed that nobody listened to
   */
  close(options: ProducerCloseOptions = {}): Promise<void> {
    const { timeoutMs = this.#settings.deliveryTimeoutMs } = options
    if (!(timeoutMs >= 0))
      return Promise.reject(new KafkaError('INVALID_ARGUMENT', `timeoutMs must be a number of at least 0, not ${timeoutMs}`))
    this.#isClosed = true
    this.#closing ??= this.#close(timeoutMs)
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #sendOne(record: AnyRecord, signal: AbortSignal | undefined): Promise<RecordMetadata> {
    const pending = new PendingSend()
    if (this.#isClosed) pending.failed(this.#closedFor(record))
    else if (signal?.aborted) pending.failed(signal.reason)
    else {
      try {
        const waiting = this.#intake.admit(record, true, pending)
        if (signal !== undefined)
          pending.abortOn(signal, record, () => waiting !== undefined && this.#pipeline.accumulator.waiting.cancel(waiting))
      } catch (error) {
        pending.failed(error)
      }
    }
    return pending.promise
  }

  #sendMany(records: readonly AnyRecord[], signal: AbortSignal | undefined): Promise<RecordMetadata[]> {
    const pending = new PendingSends(records)
    if (this.#isClosed) pending.reject(refusal(records, new Map(records.map((record, i) => [i, this.#closedFor(record)]))))
    else if (signal?.aborted) pending.reject(signal.reason)
    else {
      try {
        const line = this.#intake.admitAll(records, pending)
        if (signal !== undefined)
          pending.abortOn(signal, () => line.filter((waiting) => this.#pipeline.accumulator.waiting.cancel(waiting)))
      } catch (error) {
        pending.reject(error)
      }
    }
    return pending.promise
  }

  #roomFor(waiting: Waiting, rejects: boolean, signal: AbortSignal | undefined): Promise<void> {
    const room = new Room((resolve, reject) => {
      const onAbort = () => {
        if (this.#pipeline.accumulator.waiting.cancel(waiting)) reject(signal?.reason)
      }
      const settle = () => signal?.removeEventListener('abort', onAbort)
      waiting.onAppended = () => {
        settle()
        resolve()
      }
      waiting.onFailed = (error) => {
        settle()
        if (rejects) reject(error)
        else resolve()
        // Who waits for room hears of it there.
        if (rejects && room.isAwaited) this.#interceptors?.refused(error)
        else waiting.delivery.failed(error, waiting.metadata)
      }
      signal?.addEventListener('abort', onAbort)
    })
    return room
  }

  #callbackOf(onDelivery: OnDelivery): PendingCallback {
    if (this.#lastCallback?.onDelivery !== onDelivery) this.#lastCallback = new PendingCallback(onDelivery, this.#onThrown)
    return this.#lastCallback
  }

  readonly #onThrown = (error: unknown): void => {
    this.#client.logger.error('an onDelivery callback threw', { error })
  }

  readonly #onInterceptorThrown = (error: unknown): void => {
    this.#client.logger.error('an interceptor threw; the record goes on without it', { error })
  }

  async #close(timeoutMs: number): Promise<void> {
    const { clock } = this.#cluster
    const deadline = clock.monotonic() + timeoutMs
    await this.#pipeline.transactions?.close(timeoutMs)
    await this.#pipeline.close(Math.max(0, deadline - clock.monotonic()), closed())
    this.#end.abort(closed())
    if (this.#ownsCluster) await this.#cluster.close()
    await this.#closeParts(Math.max(0, deadline - clock.monotonic()))
    this.#unheard.throwIfAny()
  }

  #untilEnd({ signal }: CallOptions): AbortSignal {
    return signal === undefined ? this.#end.signal : AbortSignal.any([signal, this.#end.signal])
  }

  async #closeParts(timeoutMs: number): Promise<void> {
    const { closers, interceptors } = this.#settings
    for (const closer of [...closers, ...interceptors]) {
      const what = closers.includes(closer as never) ? 'a serializer' : 'an interceptor'
      try {
        await withDeadline(this.#cluster.clock, Promise.resolve(closer.close?.()), timeoutMs, { what: `closing ${what}` })
      } catch (error) {
        this.#client.logger.error(`${what} could not be closed`, { error })
      }
    }
  }

  #closedFor(record: AnyRecord): ProduceError {
    return produceError(closed(), { topic: record?.topic, partition: record?.partition, maybeWritten: false })
  }
}

const UNKNOWN_TOPIC_OR_PARTITION = 3

function outsideOfTransaction(): Reason {
  const message = 'a producer with a transactionalId sends inside of a transaction only: use tx.send() of producer.transaction(tx => ...)'
  return { code: 'NO_TRANSACTION', message }
}

/** What a call is rejected with that takes none of the records. */
function refused(records: AnyRecord | readonly AnyRecord[], reason: Reason): Error {
  const refuse = (record: AnyRecord) => produceError(reason, { topic: record?.topic, partition: record?.partition, maybeWritten: false })
  return isMany(records) ? refusal(records, new Map(records.map((record, i) => [i, refuse(record)]))) : refuse(records)
}

function isMany<T>(records: T | readonly T[]): records is readonly T[] {
  return Array.isArray(records)
}

function closed(): ClosedError {
  return new ClosedError('the producer was closed')
}
