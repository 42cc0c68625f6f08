import {
  abortable,
  type CallOptions,
  type Cluster,
  FencedError,
  type MaybePromise,
  openCluster,
  type PartitionMetadata,
  type ResolvedClientOptions,
  retry,
  withDeadline,
} from '@k/network'
import { type Bytes, KafkaError } from '@k/protocol'
import { BatchBuilder } from './batch-builder.ts'
import { type Delivery, type EnqueueOptions, isMany, PendingCallback, PendingSend, UnheardDeliveries } from './delivery.ts'
import { closedError, ProduceError, produceError, type Reason } from './errors.ts'
import { Interceptors } from './interceptors.ts'
import { checkProducerNames, type ProducerOptions, type ResolvedSettings, resolveSettings } from './options.ts'
import { Pipeline } from './pipeline.ts'
import type { ProducerMetrics } from './producer-metrics.ts'
import type { ProducerRecord } from './producer-record.ts'
import { type BatchSendTarget, RecordIntake } from './record-intake.ts'
import { RecordMetadata } from './record-metadata.ts'
import { Room } from './room.ts'
import { fetchPartitions } from './topic-lookup.ts'
import { OpenTransaction } from './transaction/open-transaction.ts'
import type { Transaction } from './transaction/transaction.ts'
import type { Waiting } from './waiting-records.ts'

/** What `close` takes. */
export interface ProducerCloseOptions {
  /** Milliseconds that pending records may still take. @default the option deliveryTimeoutMs */
  readonly timeoutMs?: number | undefined
}

type AnyRecord = ProducerRecord<unknown, unknown>
type Records<K, V> = ProducerRecord<K, V> | readonly ProducerRecord<K, V>[]

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
  readonly #interceptors: Interceptors | undefined
  /** Why nothing is sent but inside of a transaction; undefined without a transactional id. */
  readonly #outside: Reason | undefined
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
    const onThrown = (what: string) => (error: unknown) => client.logger.error(`${what} threw`, { error })
    this.#onThrown = onThrown('an onDelivery callback')
    if (settings.interceptors.length > 0) this.#interceptors = new Interceptors(settings.interceptors, onThrown('an interceptor'))
    if (settings.transactionalId !== undefined) this.#outside = OUTSIDE
    this.#pipeline = new Pipeline(settings, client, cluster)
    this.#intake = new RecordIntake(this.#pipeline.accumulator, settings)
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
  send(records: Records<K, V>, options: CallOptions = {}): Promise<RecordMetadata> | Promise<RecordMetadata[]> {
    return this.#send(records, options, this.#outside)
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
    return this.#enqueue(record, options, this.#outside)
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
    if (this.#isClosed) throw closedError()
    const { transactions } = this.#pipeline
    if (transactions === undefined) {
      throw new KafkaError('NO_TRANSACTION', 'transactions need the option transactionalId')
    }
    await transactions.begin(options)
    const sends = {
      send: (records: Records<K, V>, o: CallOptions = {}, refusal?: KafkaError) => this.#send(records, o, refusal),
      enqueue: (record: ProducerRecord<K, V>, o: EnqueueOptions, refusal?: KafkaError) => this.#enqueue(record, o, refusal),
    }
    return new OpenTransaction(transactions, sends)
  }

  /** @param refusal - why nothing is taken but of a producer that is closed @param batch - what is sent in place of records */
  #send(
    records: AnyRecord | readonly AnyRecord[],
    { signal }: CallOptions,
    refusal: Reason | undefined,
    batch?: BatchBuilder<never, never>,
  ): Promise<RecordMetadata> & Promise<RecordMetadata[]> {
    const pending = new PendingSend(records)
    const reason = this.#isClosed ? closedError() : refusal
    if (FencedError.is(reason)) pending.reject(reason)
    else if (reason !== undefined) pending.failRest((record) => produceError(reason, Object(record)))
    else if (signal?.aborted) pending.reject(signal.reason)
    else {
      try {
        const line =
          batch === undefined ? this.#admit(records, pending) : this.#intake.admitBatch(batch, records as BatchSendTarget, pending)
        if (signal !== undefined) this.#cancelOn(signal, pending, line)
      } catch (error) {
        pending.reject(error)
      }
    }
    return pending.promise as Promise<RecordMetadata> & Promise<RecordMetadata[]>
  }

  #admit(records: AnyRecord | readonly AnyRecord[], pending: PendingSend): Waiting | readonly Waiting[] | undefined {
    if (!isMany(records)) return this.#admitOne(records, new RecordMetadata(), pending)
    const interceptors = this.#interceptors
    if (interceptors === undefined) return this.#intake.admitAll(records, pending.metadata!, pending)
    const seen = records.map((record) => interceptors.onSend(record))
    return this.#intake.admitAll(seen, pending.metadata!, interceptors.before(pending))
  }

  #admitOne(record: AnyRecord, metadata: RecordMetadata | undefined, delivery: Delivery): Waiting | undefined {
    const interceptors = this.#interceptors
    if (interceptors === undefined) return this.#intake.admit(record, metadata, delivery)
    try {
      return this.#intake.admit(interceptors.onSend(record), metadata ?? new RecordMetadata(), interceptors.before(delivery))
    } catch (error) {
      interceptors.acknowledged(error as ProduceError, undefined)
      throw error
    }
  }

  #cancelOn(signal: AbortSignal, pending: PendingSend, line: Waiting | readonly Waiting[] | undefined): void {
    const { waiting } = this.#pipeline.accumulator
    pending.abortOn(signal, () => [line ?? []].flat().filter((one) => waiting.cancel(one)))
  }

  #enqueue(record: AnyRecord, options: EnqueueOptions | undefined, refusal: Reason | undefined): Promise<void> | undefined {
    const reason = this.#isClosed ? closedError() : refusal
    if (reason !== undefined) throw FencedError.is(reason) ? reason : produceError(reason, Object(record))
    const onDelivery = options?.onDelivery
    if (onDelivery !== undefined && this.#lastCallback?.onDelivery !== onDelivery) {
      this.#lastCallback = new PendingCallback(onDelivery, this.#onThrown)
    }
    const delivery: Delivery = onDelivery === undefined ? this.#unheard : this.#lastCallback!
    if (options?.signal?.aborted) return Room.reject(options.signal.reason)
    let waiting: Waiting | undefined
    try {
      waiting = this.#admitOne(record, onDelivery && new RecordMetadata(), delivery)
    } catch (error) {
      if (!ProduceError.is(error) || error.code === 'INVALID_ARGUMENT') throw error
      // As with every other failure, whoever listens hears of it after the call.
      queueMicrotask(() => delivery.ended(error, undefined))
      return undefined
    }
    if (waiting === undefined || waiting.isDone) {
      const { key, value } = record as ProducerRecord
      return this.#pipeline.accumulator.breathe((key?.length ?? 0) + (value?.length ?? 0))
    }
    return this.#roomFor(waiting, onDelivery === undefined, options?.signal)
  }

  /** An empty batch, to be filled by hand and sent with {@link sendBatch}. Nothing of it counts against `bufferMemory` before. */
  createBatch(): BatchBuilder<K, V> {
    return new BatchBuilder(this.#settings.batchSize, (record) => this.#intake.encodable(record))
  }

  /**
   * Sends a batch to one partition, behind everything that was handed in for its topic before. Resolves with where its first record is.
   * @throws ProduceError, which holds for all of its records
   */
  sendBatch(batch: BatchBuilder<K, V>, target: BatchSendTarget, options: CallOptions = {}): Promise<RecordMetadata> {
    return this.#send(target as AnyRecord & BatchSendTarget, options, this.#outside, batch as BatchBuilder<never, never>)
  }

  /**
   * Waits until every record that was handed in before is acknowledged or has failed; nothing lingers meanwhile.
   * @throws DeliveryError where records failed that nobody listened to
   */
  async flush(options: CallOptions = {}): Promise<void> {
    if (this.#isClosed) throw closedError()
    await abortable(this.#pipeline.accumulator.flush(), options.signal)
    this.#unheard.throwIfAny()
  }

  /** The partitions of a topic, as the cluster told last; waits up to `maxBlockMs` for a topic to exist. @throws TimeoutError */
  async partitionsFor(topic: string, options: CallOptions = {}): Promise<readonly PartitionMetadata[]> {
    if (this.#isClosed) throw closedError()
    const cluster = this.#cluster
    const known = cluster.topic(topic)?.partitions
    if (known?.length) return known
    const what = `looking up topic ${topic}`
    const signal = this.#untilEnd(options)
    const lookUp = () => fetchPartitions(cluster, topic, signal)
    return retry(cluster, lookUp, { signal, what, timeoutMs: this.#settings.maxBlockMs, deadline: 'maxBlockMs' })
  }

  /** What the producer has done, at this moment: a plain object that does not change any more. Costs nothing until it is called. */
  metrics(): ProducerMetrics {
    return this.#pipeline.metrics()
  }

  /** Connects, and obtains what idempotence needs. Every other call does it by itself; this is for failing early. */
  async connect(options: CallOptions = {}): Promise<void> {
    if (this.#isClosed) throw closedError()
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
    if (!(timeoutMs >= 0)) return Promise.reject(new KafkaError('INVALID_ARGUMENT', `timeoutMs must be at least 0, not ${timeoutMs}`))
    this.#isClosed = true
    this.#closing ??= this.#close(timeoutMs)
    return this.#closing
  }

  /** `await using` closes with the default timeout. Rejects as {@link Producer.close} does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #roomFor(waiting: Waiting, rejects: boolean, signal: AbortSignal | undefined): Promise<void> {
    const room = new Room((resolve, reject) => {
      const onAbort = () => {
        waiting.onEnd = () => reject(signal?.reason)
        this.#pipeline.accumulator.waiting.cancel(waiting)
      }
      signal?.addEventListener('abort', onAbort)
      waiting.onEnd = (error) => {
        signal?.removeEventListener('abort', onAbort)
        if (error !== undefined && rejects) reject(error)
        else resolve()
        if (error === undefined) return
        // Who waits for room hears of it there.
        if (rejects && room.isAwaited) this.#interceptors?.acknowledged(error, undefined)
        else waiting.delivery.ended(error, waiting.metadata)
      }
    })
    return room
  }

  readonly #onThrown: (error: unknown) => void

  async #close(timeoutMs: number): Promise<void> {
    const { clock } = this.#cluster
    const deadline = clock.monotonic() + timeoutMs
    const left = () => Math.max(0, deadline - clock.monotonic())
    await this.#pipeline.transactions?.close(timeoutMs)
    await this.#pipeline.close(left(), closedError())
    this.#end.abort(closedError())
    if (this.#ownsCluster) await this.#cluster.close()
    await this.#closeParts(left())
    this.#unheard.throwIfAny()
  }

  #untilEnd({ signal }: CallOptions): AbortSignal {
    return signal === undefined ? this.#end.signal : AbortSignal.any([signal, this.#end.signal])
  }

  async #closeParts(timeoutMs: number): Promise<void> {
    for (const part of this.#settings.closers) {
      try {
        await withDeadline(this.#cluster.clock, Promise.resolve(part.close?.()), timeoutMs, { what: 'closing' })
      } catch (error) {
        this.#client.logger.error('an interceptor or a serializer did not close', { error })
      }
    }
  }
}

const OUTSIDE: Reason = {
  code: 'NO_TRANSACTION',
  message: 'with a transactionalId records are sent by tx.send() of producer.transaction(tx => ...)',
}
