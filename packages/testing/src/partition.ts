import { crc32c, incrementSequence } from '@k/protocol'
import { type BatchRules, checkBatch } from './log/batch-checks.ts'
import { readBatchHeader } from './log/batch-header.ts'
import * as at from './log/batch-layout.ts'
import { isControlBatch, markerBatch, readMarker } from './log/control-batch.ts'
import { PartitionLog } from './log/partition-log.ts'
import { type ProducerState, ProducerStates, type TransactionMarker } from './log/producer-states.ts'
import type { StoredBatch } from './log/stored-batch.ts'
import { type AbortedTransaction, TransactionIndex } from './log/transaction-index.ts'
import { Refusal } from './refusal.ts'

/** What became of a batch. */
export interface AppendResult {
  readonly baseOffset: number
  /** -1 unless the broker gave the time, or knows the batch from before. */
  readonly logAppendTimeMs: number
}

/** A producer as a partition knows it. */
export interface PartitionProducer extends ProducerState {
  readonly producerId: bigint
  /** Where its transaction begins; -1 where none is open. */
  readonly transactionStart: number
}

/** A partition: who leads it, and its log, which all replicas share. */
export class Partition {
  readonly topic: string
  readonly index: number
  readonly replicas: readonly number[]
  /** -1 where no replica in sync is up. */
  leader: number
  leaderEpoch = 0
  readonly log = new PartitionLog()
  #isr: readonly number[]
  #minInsyncReplicas = 1
  /** Where the logs of those replicas end that are behind, or are down. */
  readonly #behind = new Map<number, number>()
  #producers = new ProducerStates()
  #transactions = new TransactionIndex()
  readonly #watchers = new Set<() => void>()

  constructor(topic: string, index: number, replicas: readonly number[]) {
    this.topic = topic
    this.index = index
    this.replicas = replicas
    this.#isr = replicas
    this.leader = replicas[0] as number
  }

  /** The replicas in sync. */
  get isr(): readonly number[] {
    return this.#isr
  }

  set isr(isr: readonly number[]) {
    this.#isr = isr
    this.#replicated()
  }

  /** How many replicas have to be in sync for what is written to count. */
  set minInsyncReplicas(count: number) {
    this.#minInsyncReplicas = count
    this.#replicated()
  }

  /** Whether fewer replicas are in sync than the topic asks for. No topic can ask for more than it has. */
  get isUnderMinIsr(): boolean {
    return this.#isr.length < Math.min(this.#minInsyncReplicas, this.replicas.length)
  }

  /** Where the log of a replica ends. */
  endOffsetOn(brokerId: number): number {
    return Math.min(this.#behind.get(brokerId) ?? Number.POSITIVE_INFINITY, this.log.endOffset)
  }

  /** A replica gets no more records from now on, and holds back the high watermark as long as it is in sync. */
  lagReplica(brokerId: number): void {
    this.#behind.set(brokerId, this.endOffsetOn(brokerId))
    this.#replicated()
  }

  /** A replica gets all that it has missed. */
  catchUpReplica(brokerId: number): void {
    this.#behind.delete(brokerId)
    this.#replicated()
  }

  #replicated(): void {
    const before = this.log.highWatermark
    const lowest = Math.min(...this.#isr.map((id) => this.#behind.get(id) ?? Number.POSITIVE_INFINITY))
    // With too few replicas in sync nothing more counts as written (KIP-966).
    this.log.replicatedTo = this.isUnderMinIsr ? Math.min(lowest, before) : lowest
    if (this.log.highWatermark !== before) this.notify()
  }

  /** What is below is of transactions that have ended: the high watermark, unless one is open. */
  get lastStableOffset(): number {
    const { highWatermark } = this.log
    return Math.min(this.#transactions.firstUnstableOffset(highWatermark), highWatermark)
  }

  /** The aborted transactions that have records from `from` up to but not including `to`, in the order of their markers. */
  abortedTransactions(from: number, to: number): AbortedTransaction[] {
    return this.#transactions.aborted(from, to)
  }

  /**
   * Appends one batch of a client. Those who watch are told by `notify`, once the whole request is done.
   * @throws Refusal
   */
  append(batch: Buffer, rules: BatchRules, now: number): AppendResult {
    const header = checkBatch(batch, rules, now, this)
    if (header.producerId < 0n) return this.#store(batch, rules, now)
    const { producerId, producerEpoch, baseSequence } = header
    const lastSequence = incrementSequence(baseSequence, header.lastOffsetDelta)
    const duplicate = this.#producers.findDuplicate(producerId, producerEpoch, baseSequence, lastSequence)
    if (duplicate !== undefined) return { baseOffset: duplicate.baseOffset, logAppendTimeMs: duplicate.timestamp }
    this.#producers.check(producerId, producerEpoch, baseSequence)
    const isTransactional = (header.attributes & at.TRANSACTIONAL) !== 0
    const isOpen = this.#transactions.openOffset(producerId) !== undefined
    if (isOpen && !isTransactional) throw new Refusal('INVALID_TXN_STATE', `producer ${producerId} has a transaction open`)
    const result = this.#store(batch, rules, now)
    if (isTransactional && !isOpen) this.#transactions.begin(producerId, result.baseOffset)
    const timestamp = rules.logAppendTime ? now : header.maxTimestamp
    this.#producers.appended(producerId, producerEpoch, { baseSequence, lastSequence, baseOffset: result.baseOffset, timestamp })
    return result
  }

  /** Whether a producer has a transaction open here, in this epoch. */
  hasOpenTransaction(producerId: bigint, epoch: number): boolean {
    return this.#transactions.openOffset(producerId) !== undefined && this.#producers.epochOf(producerId) === epoch
  }

  /** The epoch of a producer; -1 where it is not known. */
  epochOf(producerId: bigint): number {
    return this.#producers.epochOf(producerId) ?? -1
  }

  /** The first batch of a transaction is on its way. */
  expectTransaction(producerId: bigint, epoch: number, baseSequence: number, bumpsEpoch: boolean): void {
    this.#producers.expect(producerId, epoch, baseSequence, bumpsEpoch)
  }

  /**
   * Ends a producer's transaction here with a control batch, and tells those who watch. Where it has none the marker is written all the same.
   * @throws Refusal INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED
   */
  appendMarker(marker: TransactionMarker, now: number): void {
    this.#producers.checkMarker(marker, this.#transactions.openOffset(marker.producerId) !== undefined)
    this.#end(marker, now)
    this.notify()
  }

  #end(marker: TransactionMarker, now: number): void {
    const { baseOffset } = this.log.append(markerBatch(marker, now), this.leaderEpoch)
    this.#producers.ended(marker, now)
    this.#transactions.end(marker.producerId, baseOffset, marker.isCommit)
  }

  /** Every producer that it knows. */
  *producers(): Generator<PartitionProducer> {
    for (const [producerId, state] of this.#producers.all()) {
      yield { ...state, producerId, transactionStart: this.#transactions.openOffset(producerId) ?? -1 }
    }
  }

  /** Knows no producer any more, as after everything that they wrote was deleted. Open transactions stay. */
  forgetProducers(): void {
    this.#producers.forget()
  }

  #store(batch: Buffer, rules: BatchRules, now: number): AppendResult {
    const kept = rules.recompress === undefined ? batch : rules.recompress(batch)
    const stored = this.log.append(kept, this.leaderEpoch)
    if (rules.logAppendTime) stampLogAppendTime(stored, now)
    return { baseOffset: stored.baseOffset, logAppendTimeMs: rules.logAppendTime ? now : -1 }
  }

  /** Calls `callback` at each `notify`, until the returned function is called. */
  watch(callback: () => void): () => void {
    this.#watchers.add(callback)
    return () => this.#watchers.delete(callback)
  }

  /** Tells those who watch that there is something new. */
  notify(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }

  /** Cuts the log at `offset`, as the election of a leader does that has no more, in a new epoch. */
  truncate(offset: number): void {
    this.#lead(this.leader, this.#truncate(offset))
  }

  /**
   * Cuts the log. Answers the markers that not every replica in sync had: who wrote them still waits for that, and writes them again to the
   * next leader.
   */
  #truncate(offset: number): StoredBatch[] {
    const { endOffset, highWatermark } = this.log
    if (offset >= endOffset) return []
    const lost = this.log.batches.filter((batch) => batch.baseOffset >= Math.max(offset, highWatermark) && isControlBatch(batch))
    this.log.truncate(offset)
    this.#producers = new ProducerStates()
    this.#transactions = new TransactionIndex()
    for (const batch of this.log.batches) this.#remember(batch)
    return lost
  }

  /** What a stored batch tells of its producer. */
  #remember(batch: StoredBatch): void {
    const { baseOffset, maxTimestamp } = batch
    const header = readBatchHeader(batch.bytes)
    const { producerId, producerEpoch, baseSequence, lastOffsetDelta, attributes } = header
    if (producerId < 0n) return
    if (isControlBatch(batch)) {
      const marker = readMarker(batch)
      this.#producers.ended(marker, maxTimestamp)
      this.#transactions.end(producerId, baseOffset, marker.isCommit)
      return
    }
    const isTransactional = (attributes & at.TRANSACTIONAL) !== 0
    if (isTransactional && this.#transactions.openOffset(producerId) === undefined) this.#transactions.begin(producerId, baseOffset)
    const lastSequence = incrementSequence(baseSequence, lastOffsetDelta)
    this.#producers.appended(producerId, producerEpoch, { baseSequence, lastSequence, baseOffset, timestamp: maxTimestamp })
  }

  /** Gives the partition another leader, or none (-1), in a new epoch. */
  lead(leader: number): void {
    // What the new leader has never got is lost.
    this.#lead(leader, leader < 0 ? [] : this.#truncate(this.endOffsetOn(leader)))
  }

  #lead(leader: number, lostMarkers: readonly StoredBatch[]): void {
    this.#behind.delete(leader)
    this.isr = leader < 0 || this.#isr.includes(leader) ? this.#isr : [leader, ...this.#isr]
    this.leader = leader
    this.leaderEpoch++
    if (leader >= 0) this.log.startEpoch(this.leaderEpoch)
    for (const batch of lostMarkers) this.#end(readMarker(batch), batch.maxTimestamp)
    this.notify()
  }
}

/** The broker's time is under the checksum, which therefore becomes another. */
function stampLogAppendTime({ bytes: batch }: StoredBatch, now: number): void {
  batch.writeInt16BE(batch.readInt16BE(at.ATTRIBUTES) | at.LOG_APPEND_TIME, at.ATTRIBUTES)
  batch.writeBigInt64BE(BigInt(now), at.MAX_TIMESTAMP)
  batch.writeUInt32BE(crc32c(batch, at.ATTRIBUTES), at.CRC)
}
