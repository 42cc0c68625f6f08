import {
  Backoff,
  ClosedError,
  type Cluster,
  ConnectionError,
  type CoordinatorKey,
  type RequestBody,
  sleep,
  TimeoutError,
  withDeadline,
} from '@k/network'
import {
  AddOffsetsToTxn,
  AddPartitionsToTxn,
  type AnyApi,
  BrokerError,
  DecodeError,
  DescribeTransactions,
  EndTxn,
  InitProducerId,
  KafkaError,
  type KafkaErrorCode,
  TxnOffsetCommit,
} from '@k/protocol'
import type { ProducerIdentity } from '../partition-queue.ts'
import { type FailureClass, failureClassOf, type TransactionalApi } from './failure-class.ts'
import type { GroupMetadata, TopicPartitionOffset } from './group-metadata.ts'

/** How a producer speaks to the coordinators of its transactions. Names and units are those of the producer's options. */
export interface TransactionCoordinatorOptions {
  readonly cluster: Cluster
  readonly clientId: string
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
}

/** How long to go on asking. */
export interface Patience {
  readonly timeoutMs: number
  /** The option that says so. */
  readonly deadline: string
  readonly signal?: AbortSignal | undefined
}

/** What the coordinator says of the latest transaction. */
export interface TransactionDescription {
  readonly state: string
  readonly identity: ProducerIdentity
}

interface Topic {
  readonly topic: string
  readonly partition: number
}

// From here on the broker takes partitions into a transaction by itself, and every transaction has an epoch of its own (KIP-890).
const FIRST_END_TXN_WITH_EPOCH = 5
const FIRST_OFFSET_COMMIT_WITHOUT_ADDING = 5
// Later versions are asked by brokers.
const LAST_ADD_PARTITIONS_OF_CLIENTS = 3
const FIRST_INIT_WITH_IDENTITY = 3
const FIRST_OFFSET_COMMIT_WITH_MEMBER = 3
const NO_EPOCH = -1
// The states of DescribeTransactions in which a transaction is that was aborted.
const ENDED_BY_BROKER: readonly string[] = ['PrepareAbort', 'CompleteAbort', 'PrepareEpochFence']

// The transaction before is still being ended, or the broker takes something else into this one: a matter of milliseconds. Kafka's Java client
// waits 20 each time.
const BRIEF: readonly KafkaErrorCode[] = ['CONCURRENT_TRANSACTIONS', 'COORDINATOR_LOAD_IN_PROGRESS']
// The last two also tell that a coordinator wrote the end down, and then could not replicate it, or stepped down.
const DOUBTFUL = ['UNKNOWN_SERVER_ERROR', 'REQUEST_TIMED_OUT', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR'] as const
const FIRST_BRIEF_PAUSE_MS = 1
const LAST_BRIEF_PAUSE_MS = 20
const ASKED_AT_ONCE = 3

/** The requests of transactions, each repeated while its errors are retriable and its time lasts. */
export class TransactionCoordinator {
  readonly #options: TransactionCoordinatorOptions

  constructor(options: TransactionCoordinatorOptions) {
    this.#options = options
  }

  /** The level of the feature `transaction.version` that is in force. */
  async transactionVersion({ timeoutMs, deadline, signal }: Patience): Promise<number> {
    const { cluster, transactionalId } = this.#options
    const attempt = async () => {
      const { id } = await cluster.coordinator({ transactionalId }, { signal })
      const { finalizedFeatures } = await cluster.apiVersions(id, { signal })
      return finalizedFeatures.get('transaction.version')?.max ?? 0
    }
    const what = `finding the coordinator of transactional id ${transactionalId}`
    return this.#repeat(attempt, { transactionalId }, { timeoutMs, deadline, signal, what, isFinal: (error) => !error.retriable })
  }

  /** @param identity - what the producer has, to be raised to a new epoch; undefined: it begins, and fences whoever else has the id */
  async initProducerId(identity: ProducerIdentity | undefined, patience: Patience): Promise<ProducerIdentity> {
    const { transactionalId, transactionTimeoutMs } = this.#options
    const what = `initializing transactional id ${transactionalId}`
    const attempt = async () => {
      const body = { transactionalId, transactionTimeoutMs, ...identity }
      const minVersion = identity === undefined ? undefined : FIRST_INIT_WITH_IDENTITY
      const { errorCode, producerId, producerEpoch } = await this.#request(InitProducerId, body, { minVersion })
      if (errorCode !== 0) throw new BrokerError(errorCode, what)
      if (isNewer({ producerId, producerEpoch }, identity)) return { producerId, producerEpoch }
      const why = `${what} was answered with id ${producerId} and epoch ${producerEpoch}, under which nothing new can be written`
      throw new KafkaError('MALFORMED_MESSAGE', why, { retriable: true })
    }
    return this.#ask('InitProducerId', what, attempt, patience)
  }

  /** @throws BrokerError of the partition that is refused worst */
  async addPartitions(identity: ProducerIdentity, partitions: readonly Topic[], patience: Patience): Promise<void> {
    const { transactionalId } = this.#options
    const topics = byTopic(partitions).map(([name, ofTopic]) => ({ name, partitions: ofTopic.map(({ partition }) => partition) }))
    const attempt = async () => {
      const response = await this.#request(
        AddPartitionsToTxn,
        {
          v3AndBelowTransactionalId: transactionalId,
          v3AndBelowProducerId: identity.producerId,
          v3AndBelowProducerEpoch: identity.producerEpoch,
          v3AndBelowTopics: topics,
        },
        { maxVersion: LAST_ADD_PARTITIONS_OF_CLIENTS },
      )
      const results = response.resultsByTopicV3AndBelow.flatMap(({ name, resultsByPartition }) =>
        resultsByPartition.map(({ partitionIndex, partitionErrorCode }) => [`${name}-${partitionIndex}`, partitionErrorCode] as const),
      )
      throwWorst('AddPartitionsToTxn', `taking partitions into the transaction of ${transactionalId}`, partitions, results)
    }
    await this.#ask('AddPartitionsToTxn', `taking partitions into the transaction of ${transactionalId}`, attempt, patience)
  }

  async addOffsets(identity: ProducerIdentity, groupId: string, patience: Patience): Promise<void> {
    const { transactionalId } = this.#options
    const what = `taking offsets of group ${groupId} into the transaction of ${transactionalId}`
    const attempt = async () => {
      const { errorCode } = await this.#request(AddOffsetsToTxn, { transactionalId, ...identity, groupId })
      if (errorCode !== 0) throw new BrokerError(errorCode, what)
    }
    await this.#ask('AddOffsetsToTxn', what, attempt, patience)
  }

  /** @param adds - whether the broker takes the offsets into the transaction by itself */
  async commitOffsets(
    identity: ProducerIdentity,
    offsets: readonly TopicPartitionOffset[],
    group: GroupMetadata,
    adds: boolean,
    patience: Patience,
  ): Promise<void> {
    const { cluster, clientId, transactionalId, requestTimeoutMs: timeoutMs } = this.#options
    const { groupId, generationId, memberId, groupInstanceId } = group
    const isMember = memberId !== '' || generationId >= 0 || groupInstanceId !== undefined
    const member = { generationIdOrMemberEpoch: generationId, memberId, groupInstanceId: groupInstanceId ?? null }
    const topics = byTopic(offsets).map(([name, ofTopic]) => ({
      name,
      partitions: ofTopic.map(({ partition, offset, leaderEpoch, metadata }) => ({
        partitionIndex: partition,
        committedOffset: BigInt(offset),
        committedLeaderEpoch: leaderEpoch ?? NO_EPOCH,
        committedMetadata: metadata ?? '',
      })),
    }))
    const what = `committing offsets of group ${groupId} in the transaction of ${transactionalId}`
    const attempt = async () => {
      const response = await cluster.request(
        TxnOffsetCommit,
        { transactionalId, groupId, ...identity, topics, ...(isMember && member) },
        {
          to: { coordinatorOf: { group: groupId } },
          clientId,
          timeoutMs,
          minVersion: adds ? FIRST_OFFSET_COMMIT_WITHOUT_ADDING : isMember ? FIRST_OFFSET_COMMIT_WITH_MEMBER : undefined,
          maxVersion: adds ? FIRST_OFFSET_COMMIT_WITHOUT_ADDING : FIRST_OFFSET_COMMIT_WITHOUT_ADDING - 1,
        },
      )
      const results = response.topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, errorCode }) => [`${name}-${partitionIndex}`, errorCode] as const),
      )
      throwWorst('TxnOffsetCommit', what, offsets, results)
    }
    await this.#ask('TxnOffsetCommit', what, attempt, patience, { group: groupId })
  }

  /**
   * @param renews - whether the coordinator answers with the next epoch
   * @param onDoubt - called where an attempt may have ended the transaction although it failed
   * @returns the identity for the next transaction, where the coordinator gives one
   */
  async endTransaction(
    identity: ProducerIdentity,
    committed: boolean,
    renews: boolean,
    onDoubt: () => void,
    patience: Patience,
  ): Promise<ProducerIdentity | undefined> {
    const { transactionalId } = this.#options
    const what = `${committed ? 'committing' : 'aborting'} the transaction of ${transactionalId}`
    const versions = renews ? { minVersion: FIRST_END_TXN_WITH_EPOCH } : { maxVersion: FIRST_END_TXN_WITH_EPOCH - 1 }
    let isOpen = false
    const attempt = async () => {
      isOpen = true
      try {
        const { errorCode, producerId, producerEpoch } = await this.#request(EndTxn, { transactionalId, ...identity, committed }, versions)
        if (errorCode !== 0) throw new BrokerError(errorCode, what)
        return isNewer({ producerId, producerEpoch }, identity) ? { producerId, producerEpoch } : undefined
      } catch (error) {
        if (isInDoubt(error)) onDoubt()
        throw error
      } finally {
        isOpen = false
      }
    }
    try {
      return await this.#ask('EndTxn', what, attempt, patience)
    } finally {
      // The time was up before the answer came.
      if (isOpen) onDoubt()
    }
  }

  /** What became of the latest transaction; undefined where nobody tells. */
  async describe(patience: Patience): Promise<TransactionDescription | undefined> {
    const { transactionalId } = this.#options
    const what = `describing the transaction of ${transactionalId}`
    const attempt = async () => {
      const { transactionStates } = await this.#request(DescribeTransactions, { transactionalIds: [transactionalId] })
      const told = transactionStates.find((one) => one.transactionalId === transactionalId)
      if (told === undefined) return undefined
      if (told.errorCode !== 0) throw new BrokerError(told.errorCode, what)
      const { producerId, producerEpoch, transactionState: state } = told
      return { state, identity: { producerId, producerEpoch } }
    }
    try {
      return await this.#repeat(attempt, { transactionalId }, { ...patience, what, isFinal: (error) => !error.retriable })
    } catch {
      return undefined
    }
  }

  /**
   * What became of this identity where it was the broker that ended its transaction, and nobody else has the transactional id since: then the epoch
   * that it was ended with is the latest.
   */
  async endedByBroker({ producerId, producerEpoch }: ProducerIdentity, patience: Patience): Promise<ProducerIdentity | undefined> {
    const told = await this.describe(patience)
    if (told === undefined || !ENDED_BY_BROKER.includes(told.state)) return undefined
    const { identity } = told
    return identity.producerId === producerId && identity.producerEpoch === producerEpoch + 1 ? identity : undefined
  }

  /** Resolves when the latest transaction is complete, its markers written, as far as that can be found out within the pause that brokers make. Never rejects. */
  async completion(patience: Patience): Promise<void> {
    const { clock } = this.#options.cluster
    const started = clock.monotonic()
    const left = () => LAST_BRIEF_PAUSE_MS - (clock.monotonic() - started)
    for (let number = 1; left() > 0; number++) {
      const told = await this.describe({ ...patience, timeoutMs: left() })
      if (told === undefined || !told.state.startsWith('Prepare')) return
      // The way there and back is a pause of its own.
      if (number > ASKED_AT_ONCE) await sleep(clock, FIRST_BRIEF_PAUSE_MS)
    }
  }

  #request<A extends AnyApi>(
    api: A,
    body: RequestBody<A>,
    versions: { readonly minVersion?: number | undefined; readonly maxVersion?: number | undefined } = {},
  ) {
    const { cluster, clientId, transactionalId, requestTimeoutMs: timeoutMs } = this.#options
    return cluster.request(api, body, { to: { coordinatorOf: { transactionalId } }, clientId, timeoutMs, ...versions })
  }

  #ask<T>(api: TransactionalApi, what: string, attempt: () => Promise<T>, patience: Patience, of?: CoordinatorKey): Promise<T> {
    const isFinal = (error: KafkaError) => failureClassOf(api, error) !== 'retriable'
    return this.#repeat(attempt, of ?? { transactionalId: this.#options.transactionalId }, { ...patience, what, isFinal })
  }

  async #repeat<T>(
    attempt: () => Promise<T>,
    of: CoordinatorKey,
    o: Patience & { readonly what: string; readonly isFinal: (error: KafkaError) => boolean },
  ): Promise<T> {
    const { cluster } = this.#options
    const { clock, random } = cluster
    const { what, deadline, signal, timeoutMs, isFinal } = o
    const started = clock.monotonic()
    const left = () => Math.max(0, timeoutMs - (clock.monotonic() - started))
    const backoff = new Backoff({ ...this.#options, random })
    let briefPauseMs = FIRST_BRIEF_PAUSE_MS
    let last: KafkaError | undefined
    for (let number = 1; number === 1 || left() > 0; number++) {
      try {
        return await withDeadline(clock, attempt(), left(), { what, deadline, signal })
      } catch (error) {
        signal?.throwIfAborted()
        if (!KafkaError.is(error) || isFinal(error)) throw error
        // Our own deadline during an attempt tells less than what the attempt before it met.
        if (last === undefined || !TimeoutError.is(error) || error.deadline !== deadline) last = error
      }
      if (isCoordinatorLost(last)) cluster.forgetCoordinator(of)
      const isBrief = BRIEF.includes(last.code) && briefPauseMs <= LAST_BRIEF_PAUSE_MS
      const pauseMs = last.code === 'CONCURRENT_TRANSACTIONS' || isBrief ? Math.min(briefPauseMs, LAST_BRIEF_PAUSE_MS) : backoff.next()
      briefPauseMs *= 2
      await sleep(clock, Math.min(pauseMs, left()), signal)
      if (!BrokerError.is(last) || !last.invalidatesMetadata) continue
      // What fails here fails again, and better told, in the attempt.
      await withDeadline(clock, cluster.refresh(), left(), { what, deadline, signal }).catch(() => signal?.throwIfAborted())
    }
    const elapsedMs = Math.round(clock.monotonic() - started)
    const message = `${what} timed out after ${elapsedMs} ms (${deadline}); the last attempt failed: ${last?.message}`
    throw new TimeoutError(message, { deadline, elapsedMs, cause: last })
  }
}

function byTopic<T extends Topic>(partitions: readonly T[]): [topic: string, ofTopic: T[]][] {
  const topics = new Map<string, T[]>()
  for (const one of partitions) {
    const ofTopic = topics.get(one.topic)
    if (ofTopic === undefined) topics.set(one.topic, [one])
    else ofTopic.push(one)
  }
  return [...topics]
}

/** Under an identity that is not newer, sequence numbers would begin anew in the same epoch: brokers would take what is new for a repetition. */
function isNewer({ producerId, producerEpoch }: ProducerIdentity, than: ProducerIdentity | undefined): boolean {
  if (producerId < 0n || producerEpoch < 0) return false
  return than === undefined || producerId !== than.producerId || producerEpoch > than.producerEpoch
}

/**
 * What an answer says of partitions that were not asked for is nobody's.
 * @throws BrokerError for the worst of the errors of several partitions: one that ends the attempts, where there is one; KafkaError where the
 * answer says nothing of some
 */
function throwWorst(
  api: TransactionalApi,
  what: string,
  asked: readonly Topic[],
  results: readonly (readonly [partition: string, errorCode: number])[],
): void {
  const wanted = new Set(asked.map(({ topic, partition }) => `${topic}-${partition}`))
  const untold = new Set(wanted)
  const severity: readonly FailureClass[] = ['retriable', 'abortable', 'unmapped', 'fatal', 'fenced']
  let worst: BrokerError | undefined
  let worstSeverity = -1
  const partitions: string[] = []
  for (const [partition, errorCode] of results) {
    untold.delete(partition)
    if (errorCode === 0 || !wanted.has(partition)) continue
    const error = new BrokerError(errorCode, `${what}, of ${[...partitions, partition].join(', ')}`)
    const own = severity.indexOf(failureClassOf(api, error))
    if (error.code === 'OPERATION_NOT_ATTEMPTED' && worst !== undefined) continue
    if (own === worstSeverity && worst?.errorCode === errorCode) partitions.push(partition)
    else if (own > worstSeverity || worst?.code === 'OPERATION_NOT_ATTEMPTED') partitions.splice(0, partitions.length, partition)
    else continue
    worst = new BrokerError(errorCode, `${what}, of ${partitions.join(', ')}`)
    worstSeverity = own
  }
  if (worst !== undefined) throw worst
  if (untold.size === 0) return
  throw new KafkaError('MALFORMED_MESSAGE', `${what}: the answer says nothing of ${[...untold].join(', ')}`, { retriable: true })
}

function isCoordinatorLost(error: KafkaError): boolean {
  return (
    BrokerError.is(error, 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR', 'REQUEST_TIMED_OUT') ||
    ConnectionError.is(error) ||
    TimeoutError.is(error)
  )
}

/** Whether the request that failed like this may have been carried out. */
function isInDoubt(error: unknown): boolean {
  if (ConnectionError.is(error) || TimeoutError.is(error)) return error.sent
  return ClosedError.is(error) || DecodeError.is(error) || BrokerError.is(error, ...DOUBTFUL)
}
