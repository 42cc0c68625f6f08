import type { BrokerErrorCode, Clock, Timer } from '@k/protocol'
import type { TransactionalOffsets } from '../group/transactional-offsets.ts'
import type { Partition } from '../partition.ts'
import { Refusal } from '../refusal.ts'
import { checkEnd } from './end-check.ts'
import { NONE, type ProducerIdAndEpoch, Transaction } from './transaction.ts'
import type { TransactionPartition } from './transaction-partitions.ts'

/** Where Kafka keeps committed offsets: this topic stands for them in a transaction. */
export const OFFSETS_TOPIC = '__consumer_offsets'

/** What the coordinator works with. */
export interface TransactionSeams {
  readonly clock: Clock
  /** Kafka: `transaction.max.timeout.ms` */
  readonly maxTimeoutMs: number
  /** Whether the cluster has KIP-890's second part: what it aborts itself gives the producer a new epoch by that. */
  readonly bumpsEpoch: boolean
  readonly offsets: TransactionalOffsets
  nextProducerId(): bigint
  partition(topic: string, index: number): Partition | undefined
  /** The partition of {@link OFFSETS_TOPIC} that a group's offsets are in. */
  offsetsPartition(groupId: string): number
  /** Called when a timer has changed a transaction, which no request tells of. */
  changed(): void
}

/** Coordinates the transactions of the cluster; which broker may ask for which is not decided here. */
export class TransactionCoordinator {
  readonly #seams: TransactionSeams
  readonly #transactions = new Map<string, Transaction>()
  /** Those that wait for partitions without a leader. */
  readonly #ending = new Set<Transaction>()

  constructor(seams: TransactionSeams) {
    this.#seams = seams
  }

  get(transactionalId: string): Transaction | undefined {
    return this.#transactions.get(transactionalId)
  }

  all(): Transaction[] {
    return [...this.#transactions.values()]
  }

  /**
   * Gives a transactional id to a producer. A transaction of the one before is aborted.
   * @param former - what the producer has already, if anything
   * @throws Refusal
   */
  initProducerId(transactionalId: string, timeoutMs: number, former: ProducerIdAndEpoch | undefined): ProducerIdAndEpoch {
    const { maxTimeoutMs, nextProducerId, bumpsEpoch } = this.#seams
    if (timeoutMs <= 0 || timeoutMs > maxTimeoutMs) {
      throw new Refusal('INVALID_TRANSACTION_TIMEOUT', `a timeout must be from 1 to ${maxTimeoutMs} ms, not ${timeoutMs}`)
    }
    const transaction = this.#transactions.get(transactionalId) ?? new Transaction(transactionalId, nextProducerId(), timeoutMs)
    this.#transactions.set(transactionalId, transaction)
    if (former !== undefined && !transaction.mayGoOn(former)) throw transaction.fenced(former.producerEpoch)
    if (transaction.isEnding) throw stillEnding(transaction)
    if (transaction.state === 'Ongoing') {
      this.#fence(transaction, bumpsEpoch)
      throw stillEnding(transaction)
    }
    transaction.begin(former, timeoutMs, nextProducerId)
    return transaction
  }

  /**
   * Adds partitions to the transaction, which begins with the first.
   * @throws Refusal
   */
  addPartitions(
    transactionalId: string,
    producer: ProducerIdAndEpoch,
    partitions: readonly TransactionPartition[],
    bumpsEpoch: boolean,
  ): void {
    const transaction = this.#owned(transactionalId, producer)
    if (transaction.isEnding) throw stillEnding(transaction)
    if (transaction.state === 'Ongoing' && partitions.every((each) => transaction.partitions.has(each))) return
    if (transaction.state !== 'Ongoing') transaction.timer = this.#watchTime(transaction)
    transaction.start(this.#seams.clock.now(), bumpsEpoch)
    for (const partition of partitions) transaction.partitions.add(partition)
  }

  /**
   * Looks whether a partition is in the transaction (KIP-890).
   * @throws Refusal
   */
  verifyPartition(transactionalId: string, producer: ProducerIdAndEpoch, partition: TransactionPartition): void {
    const transaction = this.#owned(transactionalId, producer)
    if (transaction.isEnding) throw stillEnding(transaction)
    if (transaction.partitions.has(partition)) return
    throw new Refusal('TRANSACTION_ABORTABLE', `${partition.topic}-${partition.partition} is not in the transaction of ${transactionalId}`)
  }

  #owned(transactionalId: string, producer: ProducerIdAndEpoch): Transaction {
    const transaction = this.#known(transactionalId)
    transaction.check(producer)
    return transaction
  }

  #known(transactionalId: string): Transaction {
    const transaction = this.#transactions.get(transactionalId)
    if (transaction !== undefined) return transaction
    throw new Refusal('INVALID_PRODUCER_ID_MAPPING', `nobody has the transactional id ${transactionalId}`)
  }

  /**
   * Ends the transaction.
   * @param bumpsEpoch - whether the producer takes a new epoch with it (KIP-890)
   * @returns what the producer goes on with
   * @throws Refusal
   */
  end(transactionalId: string, producer: ProducerIdAndEpoch, isCommit: boolean, bumpsEpoch: boolean): ProducerIdAndEpoch {
    const transaction = this.#known(transactionalId)
    const hasEnded = checkEnd(transaction, producer, isCommit, bumpsEpoch)
    if (!hasEnded) {
      if (transaction.state !== 'Ongoing') transaction.startedAt = this.#seams.clock.now()
      const isLast = bumpsEpoch && transaction.isExhausted
      this.#end(transaction, isCommit, bumpsEpoch, isLast ? this.#seams.nextProducerId() : BigInt(NONE))
    }
    const { nextProducerId, producerId, producerEpoch } = transaction
    return nextProducerId === BigInt(NONE) ? { producerId, producerEpoch } : { producerId: nextProducerId, producerEpoch: 0 }
  }

  /** Aborts in the place of a producer, which may not go on with its epoch. */
  #fence(transaction: Transaction, bumpsEpoch: boolean): void {
    if (!bumpsEpoch) {
      transaction.producerEpoch++
      transaction.previousEpoch = NONE
    }
    const isLast = bumpsEpoch && transaction.isExhausted
    this.#end(transaction, false, bumpsEpoch, isLast ? this.#seams.nextProducerId() : BigInt(NONE))
  }

  #end(transaction: Transaction, isCommit: boolean, bumpsEpoch: boolean, nextProducerId: bigint): void {
    transaction.timer?.cancel()
    transaction.prepare(isCommit, bumpsEpoch, nextProducerId)
    this.#writeMarkers(transaction)
  }

  #watchTime({ transactionalId, timeoutMs }: Transaction): Timer {
    return this.#seams.clock.setTimer(() => {
      if (this.expire(transactionalId)) this.#seams.changed()
    }, timeoutMs)
  }

  /** Aborts a transaction whose time is up. False where none is open. */
  expire(transactionalId: string): boolean {
    const transaction = this.#transactions.get(transactionalId)
    if (transaction?.state !== 'Ongoing') return false
    this.#fence(transaction, this.#seams.bumpsEpoch)
    return true
  }

  #writeMarkers(transaction: Transaction): void {
    this.#ending.add(transaction)
    const { partitions } = transaction
    try {
      for (const each of partitions.list()) if (this.#writeMarker(transaction, each)) partitions.delete(each)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      // Somebody else has ended it there, with a later epoch. Kafka gives up, until it has another coordinator.
      this.#ending.delete(transaction)
      return
    }
    if (partitions.size > 0) return
    this.#ending.delete(transaction)
    transaction.complete()
  }

  /**
   * Whether nothing is left to do for this partition.
   * @throws Refusal where the partition does not take the marker
   */
  #writeMarker(transaction: Transaction, { topic, partition: index }: TransactionPartition): boolean {
    const { offsets, offsetsPartition, partition: partitionOf, clock } = this.#seams
    if (topic === OFFSETS_TOPIC) {
      offsets.end(index, transaction, (groupId) => offsetsPartition(groupId) === index)
      return true
    }
    const partition = partitionOf(topic, index)
    // A topic that is gone has taken its part of the transaction along.
    if (partition === undefined) return true
    if (partition.leader < 0) return false
    partition.appendMarker(transaction, clock.now())
    return true
  }

  /** Writes the markers that had no leader to go to. */
  proceed(): void {
    for (const transaction of [...this.#ending]) this.#writeMarkers(transaction)
  }

  /** The transactional id has another coordinator, which knows everything that the one before did. */
  moved(transactionalId: string): void {
    const transaction = this.#transactions.get(transactionalId)
    if (transaction === undefined) return
    transaction.coordinatorEpoch++
    if (transaction.isEnding) this.#writeMarkers(transaction)
  }

  /** Cancels every timer. */
  close(): void {
    for (const { timer } of this.#transactions.values()) timer?.cancel()
  }
}

function stillEnding({ transactionalId }: Transaction): Refusal {
  return new Refusal('CONCURRENT_TRANSACTIONS', `a transaction of ${transactionalId} is being ended`)
}

/** What clients are told that know no PRODUCER_FENCED. */
export function codeFor(code: BrokerErrorCode, knowsFenced: boolean): BrokerErrorCode {
  return code === 'PRODUCER_FENCED' && !knowsFenced ? 'INVALID_PRODUCER_EPOCH' : code
}
