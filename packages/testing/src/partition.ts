import { crc32c, incrementSequence } from '@k/protocol'
import { type BatchRules, checkBatch } from './log/batch-checks.ts'
import type { BatchHeader } from './log/batch-header.ts'
import * as at from './log/batch-layout.ts'
import { PartitionLog, type StoredBatch } from './log/partition-log.ts'
import { ProducerStates } from './log/producer-states.ts'
import { type AbortedTransaction, TransactionIndex } from './log/transaction-index.ts'

/** What became of a batch. */
export interface AppendResult {
  readonly baseOffset: number
  /** -1 unless the broker gave the time, or knows the batch from before. */
  readonly logAppendTimeMs: number
}

/** A partition: who leads it, and its log, which all replicas share. */
export class Partition {
  readonly topic: string
  readonly index: number
  readonly replicas: readonly number[]
  isr: readonly number[]
  /** -1 where no replica in sync is up. */
  leader: number
  leaderEpoch = 0
  readonly log = new PartitionLog()
  readonly #producers = new ProducerStates()
  readonly #transactions = new TransactionIndex()
  readonly #watchers = new Set<() => void>()

  constructor(topic: string, index: number, replicas: readonly number[]) {
    this.topic = topic
    this.index = index
    this.replicas = replicas
    this.isr = replicas
    this.leader = replicas[0] as number
  }

  /** What is below is of transactions that have ended: the high watermark, unless one is open. */
  get lastStableOffset(): number {
    return Math.min(this.#transactions.firstOpenOffset ?? Number.POSITIVE_INFINITY, this.log.highWatermark)
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
    const header = checkBatch(batch, rules, now)
    if (header.producerId < 0n) return this.#store(batch, header, rules, now)
    const { producerId, producerEpoch, baseSequence } = header
    const lastSequence = incrementSequence(baseSequence, header.lastOffsetDelta)
    const duplicate = this.#producers.findDuplicate(producerId, producerEpoch, baseSequence, lastSequence)
    if (duplicate !== undefined) return { baseOffset: duplicate.baseOffset, logAppendTimeMs: duplicate.timestamp }
    this.#producers.check(producerId, producerEpoch, baseSequence)
    const result = this.#store(batch, header, rules, now)
    const timestamp = rules.logAppendTime ? now : header.maxTimestamp
    this.#producers.appended(producerId, producerEpoch, { baseSequence, lastSequence, baseOffset: result.baseOffset, timestamp })
    return result
  }

  #store(batch: Buffer, header: BatchHeader, rules: BatchRules, now: number): AppendResult {
    const maxTimestamp = rules.logAppendTime ? now : header.maxTimestamp
    const stored = this.log.append(batch, this.leaderEpoch, header.lastOffsetDelta, maxTimestamp)
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

  /** Gives the partition another leader, or none (-1), in a new epoch. */
  lead(leader: number): void {
    this.leader = leader
    this.leaderEpoch++
    if (leader >= 0) this.log.startEpoch(this.leaderEpoch)
    this.notify()
  }
}

/** The broker's time is under the checksum, which therefore becomes another. */
function stampLogAppendTime({ segment, position, sizeInBytes }: StoredBatch, now: number): void {
  const batch = segment.subarray(position, position + sizeInBytes)
  batch.writeInt16BE(batch.readInt16BE(at.ATTRIBUTES) | at.LOG_APPEND_TIME, at.ATTRIBUTES)
  batch.writeBigInt64BE(BigInt(now), at.MAX_TIMESTAMP)
  batch.writeUInt32BE(crc32c(batch, at.ATTRIBUTES), at.CRC)
}
