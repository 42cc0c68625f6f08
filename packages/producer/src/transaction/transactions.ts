import { abortable, type CallOptions, type Cluster, ItemsError, type Logger, withDeadline } from '@k/network'
import { KafkaError } from '@k/protocol'
import { asKafkaError, closedError } from '../errors.ts'
import type { IdentitySource, PartitionQueue, ProducerIdentity } from '../partition-queue.ts'
import type { RecordAccumulator } from '../record-accumulator.ts'
import { isFatal, isFenced, isNoneOpen, type TransactionalApi } from './failure-class.ts'
import { checkOffsets, type GroupMetadata, type TopicPartitionOffset } from './group-metadata.ts'
import { TransactionContents, type TransactionContentsHost, type TransactionSenders } from './transaction-contents.ts'
import { type Patience, TransactionCoordinator, type TransactionCoordinatorOptions } from './transaction-coordinator.ts'
import { TransactionError } from './transaction-error.ts'
import { abortedError, fatalError, tookTooLong, unknownOutcome } from './transaction-failures.ts'
import { TransactionStates } from './transaction-state.ts'

/** What {@link Transactions} need. Names and units are those of the producer's options. */
export interface TransactionsOptions extends TransactionCoordinatorOptions {
  readonly cluster: Cluster
  readonly logger: Logger
  readonly maxBlockMs: number
  readonly deliveryTimeoutMs: number
  /** Aborts when the producer closes: nothing is asked any more. */
  readonly closing: AbortSignal
  /** What records wait in to leave. */
  accumulator(): Pick<RecordAccumulator, 'flush' | 'failUnsent' | 'failAll'>
  senders(): TransactionSenders
}

// The last version of Produce by which partitions are not taken into the transaction (KIP-890).
const MAX_VERSION_1_PRODUCE = 11

/** The transactions of a producer, one after another: what Kafka's Java client has in TransactionManager. */
export class Transactions implements IdentitySource, TransactionContentsHost {
  readonly #options: TransactionsOptions
  readonly #states = new TransactionStates()
  readonly #coordinator: TransactionCoordinator
  readonly #contents: TransactionContents
  #isOpen = false
  /** Why the transaction must be aborted. */
  #failure: TransactionError | undefined
  /** Why nothing goes on for ever. */
  #fatal: KafkaError | undefined
  #preparing: Promise<void> | undefined
  #ending: Promise<void> | undefined
  #isClosed = false

  constructor(options: TransactionsOptions) {
    this.#options = options
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

  /** Obtains what a transaction needs, unless it is there. @throws FencedError, TimeoutError, KafkaError */
  async prepare({ signal }: CallOptions = {}): Promise<void> {
    this.#throwIfFatal()
    // Otherwise a transaction is open, or ends, and has it.
    if (this.#states.is('UNINITIALIZED', 'READY', 'OUTCOME_UNKNOWN')) {
      this.#preparing ??= this.#prepare(this.patience()).finally(() => {
        this.#preparing = undefined
      })
    }
    if (this.#preparing !== undefined) await abortable(this.#preparing, signal)
  }

  /** @throws KafkaError with `TRANSACTION_IN_PROGRESS`, and what {@link prepare} throws */
  async begin(o: CallOptions): Promise<void> {
    // To prepare is to fence others.
    o.signal?.throwIfAborted()
    this.#throwIfFatal()
    if (this.#isOpen) throw new KafkaError('TRANSACTION_IN_PROGRESS', 'a transaction is open: await its end')
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
    return this.#fatal ?? this.#failure
  }

  /** Something that was to be part of the transaction failed: it can only be aborted. */
  readonly sendFailed = (error: unknown): void => {
    // That of several records is known by the first that failed.
    const cause = asKafkaError(ItemsError.is(error) ? error.cause : error)
    this.#fail(cause, isFatal('Produce', cause))
  }

  /** @throws KafkaError; the transaction can only be aborted then */
  async sendOffsets(offsets: readonly TopicPartitionOffset[], group: GroupMetadata, o: CallOptions): Promise<void> {
    try {
      checkOffsets(offsets, group)
    } catch (error) {
      this.sendFailed(error)
      throw error
    }
    await abortable(this.#contents.sendOffsets(offsets, group), o.signal)
  }

  /** Writes down that all of it counts. @throws TransactionError, whose `outcome` says what became of it; FencedError */
  commit(): Promise<void> {
    return this.#end(async (patience) => {
      if (this.isSending && (await this.#commit(patience))) return
      this.#throwIfFatal()
      const aborted = this.#aborted
      // What is not confirmed now is confirmed before the next transaction; what failed first is what must be told.
      await this.#rollBack(patience).catch(this.unconfirmed)
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

  /** For an abort that failed, and whose error nobody else is told. */
  readonly unconfirmed = (error: unknown): void => {
    const { logger, transactionalId } = this.#options
    logger.warn('an abort was not confirmed', { transactionalId, error })
  }

  /** Begins no more, and aborts what is open, within `timeoutMs` and `maxBlockMs`. Never rejects. */
  async close(timeoutMs: number): Promise<void> {
    this.#isClosed = true
    const patience = this.patience('maxBlockMs', timeoutMs)
    const end = async () => {
      await Promise.allSettled([this.#preparing, this.#ending])
      await this.#rollBack(patience)
    }
    await this.#within(end(), 'ending', patience).catch(this.unconfirmed)
  }

  /** So much time from now on. @param deadline - the option that says how much, at most */
  patience(deadline: 'maxBlockMs' | 'deliveryTimeoutMs' = 'maxBlockMs', mostMs = Number.POSITIVE_INFINITY): Patience {
    const { clock, closing, [deadline]: timeoutMs } = this.#options
    return { until: clock.monotonic() + Math.min(timeoutMs, mostMs), deadline, signal: closing }
  }

  /** A request of the transaction failed for good. Answers what those are told who waited for it. */
  async failed(api: TransactionalApi, error: unknown, patience = this.patience()): Promise<KafkaError> {
    const cause = asKafkaError(error)
    const hasTimedOut = this.isSending && (await this.#hasTimedOut(cause, patience))
    const told = hasTimedOut ? abortedError(this.#options, tookTooLong(this.#options), cause) : cause
    this.#fail(told, !hasTimedOut && isFatal(api, cause))
    return this.#fatal ?? told
  }

  get #aborted(): TransactionError {
    return this.#failure ?? abortedError(this.#options, 'as was asked')
  }

  #throwIfFatal(): void {
    if (this.#fatal !== undefined) throw this.#fatal
  }

  async #prepare(patience: Patience): Promise<void> {
    await this.#rollBack(patience)
    if (!this.#coordinator.needsEpoch) return
    this.#states.enter('INITIALIZING')
    try {
      await this.#coordinator.initProducerId(patience)
    } catch (thrown) {
      const error = asKafkaError(thrown)
      if (isFatal('InitProducerId', error)) throw this.#give(error)
      this.#states.enter('UNINITIALIZED')
      throw error
    }
    this.#states.enter('READY')
  }

  /** Ends the transaction in one way or another, all in all within `maxBlockMs`. */
  #end(how: (patience: Patience) => Promise<void>): Promise<void> {
    this.#ending = how(this.patience()).finally(() => {
      this.#ending = undefined
      this.#isOpen = false
    })
    return this.#ending
  }

  async #allSent(): Promise<void> {
    await Promise.all([this.#options.accumulator().flush(), this.#contents.settled()])
  }

  /** Answers whether it is committed: where it certainly is not, it is to be aborted. @throws TransactionError where nobody knows */
  async #commit(patience: Patience): Promise<boolean> {
    this.#states.enter('COMMITTING_TRANSACTION')
    await this.#within(this.#allSent(), 'delivering', patience).catch(this.sendFailed)
    if (!this.isSending) return false
    try {
      if (!this.#contents.isEmpty) await this.#coordinator.endTransaction(true, patience)
      this.#ended()
      return true
    } catch (error) {
      if (!this.#coordinator.isInDoubt) {
        await this.failed('EndTxn', error, patience)
        return false
      }
      const cause = asKafkaError(error)
      this.#unknown()
      if (isFenced(cause)) this.#give(cause)
      throw unknownOutcome(this.#options, cause)
    }
  }

  /** Aborts what is open, or may be; nothing where that is nothing. */
  async #rollBack(patience: Patience): Promise<void> {
    if (!this.#states.allow('ABORTING_TRANSACTION')) return
    this.#states.enter('ABORTING_TRANSACTION')
    this.#options.accumulator().failUnsent(this.#aborted)
    try {
      await this.#within(this.#allSent(), 'stopping', patience)
      this.#throwIfFatal()
      if (!this.#contents.isEmpty) await this.#coordinator.endTransaction(false, patience)
    } catch (error) {
      await this.#rollBackFailed(asKafkaError(error), patience)
    }
    this.#ended()
  }

  /** @throws KafkaError unless the transaction has ended all the same */
  async #rollBackFailed(error: KafkaError, patience: Patience): Promise<void> {
    this.#throwIfFatal()
    // It was committed, or an attempt before this aborted it, or it never began: there is nothing to abort.
    if (isNoneOpen(error) || (await this.#hasTimedOut(error, patience))) {
      this.#coordinator.needsEpoch = true
      return
    }
    if (isFatal('EndTxn', error)) throw this.#give(error)
    this.#unknown()
    throw error
  }

  #ended(): void {
    this.#contents.clear()
    this.#coordinator.isInDoubt = false
    this.#failure = undefined
    this.#states.enter('READY')
  }

  /** Nobody confirmed the end: the next transaction sees to it first. */
  #unknown(): void {
    this.#states.enter('OUTCOME_UNKNOWN')
    this.interrupted()
  }

  #fail(cause: KafkaError, isFatal: boolean): void {
    if (!this.isSending) return
    if (isFatal) this.#give(cause)
    else {
      this.#failure = TransactionError.is(cause) ? cause : abortedError(this.#options, cause.message, cause)
      this.#states.enter('ABORTABLE_ERROR')
      this.#options.accumulator().failUnsent(this.#failure)
    }
  }

  /** Nothing goes on from here. */
  #give(cause: KafkaError): KafkaError {
    if (this.#fatal === undefined) {
      this.#fatal = fatalError(this.#options, cause)
      this.#states.enter('FATAL_ERROR')
      this.#options.accumulator().failAll(this.#fatal)
    }
    return this.#fatal
  }

  /** Whether it was the broker that ended the transaction, and nobody else has the transactional id since (KIP-588). */
  async #hasTimedOut(error: KafkaError, patience: Patience): Promise<boolean> {
    // Since KIP-890 brokers answer the commit of such a transaction with INVALID_TXN_STATE.
    const isCandidate = isFenced(error) || error.code === 'INVALID_TXN_STATE'
    if (!isCandidate || this.#contents.isEmpty || !(await this.#coordinator.endedByBroker(patience))) return false
    this.#contents.clear()
    return true
  }

  #within<T>(promise: Promise<T>, doing: string, patience: Patience): Promise<T> {
    const { clock, transactionalId } = this.#options
    const what = `${doing} the transaction of ${transactionalId}`
    return withDeadline(clock, promise, Math.max(0, patience.until - clock.monotonic()), { ...patience, what })
  }
}
