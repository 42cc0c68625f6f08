import { abortable, type CallOptions, type Cluster, ItemsError, type Logger } from '@k/network'
import { KafkaError } from '@k/protocol'
import { asKafkaError, closedError } from '../errors.ts'
import type { IdentitySource, PartitionQueue, ProducerIdentity } from '../partition-queue.ts'
import type { RecordAccumulator } from '../record-accumulator.ts'
import { FENCED, failureClassOf, type TransactionalApi } from './failure-class.ts'
import { checkGroupMetadata, checkOffsets, type GroupMetadata, type TopicPartitionOffset } from './group-metadata.ts'
import { TransactionContents, type TransactionContentsHost, type TransactionSenders } from './transaction-contents.ts'
import { type Patience, TransactionCoordinator, type TransactionCoordinatorOptions, within } from './transaction-coordinator.ts'
import { abortedError, fencedError, timedOutError, unknownOutcome } from './transaction-failures.ts'
import { TransactionStates } from './transaction-state.ts'

/** What {@link Transactions} need. Names and units are those of the producer's options. */
export interface TransactionsOptions extends TransactionCoordinatorOptions {
  readonly cluster: Cluster
  readonly logger: Logger
  readonly maxBlockMs: number
  readonly deliveryTimeoutMs: number
  /** What records wait in to leave. */
  accumulator(): Pick<RecordAccumulator, 'flush' | 'failUnsent' | 'failAll'>
  senders(): TransactionSenders
}

// The last version of Produce by which partitions are not taken into the transaction (KIP-890).
const MAX_VERSION_1_PRODUCE = 11

/** The transactions of a producer, one after another: what Kafka's Java client has in TransactionManager. */
export class Transactions implements IdentitySource, TransactionContentsHost {
  readonly transactionalId: string
  readonly #options: TransactionsOptions
  readonly #states = new TransactionStates()
  readonly #coordinator: TransactionCoordinator
  readonly #contents: TransactionContents
  #isOpen = false
  /** Why the transaction must be aborted. */
  #failure: KafkaError | undefined
  /** Why nothing goes on for ever. */
  #fatal: KafkaError | undefined
  #preparing: Promise<void> | undefined
  #ending: Promise<void> | undefined
  /** Aborts when the producer is closed: nothing is asked any more. */
  readonly #closing = new AbortController()
  #isClosed = false

  constructor(options: TransactionsOptions) {
    this.#options = options
    this.transactionalId = options.transactionalId
    this.#coordinator = new TransactionCoordinator(options)
    this.#contents = new TransactionContents(this.#coordinator, options.senders, this)
  }

  get identity(): ProducerIdentity | undefined {
    return this.#coordinator.identity
  }

  /** Whether records may leave, and be sent again. */
  get isSending(): boolean {
    return this.#states.is('IN_TRANSACTION', 'COMMITTING_TRANSACTION')
  }

  /** The versions of Produce by which brokers know what kind of transaction this is. */
  get produceVersions(): { readonly minVersion?: number; readonly maxVersion?: number } {
    return this.#coordinator.isVersion2 ? { minVersion: MAX_VERSION_1_PRODUCE + 1 } : { maxVersion: MAX_VERSION_1_PRODUCE }
  }

  /** Whether records may leave for the partition now. */
  admits(queue: PartitionQueue): boolean {
    if (this.isSending) return this.#contents.admits(queue)
    // What came back too late to leave again.
    void Promise.resolve().then(() => this.#options.accumulator().failUnsent(this.#fatal ?? this.#aborted))
    return false
  }

  /** A place in a sequence stays empty: only a new epoch makes good for that. */
  interrupted(): void {
    if (!this.#coordinator.isVersion2) this.#coordinator.needsEpoch = true
  }

  /** Obtains what a transaction needs, unless it is there. @throws FencedError, TimeoutError, BrokerError */
  prepare(o: CallOptions = {}): Promise<void> {
    if (this.#fatal !== undefined) return Promise.reject(this.#fatal)
    if (this.#isReady) return Promise.resolve()
    this.#preparing ??= this.#prepare(this.patience('maxBlockMs')).finally(() => {
      this.#preparing = undefined
    })
    return abortable(this.#preparing, o.signal)
  }

  /** @throws KafkaError with `TRANSACTION_IN_PROGRESS`, and what {@link prepare} throws */
  async begin(o: CallOptions): Promise<void> {
    o.signal?.throwIfAborted()
    this.#throwIfFatal()
    if (this.#isOpen) {
      const message = `a transaction of ${this.transactionalId} is open: await its end, or use another producer`
      throw new KafkaError('TRANSACTION_IN_PROGRESS', message)
    }
    this.#isOpen = true
    try {
      await this.prepare(o)
      if (this.#isClosed) throw closedError()
      this.#states.enter('IN_TRANSACTION')
    } catch (error) {
      this.#isOpen = false
      throw error
    }
  }

  /** Why nothing can be added to the transaction any more, if there is a reason. */
  get refusal(): KafkaError | undefined {
    return this.#fatal ?? (this.#failure && this.#aborted)
  }

  /** Something that was to be part of the transaction failed: it can only be aborted. */
  sendFailed(error: unknown): void {
    const errors = ItemsError.is(error) ? error.failed.map((failed) => failed.error) : [asKafkaError(error)]
    const fatal = errors.find((one) => failureClassOf('Produce', one) === 'fatal')
    if (this.isSending) this.#fail(fatal ?? errors[0]!, fatal !== undefined)
  }

  /** @throws KafkaError; the transaction can only be aborted then */
  async sendOffsets(offsets: readonly TopicPartitionOffset[], group: GroupMetadata, o: CallOptions): Promise<void> {
    try {
      checkGroupMetadata(group)
      checkOffsets(offsets)
    } catch (error) {
      this.sendFailed(error)
      throw error
    }
    await abortable(this.#contents.sendOffsets(offsets, group), o.signal)
  }

  /** Writes down that all of it counts. @throws TransactionError, whose `outcome` says what became of it; FencedError */
  commit(): Promise<void> {
    return this.#end(async (patience) => {
      if (this.isSending) {
        this.#states.enter('COMMITTING_TRANSACTION')
        await this.#within(this.#allSent(), 'delivering', patience).catch((error) => this.#fail(asKafkaError(error), false))
      }
      if (this.isSending) await this.#commit(patience)
      // What is not confirmed now is confirmed before the next transaction; what failed first is what must be told.
      if (this.#states.is('READY')) return
      this.#throwIfFatal()
      const aborted = this.#aborted
      await this.#rollBack(patience).catch((error) => this.#unconfirmed(error))
      throw this.#fatal ?? aborted
    })
  }

  /** Writes down that nothing of it counts. @throws FencedError; TimeoutError where nobody confirmed it: the next transaction sees to that first */
  abort(): Promise<void> {
    return this.#end(async (patience) => {
      this.#throwIfFatal()
      await this.#rollBack(patience)
    })
  }

  /** Aborts what is open, within `timeoutMs` and `maxBlockMs`; after that nothing is asked any more. Never rejects. */
  async close(timeoutMs: number): Promise<void> {
    this.#isClosed = true
    const patience = this.patience('maxBlockMs', timeoutMs)
    const end = async () => {
      await Promise.allSettled([this.#preparing, this.#ending])
      if (this.#states.is('IN_TRANSACTION', 'OUTCOME_UNKNOWN', 'ABORTABLE_ERROR')) await this.#rollBack(patience)
    }
    await this.#within(end(), 'ending', patience).catch((error) => this.#unconfirmed(error))
    this.#closing.abort(closedError())
  }

  /** So much time from now on. @param deadline - the option that says how much, at most */
  patience(deadline: 'maxBlockMs' | 'deliveryTimeoutMs', mostMs = Number.POSITIVE_INFINITY): Patience {
    const { cluster, [deadline]: timeoutMs } = this.#options
    return { until: cluster.clock.monotonic() + Math.min(timeoutMs, mostMs), deadline, signal: this.#closing.signal }
  }

  /** A request of the transaction failed for good. Answers what those are told who waited for it. */
  async failed(api: TransactionalApi, error: unknown, patience = this.patience('maxBlockMs')): Promise<KafkaError> {
    const cause = asKafkaError(error)
    if (!this.isSending) return cause
    const hasTimedOut = await this.#hasTimedOut(cause, patience)
    const told = hasTimedOut ? timedOutError(this.#options, cause) : cause
    this.#fail(told, !hasTimedOut && failureClassOf(api, cause) === 'fatal')
    return this.#fatal ?? told
  }

  get #isReady(): boolean {
    return this.#states.is('READY') && !this.#coordinator.needsEpoch
  }

  get #aborted(): KafkaError {
    return abortedError(this.#options, this.#failure)
  }

  #throwIfFatal(): void {
    if (this.#fatal !== undefined) throw this.#fatal
  }

  async #prepare(patience: Patience): Promise<void> {
    if (this.#states.is('OUTCOME_UNKNOWN', 'ABORTABLE_ERROR')) await this.#rollBack(patience)
    if (this.#isReady) return
    this.#states.enter('INITIALIZING')
    try {
      await this.#coordinator.initProducerId(patience)
    } catch (error) {
      if (failureClassOf('InitProducerId', error) === 'fatal') throw this.#give(asKafkaError(error))
      this.#states.enter('UNINITIALIZED')
      throw error
    }
    this.#states.enter('READY')
  }

  /** Ends the transaction in one way or another, all in all within `maxBlockMs`. */
  #end(how: (patience: Patience) => Promise<void>): Promise<void> {
    this.#ending = how(this.patience('maxBlockMs')).finally(() => {
      this.#ending = undefined
      this.#isOpen = false
    })
    return this.#ending
  }

  async #allSent(): Promise<void> {
    await Promise.all([this.#options.accumulator().flush(), this.#contents.settled()])
  }

  /** @throws TransactionError where the outcome is unknown. Where it is known to have failed the transaction is not ended, and is to be aborted. */
  async #commit(patience: Patience): Promise<void> {
    try {
      if (!this.#contents.isEmpty) await this.#coordinator.endTransaction(true, patience)
      this.#ended()
    } catch (error) {
      const cause = asKafkaError(error)
      if (!this.#coordinator.isInDoubt) {
        await this.failed('EndTxn', cause, patience)
        return
      }
      this.#unknown()
      if (FENCED.includes(cause.code)) this.#give(cause)
      throw unknownOutcome(this.#options, cause)
    }
  }

  async #rollBack(patience: Patience): Promise<void> {
    this.#states.enter('ABORTING_TRANSACTION')
    this.#options.accumulator().failUnsent(this.#aborted)
    try {
      await this.#within(Promise.all([this.#contents.stop(), this.#allSent()]), 'stopping', patience)
      this.#throwIfFatal()
      if (!this.#contents.isEmpty || this.#coordinator.isInDoubt) await this.#coordinator.endTransaction(false, patience)
    } catch (error) {
      await this.#rollBackFailed(asKafkaError(error), patience)
    }
    this.#ended()
  }

  /** @throws KafkaError unless the transaction has ended all the same */
  async #rollBackFailed(error: KafkaError, patience: Patience): Promise<void> {
    this.#throwIfFatal()
    const { code } = error
    // It was committed, or an attempt before this aborted it, or it never began: there is nothing to abort.
    const hasEnded = code === 'INVALID_TXN_STATE' && (this.#coordinator.isInDoubt || !this.#contents.isConfirmed)
    if (hasEnded || code === 'INVALID_PRODUCER_ID_MAPPING' || (await this.#hasTimedOut(error, patience))) {
      this.#coordinator.needsEpoch = true
      return
    }
    if (failureClassOf('EndTxn', error) === 'fatal' && code !== 'UNKNOWN_SERVER_ERROR') throw this.#give(error)
    this.#unknown()
    throw error
  }

  #ended(): void {
    const { isEmpty } = this.#contents
    this.#contents.clear()
    if (this.#coordinator.isVersion2 && !isEmpty) this.#contents.holdUntil(this.#coordinator.completion(this.patience('maxBlockMs')))
    this.#coordinator.isInDoubt = false
    this.#failure = undefined
    this.#states.enter('READY')
  }

  /** Nobody confirmed the end: the next transaction sees to it first. */
  #unknown(): void {
    this.#states.enter('OUTCOME_UNKNOWN')
    this.#coordinator.isInDoubt = true
    this.interrupted()
  }

  #unconfirmed(error: unknown): void {
    const { logger, transactionalId } = this.#options
    logger.warn('an abort was not confirmed', { transactionalId, error })
  }

  #fail(cause: KafkaError, isFatal: boolean): void {
    if (isFatal) this.#give(cause)
    else if (this.isSending) {
      this.#failure = cause
      this.#states.enter('ABORTABLE_ERROR')
      this.#options.accumulator().failUnsent(this.#aborted)
    }
  }

  /** Nothing goes on from here. */
  #give(cause: KafkaError): KafkaError {
    if (this.#fatal === undefined) {
      this.#fatal = FENCED.includes(cause.code) ? fencedError(this.#options, cause) : cause
      this.#states.enter('FATAL_ERROR')
      this.#options.accumulator().failAll(this.#fatal)
    }
    return this.#fatal
  }

  /** Whether it was the broker that ended the transaction, and nobody else has the transactional id since (KIP-588). */
  async #hasTimedOut({ code }: KafkaError, patience: Patience): Promise<boolean> {
    // Since KIP-890 brokers answer the commit of such a transaction with INVALID_TXN_STATE.
    const isCandidate = FENCED.includes(code) || code === 'INVALID_TXN_STATE'
    if (!isCandidate || this.#contents.isEmpty || !(await this.#coordinator.endedByBroker(patience))) return false
    this.#contents.clear()
    return true
  }

  #within<T>(promise: Promise<T>, doing: string, patience: Patience): Promise<T> {
    return within(this.#options.cluster.clock, promise, `${doing} the transaction of ${this.transactionalId}`, patience)
  }
}
