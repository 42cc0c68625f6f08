import type { BatchProgress } from './batch-progress.ts'
import { type ConsumerRecord, originOf } from './consumer-record.ts'
import type { PartitionState } from './partition-state.ts'

/** What was handed out last and is not finished before the next is asked for: a record, or a batch. */
export class InHand {
  #record: ConsumerRecord<unknown, unknown> | undefined
  #isFinished = false
  #batch: BatchProgress | undefined

  get isEmpty(): boolean {
    return this.#record === undefined && this.#batch === undefined
  }

  /** The record, or the first of the batch. */
  get record(): ConsumerRecord<unknown, unknown> | undefined {
    return this.#record ?? this.#batch?.first
  }

  hold(record: ConsumerRecord<unknown, unknown>): void {
    this.#record = record
    this.#isFinished = false
  }

  holdBatch(batch: BatchProgress): void {
    this.#batch = batch
  }

  /** The next was asked for. */
  finish(): void {
    const batch = this.#batch
    if (batch !== undefined) {
      // Cut short by a revocation: what was not come to is left to the next owner.
      const rest = batch.lowestUnfinished(true)
      if (rest !== undefined && batch.state.phase === 'revoking') batch.state.takeBack(rest)
    }
    this.#record = undefined
    this.#batch = undefined
  }

  /** The reader has left. Returns the offset to go back to; undefined where everything is finished. */
  leave(): number | undefined {
    const state = this.#batch?.state ?? (this.#record === undefined ? undefined : originOf(this.#record).state)
    const lowest = state === undefined ? undefined : this.lowestOf(state)
    this.#record = undefined
    this.#batch = undefined
    return lowest
  }

  /** The lowest offset of a partition that is in hand and not finished, unless a `seek` went elsewhere since. */
  lowestOf(state: PartitionState): number | undefined {
    const record = this.#record
    if (record !== undefined) {
      const { state: owner, seeks } = originOf(record)
      return owner === state && seeks === state.seeks && !this.#isFinished ? record.offset : undefined
    }
    const batch = this.#batch
    return batch?.state === state && batch.seeks === state.seeks ? batch.lowestUnfinished(false) : undefined
  }

  /** The user finished a record by name. */
  processed(record: ConsumerRecord<unknown, unknown>): void {
    if (record === this.#record) this.#isFinished = true
    else if (this.#batch?.state === originOf(record).state) this.#batch.finish(record.offset)
  }

  /** The user finished what lies below an offset. */
  processedBelow(state: PartitionState, offset: number): void {
    const record = this.#record
    if (record !== undefined && originOf(record).state === state && record.offset < offset) this.#isFinished = true
    if (this.#batch?.state === state) this.#batch.finishBelow(offset)
  }

  /** The partition is being taken away. */
  revoke(state: PartitionState): void {
    if (this.#batch?.state === state) this.#batch.abort()
  }
}
