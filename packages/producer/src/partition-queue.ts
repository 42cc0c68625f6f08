import { BrokerError, incrementSequence } from '@k/protocol'
import type { BatchTarget, ProducerBatch, ProducerIdentity } from './producer-batch.ts'

export type { ProducerIdentity } from './producer-batch.ts'

/** Records of one partition that are written together. */
export type Batch = ProducerBatch<PartitionQueue>

/** What a partition needs of the producer's identity. */
export interface IdentitySource {
  /** Undefined while the broker has not given one. */
  readonly identity: ProducerIdentity | undefined
  /** It is needed now. */
  ask?(): void
  /** The next epoch of an identity; undefined where there is none left: another identity is asked for. Not where only a coordinator gives epochs. */
  renew?(identity: ProducerIdentity): ProducerIdentity | undefined
  /** Whether batches may leave for the partition now; later it is told that it is ready. Default: always. */
  admits?(queue: PartitionQueue): boolean
  /** A place in the sequence of a partition stays empty: a new epoch is needed, to which all partitions change together. */
  interrupted?(): void
}

/** Rules for all partitions of a producer. */
export interface QueueRules {
  /** Undefined without idempotence. */
  readonly identity: IdentitySource | undefined
  /** The most batches of one partition that may be on their way at once. */
  readonly maxInFlight: number
  accumulator(): {
    /** Gives up a batch: it can no longer be sent without the risk of writing it twice or out of order. */
    giveUp(batch: Batch, error: Error): void
  }
  readonly meters: {
    /** A partition goes on under a new epoch. */
    bumped(queue: PartitionQueue, identity: ProducerIdentity): void
  }
}

const OUT_OF_ORDER_SEQUENCE_NUMBER = 45

/**
 * One partition's batches on their way to the log. Keeps three promises: batches leave in order; what may be in the log keeps its place in the
 * producer's sequence until its outcome is known; and a place that will stay empty in the log is left behind by a new epoch, never reused.
 */
export class PartitionQueue implements BatchTarget {
  readonly topic: string
  readonly partition: number
  /** The broker that leads the partition, -1 while it has none. */
  leader = -1
  /** Nothing leaves for `retryBroker` before this time (monotonic). */
  retryAt = 0
  /** The broker that is given a pause; -1: whichever leads. */
  retryBroker = -1
  /** Bytes that a batch may have since a broker refused one as too large. */
  batchLimit = Number.POSITIVE_INFINITY
  /** Who has it on the list of those that may have something to send. */
  listedBy: object | undefined
  readonly #rules: QueueRules
  /** Not on their way: first those that came back, then those that never left; the last may still take records. */
  readonly #waiting: Batch[] = []
  readonly #inFlight: Batch[] = []
  /** Where those in flight are. */
  #broker = -1
  /** One came back: nothing leaves before all others are answered, so that they leave again in order. */
  #held = false
  /** A place in the sequence will stay empty: nothing new leaves before there is a new epoch. */
  #gap = false
  #identity: ProducerIdentity | undefined
  #nextSequence = 0
  /** Whether the broker has taken a batch of this identity. One that knows nothing of a producer takes any place in the sequence for the first. */
  #isKnown = false

  constructor(topic: string, partition: number, rules: QueueRules) {
    this.topic = topic
    this.partition = partition
    this.#rules = rules
  }

  /** The batch that takes records, if there is one. */
  get open(): Batch | undefined {
    const last = this.#waiting.at(-1)
    return last?.hasLeft ? undefined : last
  }

  /** Batches that are not on their way. */
  get waiting(): readonly Batch[] {
    return this.#waiting
  }

  /** Batches on their way. */
  get inFlight(): readonly Batch[] {
    return this.#inFlight
  }

  /** The topic was made anew: nobody knows the producer there. */
  recreated(): void {
    this.#isKnown = false
  }

  /** Adds a new batch at the end. */
  add(batch: Batch): void {
    this.#waiting.push(batch)
  }

  /** The batch that may leave for `broker` now, if there is one. */
  next(broker: number): Batch | undefined {
    const first = this.#waiting[0]
    if (first === undefined || this.#held) return undefined
    const { length } = this.#inFlight
    // Those on their way to the old leader are answered first: the new one might be quicker.
    if (length > 0 && (this.#broker !== broker || length >= this.#rules.maxInFlight)) return undefined
    const { identity } = this.#rules
    if (identity === undefined) return first
    if (identity.admits?.(this) === false) return undefined
    if (length > 0 && !this.#isKnown) return undefined
    if (first.hasSequence) return first
    const given = identity.identity
    // The coordinator may have given a new epoch, once the transaction before had ended.
    if (identity.renew === undefined && length === 0 && given !== this.#identity) this.#begin(given)
    if ((this.#identity ?? given) !== undefined) return this.#gap ? undefined : first
    identity.ask?.()
    return undefined
  }

  /** Takes what `next` has just returned, on its way to `broker`. */
  take(broker: number): Batch {
    const batch = this.#waiting.shift()!
    const { identity } = this.#rules
    if (identity !== undefined && !batch.hasSequence) {
      this.#identity ??= identity.identity!
      batch.setSequence(this.#identity, this.#nextSequence)
      this.#nextSequence = incrementSequence(this.#nextSequence, batch.count)
    }
    batch.attempts += 1
    batch.hasLeft = true
    batch.inFlight = true
    this.#broker = broker
    this.#inFlight.push(batch)
    return batch
  }

  /** The broker has a batch. */
  complete(batch: Batch): void {
    this.#land(batch)
    this.#isKnown = true
    if (this.#waiting[0]?.hasSequence) {
      // This one is in the log, and what waits from before it perhaps not: that can no longer be written in order.
      const overtaken = this.#waiting.filter((other) => other.hasSequence && !other.maybeWritten && other.order < batch.order)
      if (overtaken.length > 0) this.#gap = true
      this.#abandon(overtaken)
    }
    this.#resolve()
  }

  /**
   * A batch is to be sent again: it, or what it was divided into, goes back to its place.
   * @param renewed - whether places in the sequence have become free by it, or are not what the broker accepts: for one that is certainly not written
   */
  putBack(batch: Batch, renewed = false, parts: readonly Batch[] = [batch]): void {
    this.#land(batch)
    this.#waiting.push(...parts)
    this.#waiting.sort((a, b) => a.order - b.order)
    this.#held = true
    this.#gap ||= renewed
    this.#resolve()
  }

  /** A batch is given up; it may be on its way. */
  drop(batch: Batch): void {
    if (!remove(this.#waiting, batch)) this.#land(batch)
    if (batch.hasSequence) this.#gap = true
    this.#resolve()
  }

  /** The outcome of a batch on its way will come too late for those who wait for it, but must be known before anything else leaves. */
  hold(): void {
    this.#held = true
    // The next transaction may begin before the outcome is known.
    this.#rules.identity?.interrupted?.()
  }

  /** Whether a batch that left before this one has no outcome yet, so that the broker cannot accept this one. */
  hasEarlier(batch: Batch): boolean {
    return [...this.#waiting, ...this.#inFlight].some((other) => other.hasSequence && other.order < batch.order)
  }

  #land(batch: Batch): void {
    if (remove(this.#inFlight, batch)) batch.landed()
  }

  #resolve(): void {
    if (this.#inFlight.length > 0) return
    this.#held = false
    if (!this.#gap) return
    const { identity, meters } = this.#rules
    identity?.interrupted?.()
    if (identity?.renew === undefined) return
    const first = this.#waiting[0]
    // It may be in the log: only the broker can say, and only under the old epoch.
    if (first?.maybeWritten) return
    this.#begin(identity.renew(this.#identity!))
    if (this.#identity !== undefined) meters.bumped(this, this.#identity)
    for (const batch of this.#waiting) if (!batch.maybeWritten) batch.setSequence(undefined)
    // Under the new epoch they could be written twice, and under the old one the broker no longer takes them.
    this.#abandon(this.#waiting.filter((batch) => batch.hasSequence))
  }

  /** Gives up those of the waiting that are lost. */
  #abandon(lost: readonly Batch[]): void {
    // Nothing of it may be left here when the first is given up: all at once may then begin a new epoch.
    for (const batch of lost) {
      remove(this.#waiting, batch)
      batch.setSequence(undefined)
    }
    const error = new BrokerError(OUT_OF_ORDER_SEQUENCE_NUMBER, 'it cannot be written')
    for (const batch of lost) this.#rules.accumulator().giveUp(batch, error)
  }

  /** The sequence begins anew. */
  #begin(identity: ProducerIdentity | undefined): void {
    this.#identity = identity
    this.#nextSequence = 0
    this.#gap = false
    this.#isKnown = false
  }
}

/** Whether it was there. */
function remove(batches: Batch[], batch: Batch): boolean {
  const index = batches.indexOf(batch)
  if (index >= 0) batches.splice(index, 1)
  return index >= 0
}
