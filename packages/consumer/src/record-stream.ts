import type { Clock } from '@k/protocol'
import { BatchProgress } from './batch-progress.ts'
import { type ChunkSource, isReadable } from './chunk-source.ts'
import { type ConsumerRecord, originOf } from './consumer-record.ts'
import type { Chunk } from './fetched-partition.ts'
import { InHand } from './in-hand.ts'
import { PartitionRecords } from './partition-records.ts'
import type { PartitionState } from './partition-state.ts'
import { Wakeup } from './wakeup.ts'

// Promises that are resolved already never let timers and sockets have their turn: so often the clock is looked at, and so long a turn may last.
const RECORDS_BETWEEN_LOOKS = 32
const RECORDS_A_TURN = 1024
const TURN_MS = 10

/** Hands out what was fetched, a record or a batch at a time, and knows what is in hand. */
export class RecordStream<K, V> {
  /** Wakes who waits for records, for the end, or for an error. */
  readonly arrival: Wakeup = new Wakeup()
  /** Wakes who waits for what is in hand to be finished. */
  readonly progress: Wakeup = new Wakeup()
  readonly #source: ChunkSource<K, V>
  readonly #clock: Clock
  readonly #onlyByName: boolean
  readonly #inHand = new InHand()
  #chunk: Chunk<K, V> | undefined
  #decoding: Promise<void> | undefined
  #handedOut = 0
  #budget = RECORDS_BETWEEN_LOOKS
  #leftOfTurn = RECORDS_A_TURN
  #turnBegan: number
  #isClosed = false
  #failure: unknown
  #errors: unknown[] = []

  /** @param onlyByName - whether only what the user names counts as processed (`enableAutoOffsetStore: false`) */
  constructor(source: ChunkSource<K, V>, clock: Clock, onlyByName: boolean) {
    this.#source = source
    this.#clock = clock
    this.#onlyByName = onlyByName
    this.#turnBegan = clock.monotonic()
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** How many times something was handed out. */
  get handedOut(): number {
    return this.#handedOut
  }

  /** What the user is working on: the record, or the first of the batch. */
  get inHand(): ConsumerRecord<unknown, unknown> | undefined {
    return this.#inHand.record
  }

  /** The next record, where it can be had at once. Finishes what is in hand. */
  takeRecord(): ConsumerRecord<K, V> | undefined {
    const chunk = this.#readableChunk()
    if (chunk === undefined) return undefined
    const { state } = chunk
    const record = this.#pass(chunk)
    if (this.#onlyByName) state.outstanding.handOut(record.offset)
    this.#inHand.hold(record)
    this.#handedOut++
    return record
  }

  /** The next batch, where it can be had at once. Finishes what is in hand. */
  takeBatch(): PartitionRecords<K, V> | undefined {
    this.finish()
    const chunk = this.#readableChunk()
    if (chunk === undefined) return undefined
    const { state } = chunk
    const records = chunk.index === 0 ? chunk.records : chunk.records.slice(chunk.index)
    this.#budget -= records.length
    chunk.index = chunk.records.length
    state.advance(chunk.endOffset, chunk.leaderEpoch)
    if (this.#onlyByName) for (const record of records) state.outstanding.handOut(record.offset)
    const progress = new BatchProgress(state, records)
    this.#inHand.holdBatch(progress)
    this.#handedOut++
    return new PartitionRecords(records, progress)
  }

  /**
   * Waits until it is worth trying to take again. Finishes what is in hand.
   * @throws what a partition or the whole consumer fails with
   */
  async more(): Promise<void> {
    this.finish()
    if (this.#isClosed) return
    if (this.#failure !== undefined) throw this.#failure
    if (this.#errors.length > 0) throw this.#errors.shift()
    if (this.#budget <= 0) await new Promise<void>((resolve) => this.#clock.endOfTick(resolve))
    // The end of decoding wakes as well; a deserializer that never ends must not keep a signal or close() from being heard.
    else await this.arrival.wait()
    this.#newTurn()
  }

  /** The reader has left: what is in hand does not count, and comes again. */
  leave(): void {
    const lowest = this.#inHand.leave()
    const chunk = this.#chunk
    if (lowest !== undefined && chunk !== undefined) {
      const { state } = chunk
      chunk.index = chunk.records.findIndex((record) => record.offset >= lowest)
      state.takeBack(lowest)
      // What was fetched was dropped meanwhile, and fetching went on after what is in hand.
      if (chunk.fetchEpoch !== state.fetchEpoch) this.#source.refetch(state)
    }
    this.progress.wake()
  }

  /** The user finished a record by name. */
  processed(record: ConsumerRecord<unknown, unknown>): void {
    const { state, seeks } = originOf(record)
    if (!state.isOwned || state.seeks !== seeks) return
    if (this.#onlyByName) state.outstanding.finish(record.offset)
    this.#inHand.processed(record)
    // The reader left it in hand, so that it would come again.
    const chunk = this.#chunk
    if (chunk !== undefined && chunk.records[chunk.index] === record) this.#pass(chunk)
    this.progress.wake()
  }

  /** The user finished what lies below an offset of a partition. */
  processedBelow(state: PartitionState, offset: number): void {
    if (this.#onlyByName) state.outstanding.finishBelow(offset)
    this.#inHand.processedBelow(state, offset)
    this.progress.wake()
  }

  /** The offset up to which a partition is processed, which is the one to commit; -1 where its position is not known. */
  processedOffset(state: PartitionState): number {
    return (this.#onlyByName ? state.outstanding.lowest : this.#inHand.lowestOf(state)) ?? state.position
  }

  /** The offset up to which a partition was handed out; what only counts by name, up to where it counts. */
  handedOutOffset(state: PartitionState): number {
    return this.#onlyByName ? this.processedOffset(state) : state.position
  }

  /** Whether the record's partition is still ours. */
  owns(record: ConsumerRecord<unknown, unknown>): boolean {
    return originOf(record).state.isOwned
  }

  /** Whether something of these partitions is in hand and not finished. */
  isBusyWith(states: readonly PartitionState[]): boolean {
    return states.some((state) => this.#inHand.lowestOf(state) !== undefined)
  }

  /** What was fetched of these partitions is dropped. */
  drop(states: readonly PartitionState[]): void {
    for (const state of states) this.#source.drop(state)
    this.arrival.wake()
  }

  /** These partitions are being taken away: nothing more of them is handed out, and the batch in hand hears of it. */
  revoke(states: readonly PartitionState[]): void {
    for (const state of states) this.#inHand.revoke(state)
    this.drop(states)
  }

  /** Rejects the next read with this. */
  raise(error: unknown): void {
    this.#errors.push(error)
    this.#budget = 0
    this.arrival.wake()
  }

  /** Rejects every read from now on with this. */
  fail(error: unknown): void {
    this.#failure ??= error
    this.#budget = 0
    this.arrival.wake()
    this.progress.wake()
  }

  /** Ends every read from now on. */
  close(): void {
    this.#isClosed = true
    this.#budget = 0
    this.arrival.wake()
  }

  /** The next was asked for: what is in hand is done. */
  finish(): void {
    if (this.#inHand.isEmpty) return
    this.#inHand.finish()
    this.progress.wake()
  }

  /** The chunk to take from; undefined where that needs waiting. */
  #readableChunk(): Chunk<K, V> | undefined {
    if (--this.#budget <= 0 && !this.#mayGoOn()) return undefined
    const chunk = this.#chunk
    if (chunk !== undefined && chunk.index < chunk.records.length && isReadable(chunk)) return chunk
    return this.#nextChunk()
  }

  /** The position moves over the next record of a chunk. */
  #pass(chunk: Chunk<K, V>): ConsumerRecord<K, V> {
    const { state, records } = chunk
    const record = records[chunk.index++]!
    state.advance(chunk.index === records.length ? chunk.endOffset : record.offset + 1, chunk.leaderEpoch)
    return record
  }

  /** Whether this turn of the event loop may go on. */
  #mayGoOn(): boolean {
    if (this.#isClosed || this.#failure !== undefined || this.#errors.length > 0) return false
    this.#leftOfTurn -= RECORDS_BETWEEN_LOOKS - this.#budget
    if (this.#leftOfTurn <= 0 || this.#clock.monotonic() - this.#turnBegan >= TURN_MS) return false
    this.#budget = RECORDS_BETWEEN_LOOKS
    return true
  }

  #newTurn(): void {
    this.#turnBegan = this.#clock.monotonic()
    this.#leftOfTurn = RECORDS_A_TURN
    this.#budget = RECORDS_BETWEEN_LOOKS
  }

  #nextChunk(): Chunk<K, V> | undefined {
    this.finish()
    if (this.#decoding !== undefined) return undefined
    this.#dismissChunk()
    try {
      while (this.#errors.length === 0) {
        const next = this.#source.take()
        if (next instanceof Promise) {
          this.#decoding = this.#decoded(next)
          return undefined
        }
        if (next === undefined) return undefined
        this.#chunk = next
        if (next.records.length > 0) return next
        this.#dismissChunk()
      }
    } catch (error) {
      this.raise(error)
    }
    return undefined
  }

  async #decoded(next: Promise<Chunk<K, V> | undefined>): Promise<void> {
    try {
      this.#chunk = await next
    } catch (error) {
      this.raise(error)
    } finally {
      this.#decoding = undefined
      this.arrival.wake()
    }
  }

  /** The chunk is done with, for now or for good. */
  #dismissChunk(): void {
    const chunk = this.#chunk
    if (chunk === undefined) return
    this.#chunk = undefined
    this.#source.putBack(chunk)
    const { error, state } = chunk
    if (error === undefined || chunk.index < chunk.records.length || chunk.fetchEpoch !== state.fetchEpoch || !state.isOwned) return
    this.#source.refetch(state)
    this.raise(error)
  }
}
