import type { Backoff } from '@k/network'
import type { KafkaError, Timer } from '@k/protocol'
import type { Held } from './held.ts'
import { OutstandingOffsets } from './outstanding-offsets.ts'
import { type TopicPartition, topicPartitionKey } from './topic-partition.ts'

/**
 * Where a partition stands with this consumer: its position is being found; it is being read; it is about to be given up; it is gone, for ever:
 * a partition that comes again gets a new state.
 */
export type PartitionPhase = 'resolving' | 'fetchable' | 'revoking' | 'unassigned'

/** How the position of a partition is to be found. */
export type PositionSource = 'committed' | 'earliest' | 'latest' | 'policy'

/** No offset. */
export const UNKNOWN = -1

/**
 * An assigned partition. A fetch in flight and every record handed out hold this object: once it is unassigned, whatever arrives late finds no
 * owner.
 */
export class PartitionState implements TopicPartition, Held {
  readonly topic: string
  readonly partition: number
  /** The topic's id when it was assigned, as far as it was known: another id is another topic of the same name. */
  topicId: string | undefined
  /** Where the position comes from while it is being found. */
  source: PositionSource
  paused = false
  /** The listener has not heard of the partition yet, or not ended: nothing is fetched so far. */
  awaitsListener = false
  /** Somebody asks for the position before that. */
  isPositionWanted = false
  /** Why the position cannot be found; the next read or `position` tells. */
  error: KafkaError | undefined
  /** The broker to fetch from; -1 while there is none. */
  leader: number = UNKNOWN
  leaderEpoch: number = UNKNOWN
  /** Whether a request that names the partition is on its way. */
  isFetching = false
  hold: Timer | undefined
  backoff: Backoff | undefined
  /** An error of this partition waits in the buffer for a reader: fetching goes on when it was told. */
  isFaulty = false
  /** Bytes of this partition that were fetched and not yet handed out. */
  bufferedBytes = 0
  /** The most bytes to ask for; grows while a batch is larger and the broker cuts it off. */
  maxBytes = 0
  /** The offset after the last record that all replicas in sync have; -1 before the first fetch. */
  highWatermark: number = UNKNOWN
  /** The offset before which no transaction is undecided; -1 before the first fetch, and where the broker does not tell. */
  lastStableOffset: number = UNKNOWN
  /** The offset that was committed last, as far as this consumer knows. */
  committed: number = UNKNOWN
  /** What processing alone does not commit below: an explicit commit went that far. */
  committedFloor = 0
  /** Handed out and not finished, where the user says what is processed. */
  readonly outstanding: OutstandingOffsets = new OutstandingOffsets()
  #phase: PartitionPhase = 'resolving'
  #position: number = UNKNOWN
  #positionEpoch: number = UNKNOWN
  #fetchOffset: number = UNKNOWN
  #seeks = 0
  #fetchEpoch = 0

  constructor(topic: string, partition: number, source: PositionSource) {
    this.topic = topic
    this.partition = partition
    this.source = source
  }

  get phase(): PartitionPhase {
    return this.#phase
  }

  /** The offset of the next record to hand out; -1 while it is not known. */
  get position(): number {
    return this.#position
  }

  /** The leader epoch of the record before the position; -1 where nobody knows. */
  get positionEpoch(): number {
    return this.#positionEpoch
  }

  /** The offset of the next record to fetch: the position, or ahead of it by what is buffered. */
  get fetchOffset(): number {
    return this.#fetchOffset
  }

  /** Grows whenever the position jumps elsewhere: what was handed out before counts no more. */
  get seeks(): number {
    return this.#seeks
  }

  /** Grows whenever what was fetched, or is being fetched, is no longer what comes next. */
  get fetchEpoch(): number {
    return this.#fetchEpoch
  }

  /** Whether records may be handed out. */
  get isReadable(): boolean {
    return this.#phase === 'fetchable' && !this.paused && !this.awaitsListener
  }

  /** Whether the partition is (still) ours. */
  get isOwned(): boolean {
    return this.#phase !== 'unassigned'
  }

  /** Records up to `offset` (excluded) were handed out. */
  advance(offset: number, epoch: number): void {
    this.#position = offset
    this.#positionEpoch = epoch
  }

  /** Records up to `offset` (excluded) were fetched. */
  advanceFetch(offset: number): void {
    this.#fetchOffset = offset
  }

  /** Jumps to `offset`; nothing that was handed out before counts any more. */
  seek(offset: number): void {
    this.#jump(offset)
    if (this.#phase === 'resolving') this.#phase = 'fetchable'
  }

  /** The position was found, unless a `seek` was faster. */
  resolve(offset: number, epoch: number = UNKNOWN): void {
    if (this.#phase !== 'resolving') return
    this.seek(offset)
    this.#positionEpoch = epoch
  }

  /** Goes back to `offset`: it was handed out, and did not count. What was fetched beyond it stays good. */
  takeBack(offset: number): void {
    this.#position = offset
    this.outstanding.takeBack(offset)
  }

  /** Fetches from the position again: what was buffered is dropped. */
  refetch(): void {
    this.#fetchOffset = this.#position
    this.#fetchEpoch++
    this.isFaulty = false
  }

  /** Forgets the position: it is to be found anew. */
  unresolve(source: PositionSource): void {
    if (this.#phase !== 'resolving' && this.#phase !== 'fetchable') return
    this.#jump(UNKNOWN)
    this.source = source
    this.#phase = 'resolving'
  }

  /** Nothing more is handed out; what was handed out may still be finished and committed. */
  revoke(): void {
    if (this.#phase !== 'unassigned') this.#phase = 'revoking'
  }

  /** The partition is gone. */
  unassign(): void {
    this.#phase = 'unassigned'
  }

  toString(): string {
    return topicPartitionKey(this)
  }

  #jump(offset: number): void {
    this.#position = offset
    this.#positionEpoch = UNKNOWN
    this.#fetchOffset = offset
    this.#seeks++
    this.#fetchEpoch++
    this.outstanding.clear()
    this.committedFloor = 0
    this.error = undefined
    this.isFaulty = false
    this.hold?.cancel()
    this.hold = undefined
  }
}
