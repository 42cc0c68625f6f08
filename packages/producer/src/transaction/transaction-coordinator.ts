import { type Cluster, type CoordinatorKey, type RetryScope, retry, sleep } from '@k/network'
import {
  AddOffsetsToTxn,
  AddPartitionsToTxn,
  type AnyApi,
  BrokerError,
  DecodeError,
  DescribeTransactions,
  EndTxn,
  InitProducerId,
  type KafkaError,
  type RequestInputOf,
  type ResponseOf,
  TxnOffsetCommit,
} from '@k/protocol'
import { asKafkaError } from '../errors.ts'
import { grouped } from '../grouped.ts'
import type { ProducerIdentity } from '../partition-queue.ts'
import { givenIdentity, isNewer, malformed } from '../producer-id.ts'
import type { GroupMetadata, TopicPartitionOffset } from './group-metadata.ts'

/** How a producer speaks to the coordinators of its transactions. Names and units are those of the producer's options. */
export interface TransactionCoordinatorOptions extends RetryScope {
  readonly cluster: Cluster
  readonly clientId: string
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
  readonly requestTimeoutMs: number
}

/** How long to go on asking. */
export interface Patience {
  /** Monotonic milliseconds. */
  readonly until: number
  /** The option that says so. */
  readonly deadline: string
  readonly signal: AbortSignal
}

interface Asking {
  readonly minVersion?: number | undefined
  readonly maxVersion?: number | undefined
  /** Who is asked. Default: the coordinator of the transactional id. */
  readonly to?: { readonly coordinatorOf: CoordinatorKey }
}

/** What an answer says of the partitions of a topic, in the words of either API. */
interface TopicResults {
  readonly name: string
  readonly partitions?: readonly PartitionResult[]
  readonly resultsByPartition?: readonly PartitionResult[]
}

interface PartitionResult {
  readonly partitionIndex: number
  readonly errorCode?: number
  readonly partitionErrorCode?: number
}

interface Topic {
  readonly topic: string
  readonly partition: number
}

// The first version that bumps the epoch with every transaction (KIP-890): brokers take partitions into a transaction by themselves.
const TRANSACTION_VERSION_2 = 2
// Of EndTxn: it gives the new epoch. Of TxnOffsetCommit: nothing need be added before.
const FIRST_OF_VERSION_2 = 5
// Later versions are asked by brokers.
const LAST_ADD_PARTITIONS_OF_CLIENTS = 3
// The states of DescribeTransactions in which a transaction is that was aborted: PrepareAbort, CompleteAbort, PrepareEpochFence.
const ENDED_BY_BROKER = /Abort|Fence/

// The transaction before is still being ended, or the broker takes something else into this one: a matter of milliseconds.
const BRIEF: readonly unknown[] = [
  14, // COORDINATOR_LOAD_IN_PROGRESS
  51, // CONCURRENT_TRANSACTIONS
]
const OPERATION_NOT_ATTEMPTED = 55
const BRIEF_PAUSE_MS = 1
const ASKED_AT_ONCE = 3

/**
 * The requests of transactions, each repeated while its errors are retriable and its time lasts, and what they tell of the identity that
 * transactions are written under.
 */
export class TransactionCoordinator {
  /** Undefined before the first {@link initProducerId}. */
  identity: ProducerIdentity | undefined
  /** Whether the next transaction needs an epoch that the coordinator has not given yet. */
  needsEpoch = true
  /** Whether brokers take partitions into a transaction by themselves, and every transaction has an epoch of its own (KIP-890). */
  isVersion2 = false
  /** Whether the transaction may have ended, although nobody confirmed it. */
  isInDoubt = false
  readonly #options: TransactionCoordinatorOptions

  constructor(options: TransactionCoordinatorOptions) {
    this.#options = options
  }

  /** Obtains a new epoch, or what is there in the beginning: that fences whoever else has the id. */
  async initProducerId(patience: Patience): Promise<void> {
    const { cluster, transactionalId, transactionTimeoutMs } = this.#options
    const { identity } = this
    const read = async (answer: ResponseOf<typeof InitProducerId>, what: string) => {
      const given = givenIdentity(answer, what, identity)
      const { id } = await cluster.coordinator({ transactionalId }, patience)
      const { finalizedFeatures } = await cluster.apiVersions(id, patience)
      return [given, finalizedFeatures.get('transaction.version')?.max ?? 0] as const
    }
    const [given, version] = await this.#ask(InitProducerId, { transactionalId, transactionTimeoutMs, ...identity }, patience, read)
    this.identity = given
    this.isVersion2 = version >= TRANSACTION_VERSION_2
    this.needsEpoch = false
  }

  /** @throws BrokerError of the partition that is refused worst */
  async addPartitions(partitions: readonly Topic[], patience: Patience): Promise<void> {
    const { producerId, producerEpoch } = this.identity!
    const body = {
      v3AndBelowTransactionalId: this.#options.transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: byTopic(partitions, ({ partition }) => partition),
    }
    const read = (answer: ResponseOf<typeof AddPartitionsToTxn>, what: string) =>
      checkPartitions(what, partitions, answer.resultsByTopicV3AndBelow)
    await this.#ask(AddPartitionsToTxn, body, patience, read, { maxVersion: LAST_ADD_PARTITIONS_OF_CLIENTS })
  }

  /** Only for transactions of before KIP-890. */
  async addOffsets(groupId: string, patience: Patience): Promise<void> {
    await this.#ask(AddOffsetsToTxn, { ...this.#transaction, groupId }, patience, checked)
  }

  /** @throws BrokerError of the partition that is refused worst */
  async commitOffsets(offsets: readonly TopicPartitionOffset[], group: GroupMetadata, patience: Patience): Promise<void> {
    const { groupId, generationId, memberId, groupInstanceId } = group
    const topics = byTopic(offsets, ({ partition, offset, leaderEpoch, metadata }) => ({
      partitionIndex: partition,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: leaderEpoch,
      committedMetadata: metadata ?? '',
    }))
    const member = { groupId, generationIdOrMemberEpoch: generationId, memberId, groupInstanceId }
    const read = (answer: ResponseOf<typeof TxnOffsetCommit>, what: string) => checkPartitions(what, offsets, answer.topics)
    const to = { coordinatorOf: { group: groupId } }
    await this.#ask(TxnOffsetCommit, { ...this.#transaction, ...member, topics }, patience, read, { to, ...this.#versions })
  }

  /** Where it fails, `isInDoubt` says whether an attempt may have ended the transaction all the same. */
  async endTransaction(committed: boolean, patience: Patience): Promise<void> {
    const answer = await this.#ask(EndTxn, { ...this.#transaction, committed }, patience, checked, this.#versions)
    const { producerId, producerEpoch } = answer
    if (isNewer(answer, this.identity)) this.identity = { producerId, producerEpoch }
    // The broker has a new epoch all the same.
    else if (this.isVersion2) this.needsEpoch = true
  }

  /**
   * Whether it was the broker that ended the transaction, and nobody else has the transactional id since: then the epoch that it was ended with is
   * the latest, and is taken over.
   */
  async endedByBroker(patience: Patience): Promise<boolean> {
    const { producerId, producerEpoch } = this.identity!
    const told = await this.#describe(patience)
    if (!told || !ENDED_BY_BROKER.test(told.transactionState)) return false
    if (told.producerId !== producerId || told.producerEpoch !== producerEpoch + 1) return false
    this.identity = { producerId, producerEpoch: told.producerEpoch }
    this.needsEpoch = true
    return true
  }

  /** Resolves when the latest transaction is complete, its markers written, as far as that can be found out in this time. Never rejects. */
  async completion(patience: Patience): Promise<void> {
    const { clock } = this.#options
    for (let number = 1; clock.monotonic() < patience.until; number++) {
      const told = await this.#describe(patience)
      if (!told?.transactionState.startsWith('Prepare')) return
      // The way there and back is a pause of its own.
      if (number > ASKED_AT_ONCE) await sleep(clock, BRIEF_PAUSE_MS)
    }
  }

  /** What became of the latest transaction; undefined where nobody tells. */
  #describe(patience: Patience) {
    const { transactionalId } = this.#options
    const read = ({ transactionStates }: ResponseOf<typeof DescribeTransactions>, what: string) => {
      const told = transactionStates.find((one) => one.transactionalId === transactionalId)
      return told && checked(told, what)
    }
    return this.#ask(DescribeTransactions, { transactionalIds: [transactionalId] }, patience, read).catch(() => undefined)
  }

  get #transaction() {
    return { transactionalId: this.#options.transactionalId, ...this.identity! }
  }

  /** The version by which brokers know that this is a transaction of before KIP-890 or, since then, that it is none. */
  get #versions(): Asking {
    return this.isVersion2 ? { minVersion: FIRST_OF_VERSION_2, maxVersion: FIRST_OF_VERSION_2 } : { maxVersion: FIRST_OF_VERSION_2 - 1 }
  }

  /** The one way of all requests. @param read - throws what is wrong with the answer */
  async #ask<A extends AnyApi, T>(
    api: A,
    body: RequestInputOf<A>,
    patience: Patience,
    read: (answer: ResponseOf<A>, what: string) => T | Promise<T>,
    asking: Asking = {},
  ): Promise<T> {
    const { cluster, clock, options, clientId, transactionalId, requestTimeoutMs } = this.#options
    const how = { to: { coordinatorOf: { transactionalId } }, clientId, timeoutMs: requestTimeoutMs, ...asking }
    const what = `${api.name} for transactional id ${transactionalId}`
    let mayBeDone = false
    const attempt = async () => {
      const before = mayBeDone
      // Until it is known what became of it.
      mayBeDone = true
      try {
        const result = await read(await cluster.request(api, body, how), what)
        mayBeDone = before
        return result
      } catch (thrown) {
        // A response that cannot be read ends its connection; the next may do better.
        const error = DecodeError.is(thrown) ? malformed(thrown.message) : asKafkaError(thrown)
        mayBeDone = before || isDoubtful(error)
        throw error
      }
    }
    const onRetry = (error: KafkaError, number: number) => {
      if (isBrief(error)) return { pauseMs: Math.min(BRIEF_PAUSE_MS * 2 ** (number - 1), options.retryBackoffMs) }
      return cluster.forgetCoordinator(how.to.coordinatorOf)
    }
    try {
      const limits = { ...patience, what, timeoutMs: patience.until - clock.monotonic(), onRetry }
      return await retry(this.#options, attempt, limits)
    } catch (error) {
      if ((api as AnyApi) === EndTxn) this.isInDoubt = mayBeDone
      throw error
    } finally {
      // An attempt that nobody answered may be carried out as late as in the next transaction, and take effect there if that has the same epoch.
      if (mayBeDone && !this.isVersion2) this.needsEpoch = true
    }
  }
}

function checked<T extends { readonly errorCode: number }>(answer: T, what: string): T {
  if (answer.errorCode !== 0) throw new BrokerError(answer.errorCode, what)
  return answer
}

function byTopic<T extends Topic, P>(items: readonly T[], inRequest: (item: T) => P): { name: string; partitions: P[] }[] {
  return [...grouped(items, ({ topic }) => topic)].map(([name, ofTopic]) => ({ name, partitions: ofTopic.map(inRequest) }))
}

/**
 * What an answer says of partitions that were not asked for is nobody's.
 * @throws BrokerError for the worst of the errors of several partitions: one that ends the attempts, where there is one; KafkaError where the
 * answer says nothing of some
 */
function checkPartitions(what: string, asked: readonly Topic[], topics: readonly TopicResults[]): void {
  const codes = new Map<string, number | undefined>()
  for (const { name, partitions, resultsByPartition } of topics) {
    for (const one of partitions ?? resultsByPartition!) codes.set(`${name}-${one.partitionIndex}`, one.errorCode ?? one.partitionErrorCode)
  }
  const names = asked.map(({ topic, partition }) => `${topic}-${partition}`)
  const errors: (KafkaError & { readonly errorCode?: number })[] = []
  for (const [errorCode, refused] of grouped(names, (name) => codes.get(name))) {
    const context = `${what}, of ${refused.join(', ')}`
    if (errorCode === undefined) errors.push(malformed(`${context}: no answer`))
    else if (errorCode !== 0) errors.push(new BrokerError(errorCode, context))
  }
  // What was not attempted was so for the sake of another.
  const worst = errors.find(({ errorCode, retriable }) => !retriable && errorCode !== OPERATION_NOT_ATTEMPTED)
  if (errors.length > 0) throw worst ?? errors.find(({ retriable }) => retriable) ?? errors[0]
}

function isBrief(error: KafkaError): boolean {
  return BRIEF.includes((error as BrokerError).errorCode)
}

/** Whether the request that failed like this may have been carried out. */
function isDoubtful(error: KafkaError & { readonly sent?: boolean }): boolean {
  const { code, retriable, sent } = error
  // A coordinator that has written the end down, and then cannot replicate it or steps down, answers with errors that ask to try again.
  return sent ?? (retriable ? !isBrief(error) : code === 'CLOSED' || code === 'UNKNOWN_SERVER_ERROR')
}
