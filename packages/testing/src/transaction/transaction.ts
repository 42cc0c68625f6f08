import type { Timer } from '@k/protocol'
import { Refusal } from '../refusal.ts'
import { TransactionPartitions } from './transaction-partitions.ts'

/** Where a transactional id stands, in Kafka's words. */
export type TransactionState = 'Empty' | 'Ongoing' | 'PrepareCommit' | 'PrepareAbort' | 'CompleteCommit' | 'CompleteAbort'

/** A producer, as it names itself in every request. */
export interface ProducerIdAndEpoch {
  readonly producerId: bigint
  readonly producerEpoch: number
}

/** Neither a producer nor an epoch. */
export const NONE = -1
/** Beyond this epoch a producer needs another id. */
const LAST_USABLE_EPOCH = 0x7ffe

/** What the coordinator knows of a transactional id: whose it is, and how far its transaction has come. */
export class Transaction {
  readonly transactionalId: string
  producerId: bigint
  producerEpoch = NONE
  /** What the producer had before, so that a request that comes again is known. */
  previousProducerId = BigInt(NONE)
  previousEpoch = NONE
  /** Whose the id is when the transaction has ended, if it changes hands. */
  nextProducerId = BigInt(NONE)
  timeoutMs: number
  state: TransactionState = 'Empty'
  readonly partitions = new TransactionPartitions()
  /** When the transaction began, by the clock of the cluster; -1 before the first. */
  startedAt = NONE
  /** Its end gives the producer a new epoch (KIP-890). */
  bumpsEpoch = false
  /** How often its coordinator has changed. */
  coordinatorEpoch = 0
  timer: Timer | undefined

  constructor(transactionalId: string, producerId: bigint, timeoutMs: number) {
    this.transactionalId = transactionalId
    this.producerId = producerId
    this.timeoutMs = timeoutMs
  }

  get isEnding(): boolean {
    return this.state === 'PrepareCommit' || this.state === 'PrepareAbort'
  }

  get isCommit(): boolean {
    return this.state === 'PrepareCommit' || this.state === 'CompleteCommit'
  }

  get isExhausted(): boolean {
    return isExhausted(this.producerEpoch)
  }

  /** @throws Refusal where this is not the producer that has the id */
  check({ producerId, producerEpoch }: ProducerIdAndEpoch): void {
    if (producerId !== this.producerId) throw this.otherProducer(producerId)
    if (producerEpoch !== this.producerEpoch) throw this.fenced(producerEpoch)
  }

  otherProducer(producerId: bigint): Refusal {
    return new Refusal('INVALID_PRODUCER_ID_MAPPING', `${this.transactionalId} is producer ${this.producerId}, not ${producerId}`)
  }

  fenced(producerEpoch: number): Refusal {
    return new Refusal('PRODUCER_FENCED', `${this.transactionalId} is in epoch ${this.producerEpoch}, not ${producerEpoch}`)
  }

  /** Whether a producer that has this already may go on with the id (KIP-360). */
  mayGoOn({ producerId, producerEpoch }: ProducerIdAndEpoch): boolean {
    if (this.producerEpoch === NONE || producerId === this.producerId) return true
    return producerId === this.previousProducerId && isExhausted(producerEpoch)
  }

  /**
   * Gives the id to a producer that begins: a new epoch, and another producer id where there is no epoch left.
   * @param former - what the producer has already, if anything
   * @throws Refusal PRODUCER_FENCED
   */
  begin(former: ProducerIdAndEpoch | undefined, timeoutMs: number, nextProducerId: () => bigint): void {
    const { producerId, producerEpoch } = this
    const isCurrent = former === undefined || former.producerEpoch === producerEpoch
    if (this.isExhausted) {
      // Kafka does not foresee a request that comes again with the last epoch but one.
      if (!isCurrent) throw new Refusal('UNKNOWN_SERVER_ERROR', `${this.transactionalId} has no epoch after ${producerEpoch}`)
      this.producerId = nextProducerId()
      this.producerEpoch = 0
      this.previousEpoch = former === undefined ? NONE : producerEpoch
    } else if (isCurrent || producerEpoch === NONE) {
      this.producerEpoch = producerEpoch + 1
      this.previousEpoch = former === undefined ? NONE : producerEpoch
    } else if (former.producerEpoch !== this.previousEpoch) {
      throw this.fenced(former.producerEpoch)
    }
    // Otherwise the request has come again, and is answered as the first time.
    this.previousProducerId = producerId
    this.timeoutMs = timeoutMs
    this.partitions.clear()
    this.startedAt = NONE
    this.state = 'Empty'
  }

  /** What is written from now on belongs to a transaction. */
  start(now: number, bumpsEpoch: boolean): void {
    if (this.state !== 'Ongoing') this.startedAt = now
    this.state = 'Ongoing'
    this.previousProducerId = this.producerId
    this.bumpsEpoch = bumpsEpoch
  }

  /** The outcome is decided; what is missing is the markers. */
  prepare(isCommit: boolean, bumpsEpoch: boolean, nextProducerId: bigint): void {
    this.state = isCommit ? 'PrepareCommit' : 'PrepareAbort'
    this.bumpsEpoch = bumpsEpoch
    this.previousProducerId = this.producerId
    this.nextProducerId = nextProducerId
    if (!bumpsEpoch) return
    this.previousEpoch = this.producerEpoch
    this.producerEpoch++
  }

  /** Every marker is written. */
  complete(): void {
    this.state = this.isCommit ? 'CompleteCommit' : 'CompleteAbort'
    this.previousProducerId = this.producerId
    this.partitions.clear()
    if (this.nextProducerId === BigInt(NONE)) return
    this.producerId = this.nextProducerId
    this.producerEpoch = 0
    this.nextProducerId = BigInt(NONE)
  }
}

/** Whether no transaction may begin after this epoch. */
export function isExhausted(producerEpoch: number): boolean {
  return producerEpoch >= LAST_USABLE_EPOCH
}
