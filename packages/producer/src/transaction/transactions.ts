import { abortable, type CallOptions, type Cluster, ItemsError, type Logger, withDeadline } from '@k/network'
import { KafkaError } from '@k/protocol'
import { asKafkaError } from '../errors.ts'
import type { IdentitySource, PartitionQueue, ProducerIdentity } from '../partition-queue.ts'
import { type FailureClass, failureClassOf, type TransactionalApi } from './failure-class.ts'
import { checkGroupMetadata, checkOffsets, type GroupMetadata, type TopicPartitionOffset } from './group-metadata.ts'
import { type Patience, TransactionCoordinator } from './transaction-coordinator.ts'
import { abortedError, closedError, fencedError, timedOutError, unknownOutcome } from './transaction-failures.ts'
import { TransactionOffsets } from './transaction-offsets.ts'
import { TransactionPartitions } from './transaction-partitions.ts'
import { TransactionStates } from './transaction-state.ts'

/** What {@link Transactions} need. Names and units are those of the producer's options. */
export interface TransactionsOptions {
  readonly cluster: Cluster
  readonly logger: Logger
  readonly clientId: string
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
  readonly maxBlockMs: number
  readonly deliveryTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
  /** Waits until every record is acknowledged or has failed. */
  flush(): Promise<void>
  /** Gives up every record that is not on its way. */
  failUnsent(error: Error): void
  /** Gives up every record. */
  failAll(error: Error): void
  /** Records of these partitions may leave that could not before. */
  mayLeave(partitions: readonly PartitionQueue[]): void
}

// The first that bumps the epoch with every transaction (KIP-890).
const TRANSACTION_VERSION_2 = 2
const MAX_VERSION_1_PRODUCE = 11
const MIN_VERSION_2_PRODUCE = 12

/** The transactions of a producer, one after another: what Kafka's Java client has in TransactionManager. */
export class Transactions implements IdentitySource {
  /** Only the coordinator gives a new epoch. */
  readonly isTransactional = true
  readonly transactionalId: string
  readonly #options: TransactionsOptions
  readonly #states = new TransactionStates()
  readonly #coordinator: TransactionCoordinator
  readonly #partitions: TransactionPartitions
  readonly #offsets: TransactionOffsets
  #identity: ProducerIdentity | undefined
  /** Whether the next transaction needs an epoch that the coordinator has not given yet. */
  #needsEpoch = true
  #isVersion2 = false
  #isOpen = false
  /** Why the transaction must be aborted. */
  #failure: KafkaError | undefined
  /** Why nothing goes on for ever. */
  #fatal: KafkaError | undefined
  #preparing: Promise<void> | undefined
  #ending: Promise<void> | undefined
  #isClosed = false
  readonly #closing = new AbortController()

  constructor(options: TransactionsOptions) {
    this.#options = options
    this.transactionalId = options.transactionalId
    this.#coordinator = new TransactionCoordinator(options)
    this.#partitions = new TransactionPartitions({
      add: (partitions) => this.#coordinator.addPartitions(this.#identity!, partitions, this.#patience('deliveryTimeoutMs')),
      added: (partitions) => options.mayLeave(partitions),
      failed: (error) => this.#failed('AddPartitionsToTxn', error),
    })
    this.#offsets = new TransactionOffsets({
      coordinator: this.#coordinator,
      patience: () => this.#patience('maxBlockMs'),
      failed: (api, error) => this.#failed(api, error),
    })
  }

  get identity(): ProducerIdentity | undefined {
    return this.#identity
  }

  /** Whether records may leave, and be sent again. */
  get isSending(): boolean {
    return this.#states.is('IN_TRANSACTION', 'COMMITTING_TRANSACTION')
  }

  /** The versions of Produce by which brokers know what kind of transaction this is. */
  get produceVersions(): { readonly minVersion?: number; readonly maxVersion?: number } {
    return this.#isVersion2 ? { minVersion: MIN_VERSION_2_PRODUCE } : { maxVersion: MAX_VERSION_1_PRODUCE }
  }

  /** Whether records may leave for the partition now. */
  admits(queue: PartitionQueue): boolean {
    if (this.isSending) return this.#partitions.admits(queue)
    // What came back too late to leave again.
    void Promise.resolve().then(() => this.#options.failUnsent(this.#fatal ?? abortedError(this.#options, this.#failure)))
    return false
  }

  /** A place in a sequence stays empty: only a new epoch makes good for that. */
  interrupted(): void {
    this.#needsEpoch ||= !this.#isVersion2
  }

  /** Nothing is used up here: the coordinator gives another id in time. */
  exhausted(): void {}

  /** Obtains what a transaction needs, unless it is there. @throws FencedError, TimeoutError, BrokerError */
  prepare(o: CallOptions = {}): Promise<void> {
    if (this.#fatal !== undefined) return Promise.reject(this.#fatal)
    if (this.#states.is('READY') && !this.#needsEpoch) return Promise.resolve()
    this.#preparing ??= this.#prepare(this.#clocked(this.#options.maxBlockMs)).finally(() => {
      this.#preparing = undefined
    })
    return abortable(this.#preparing, o.signal)
  }

  /** @throws KafkaError with `TRANSACTION_IN_PROGRESS`, and what {@link prepare} throws */
  async begin(o: CallOptions): Promise<void> {
    o.signal?.throwIfAborted()
    if (this.#fatal !== undefined) throw this.#fatal
    if (this.#isOpen) {
      const how = 'a producer has one at a time: await its end, or use another producer with a transactionalId of its own'
      throw new KafkaError('TRANSACTION_IN_PROGRESS', `a transaction of ${this.transactionalId} is open; ${how}`)
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
    return this.#fatal ?? (this.#failure && abortedError(this.#options, this.#failure))
  }

  /** Something that was to be part of the transaction failed: it can only be aborted. */
  sendFailed(error: unknown): void {
    if (!this.isSending) return
    const errors = ItemsError.is(error) ? error.failed.map((failed) => failed.error) : [asKafkaError(error)]
    const worst = errors.find((one) => ['fenced', 'fatal'].includes(failureClassOf('Produce', one))) ?? errors[0]!
    this.#fail(failureClassOf('Produce', worst), worst)
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
    const begin = async () => {
      await this.#partitions.completion()
      if (this.refusal !== undefined) throw this.refusal
      return this.#identity!
    }
    await abortable(this.#offsets.send(offsets, group, this.#isVersion2, begin), o.signal)
  }

  /** Writes down that all of it counts. @throws TransactionError, whose `outcome` says what became of it; FencedError */
  commit(): Promise<void> {
    return this.#end(async (patience) => {
      if (this.#states.is('IN_TRANSACTION')) {
        this.#states.enter('COMMITTING_TRANSACTION')
        const what = `delivering the records of the transaction of ${this.transactionalId}`
        await withDeadline(this.#options.cluster.clock, this.#allSent(), patience().timeoutMs, { ...patience(), what }).catch((error) => {
          if (this.#states.is('COMMITTING_TRANSACTION')) this.#fail('abortable', asKafkaError(error))
        })
      }
      if (this.#states.is('COMMITTING_TRANSACTION')) await this.#commit(patience)
      else await this.#abortInstead(patience)
    })
  }

  /** Writes down that nothing of it counts. @throws FencedError; TimeoutError where nobody confirmed it: the next transaction sees to that first */
  abort(): Promise<void> {
    return this.#end(async (patience) => {
      if (this.#fatal !== undefined) throw this.#fatal
      await this.#rollBack(patience)
    })
  }

  /** Aborts what is open, within `timeoutMs` and `maxBlockMs`; after that nothing is asked any more. Never rejects. */
  async close(timeoutMs: number): Promise<void> {
    this.#isClosed = true
    const end = async () => {
      await this.#preparing?.catch(() => undefined)
      await this.#ending?.catch(() => undefined)
      if (this.#states.is('IN_TRANSACTION', 'OUTCOME_UNKNOWN', 'ABORTABLE_ERROR')) await this.#rollBack(this.#clocked(within, 'timeoutMs'))
    }
    const within = Math.min(timeoutMs, this.#options.maxBlockMs)
    const what = `ending the transaction of ${this.transactionalId}`
    await withDeadline(this.#options.cluster.clock, end(), within, { what }).catch((error) => {
      this.#options.logger.warn('a transaction could not be aborted; brokers do it in time', {
        transactionalId: this.transactionalId,
        error,
      })
    })
    this.#closing.abort(closedError())
  }

  async #prepare(patience: () => Patience): Promise<void> {
    if (this.#states.is('OUTCOME_UNKNOWN', 'ABORTABLE_ERROR')) await this.#rollBack(patience)
    if (this.#states.is('READY') && !this.#needsEpoch) return
    this.#states.enter('INITIALIZING')
    try {
      this.#isVersion2 = (await this.#coordinator.transactionVersion(patience())) >= TRANSACTION_VERSION_2
      this.#partitions.isImplicit = this.#isVersion2
      this.#identity = await this.#coordinator.initProducerId(this.#identity, patience())
    } catch (error) {
      const kind = failureClassOf('InitProducerId', error)
      if (kind === 'fenced' || kind === 'fatal') throw this.#give(kind, asKafkaError(error))
      this.#states.enter('UNINITIALIZED')
      throw error
    }
    this.#needsEpoch = false
    this.#states.enter('READY')
  }

  /** Ends the transaction in one way or another, all in all within `maxBlockMs`. */
  #end(how: (patience: () => Patience) => Promise<void>): Promise<void> {
    this.#ending = how(this.#clocked(this.#options.maxBlockMs)).finally(() => {
      this.#ending = undefined
      this.#isOpen = false
    })
    return this.#ending
  }

  async #allSent(): Promise<void> {
    await Promise.all([this.#options.flush(), this.#offsets.settled()])
  }

  async #commit(patience: () => Patience): Promise<void> {
    if (this.#isEmpty) {
      this.#ended(undefined)
      return
    }
    let isInDoubt = false
    const onDoubt = () => {
      isInDoubt = true
    }
    try {
      this.#ended(await this.#coordinator.endTransaction(this.#identity!, true, this.#isVersion2, onDoubt, patience()))
    } catch (error) {
      const cause = asKafkaError(error)
      const kind = failureClassOf('EndTxn', cause)
      if (isInDoubt) {
        this.#states.enter('OUTCOME_UNKNOWN')
        this.interrupted()
        if (kind === 'fenced') this.#give(kind, cause)
        throw unknownOutcome(this.#options, cause)
      }
      if (await this.#hasTimedOut(kind, cause, patience())) this.#fail('abortable', timedOutError(this.#options, cause))
      else this.#fail(kind, cause)
      await this.#abortInstead(patience)
    }
  }

  /** @throws TransactionError, FencedError, or what else ended the producer */
  async #abortInstead(patience: () => Patience): Promise<never> {
    if (this.#fatal !== undefined) throw this.#fatal
    const aborted = abortedError(this.#options, this.#failure)
    // What is not confirmed now is confirmed before the next transaction; what failed first is what must be told.
    await this.#rollBack(patience).catch((error) => {
      this.#options.logger.warn('an abort was not confirmed', { transactionalId: this.transactionalId, error })
    })
    throw this.#fatal ?? aborted
  }

  async #rollBack(patience: () => Patience): Promise<void> {
    const isUnknown = this.#states.is('OUTCOME_UNKNOWN')
    this.#states.enter('ABORTING_TRANSACTION')
    this.#options.failUnsent(abortedError(this.#options, this.#failure))
    let isInDoubt = false
    try {
      const what = `stopping the transaction of ${this.transactionalId}`
      const stopped = Promise.all([this.#partitions.stop(), this.#allSent()])
      await withDeadline(this.#options.cluster.clock, stopped, patience().timeoutMs, { ...patience(), what })
      if (this.#fatal !== undefined) throw this.#fatal
      if (this.#isEmpty && !isUnknown) {
        this.#ended(undefined)
        return
      }
      const onDoubt = () => {
        isInDoubt = true
      }
      this.#ended(await this.#coordinator.endTransaction(this.#identity!, false, this.#isVersion2, onDoubt, patience()))
    } catch (error) {
      await this.#rollBackFailed(asKafkaError(error), isUnknown || isInDoubt, patience)
    }
  }

  /** @throws KafkaError unless the transaction has ended all the same */
  async #rollBackFailed(error: KafkaError, isInDoubt: boolean, patience: () => Patience): Promise<void> {
    if (this.#fatal !== undefined) throw this.#fatal
    const kind = failureClassOf('EndTxn', error)
    // It was committed, or an attempt before this aborted it, or it never began: there is nothing to abort.
    const hasEnded = (isInDoubt || !this.#partitions.isConfirmed) && error.code === 'INVALID_TXN_STATE'
    if (hasEnded || kind === 'unmapped' || (await this.#hasTimedOut(kind, error, patience()))) {
      this.#needsEpoch = true
      this.#ended(undefined)
      return
    }
    if ((kind === 'fenced' || kind === 'fatal') && error.code !== 'UNKNOWN_SERVER_ERROR') throw this.#give(kind, error)
    this.#states.enter('OUTCOME_UNKNOWN')
    this.interrupted()
    throw error
  }

  #ended(identity: ProducerIdentity | undefined): void {
    const hasWritten = !this.#isEmpty
    if (identity !== undefined) this.#identity = identity
    // The broker has a new epoch all the same.
    else if (this.#isVersion2 && hasWritten) this.#needsEpoch = true
    this.#partitions.clear()
    if (this.#isVersion2 && hasWritten) this.#partitions.holdUntil(this.#coordinator.completion(this.#patience('maxBlockMs')))
    this.#offsets.clear()
    this.#failure = undefined
    this.#states.enter('READY')
  }

  /** A request of the transaction failed for good. Answers what those are told who waited for it. */
  async #failed(api: TransactionalApi, error: unknown): Promise<KafkaError> {
    const cause = asKafkaError(error)
    let kind = failureClassOf(api, cause)
    if (!this.isSending) return cause
    if (await this.#hasTimedOut(kind, cause, this.#patience('maxBlockMs'))) {
      const timedOut = timedOutError(this.#options, cause)
      this.#fail('abortable', timedOut)
      return timedOut
    }
    // Its time was up.
    if (kind === 'retriable') kind = 'abortable'
    this.#fail(kind, cause)
    return this.#fatal ?? cause
  }

  #fail(kind: FailureClass, cause: KafkaError): void {
    if (kind === 'fenced' || kind === 'fatal') {
      this.#give(kind, cause)
      return
    }
    if (!this.isSending) return
    this.#failure = cause
    this.#states.enter('ABORTABLE_ERROR')
    this.#options.failUnsent(abortedError(this.#options, this.#failure))
  }

  /** Nothing goes on from here. */
  #give(kind: 'fenced' | 'fatal', cause: KafkaError): KafkaError {
    if (this.#fatal !== undefined) return this.#fatal
    this.#fatal = kind === 'fenced' ? fencedError(this.#options, cause) : cause
    this.#states.enter('FATAL_ERROR')
    this.#options.failAll(this.#fatal)
    return this.#fatal
  }

  /**
   * Whether it was the broker that ended the transaction, and nobody else has the transactional id since (KIP-588).
   */
  async #hasTimedOut(kind: FailureClass, error: KafkaError, patience: Patience): Promise<boolean> {
    const identity = this.#identity
    // Since KIP-890 brokers answer the commit of such a transaction with INVALID_TXN_STATE.
    const isCandidate = kind === 'fenced' || error.code === 'INVALID_TXN_STATE'
    if (!isCandidate || identity === undefined || this.#isEmpty) return false
    const latest = await this.#coordinator.endedByBroker(identity, patience)
    if (latest === undefined) return false
    this.#identity = latest
    this.#partitions.clear()
    this.#offsets.clear()
    this.#needsEpoch = true
    return true
  }

  get #isEmpty(): boolean {
    return this.#partitions.isEmpty && this.#offsets.isEmpty
  }

  /** What is left of so much time from now on. */
  #clocked(timeoutMs: number, deadline = 'maxBlockMs'): () => Patience {
    const { clock } = this.#options.cluster
    const started = clock.monotonic()
    const { signal } = this.#closing
    return () => ({ timeoutMs: Math.max(0, timeoutMs - (clock.monotonic() - started)), deadline, signal })
  }

  #patience(deadline: 'maxBlockMs' | 'deliveryTimeoutMs'): Patience {
    return { timeoutMs: this.#options[deadline], deadline, signal: this.#closing.signal }
  }
}
