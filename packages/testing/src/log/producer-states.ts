import { incrementSequence } from '@k/protocol'
import { Refusal } from '../refusal.ts'

/** How many batches of a producer a partition remembers, so that it knows them when they come again. */
const REMEMBERED_BATCHES = 5
/** Where a producer has never written data, or begins again. */
const NO_SEQUENCE = -1
/** The last epoch that there is. */
const MAX_EPOCH = 0x7fff

/** A batch that was appended for an idempotent producer. */
export interface AppendedBatch {
  readonly baseSequence: number
  readonly lastSequence: number
  readonly baseOffset: number
  readonly timestamp: number
}

/** The end of a transaction, as a coordinator writes it. */
export interface TransactionMarker {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly isCommit: boolean
  /** The epoch must be a new one (KIP-890), and not just one that is not older. */
  readonly bumpsEpoch: boolean
}

/** A producer as a partition knows it. */
export interface ProducerState {
  readonly epoch: number
  /** Of the last batch; -1 where it has written none in this epoch. */
  readonly lastSequence: number
  readonly lastTimestamp: number
  /** Who wrote its last marker; -1: nobody. */
  readonly coordinatorEpoch: number
}

interface KeptState {
  epoch: number
  batches: AppendedBatch[]
  lastTimestamp: number
  coordinatorEpoch: number
}

/** A producer that has asked to be let in with a transaction, and has not written yet (KIP-890). */
interface Newcomer {
  epoch: number
  lowestSequence: number
  bumpsEpoch: boolean
}

/** What a partition knows of the producers that write to it: their epochs and last sequence numbers (KIP-98). */
export class ProducerStates {
  readonly #states = new Map<bigint, KeptState>()
  readonly #newcomers = new Map<bigint, Newcomer>()

  epochOf(producerId: bigint): number | undefined {
    return this.#states.get(producerId)?.epoch
  }

  /** Every producer, by its id. */
  *all(): Generator<readonly [producerId: bigint, state: ProducerState]> {
    for (const [producerId, { epoch, batches, lastTimestamp, coordinatorEpoch }] of this.#states) {
      yield [producerId, { epoch, lastSequence: batches.at(-1)?.lastSequence ?? NO_SEQUENCE, lastTimestamp, coordinatorEpoch }]
    }
  }

  /** Knows nobody any more, as after everything that a producer wrote was deleted. */
  forget(): void {
    this.#states.clear()
    this.#newcomers.clear()
  }

  /** The batch of before, where this one comes again. */
  findDuplicate(producerId: bigint, epoch: number, baseSequence: number, lastSequence: number): AppendedBatch | undefined {
    const state = this.#states.get(producerId)
    if (state === undefined || state.epoch !== epoch) return undefined
    return state.batches.find((b) => b.baseSequence === baseSequence && b.lastSequence === lastSequence)
  }

  /** A producer wants to write the first batch of a transaction; of what it sends until it may, the lowest sequence has to come first. */
  expect(producerId: bigint, epoch: number, baseSequence: number, bumpsEpoch: boolean): void {
    const known = this.#newcomers.get(producerId)
    const lowestSequence = known?.epoch === epoch ? Math.min(known.lowestSequence, baseSequence) : baseSequence
    if (known === undefined || epoch >= known.epoch) this.#newcomers.set(producerId, { epoch, lowestSequence, bumpsEpoch })
  }

  /** @throws Refusal INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER */
  check(producerId: bigint, epoch: number, baseSequence: number): void {
    const state = this.#states.get(producerId)
    if (state !== undefined && epoch < state.epoch) {
      throw new Refusal('INVALID_PRODUCER_EPOCH', `epoch ${epoch} of producer ${producerId} is older than ${state.epoch}`)
    }
    const newcomer = this.#newcomers.get(producerId)
    // With an epoch for each transaction its first sequence is certain; otherwise any number may be the first of a producer that is not known
    // here: its records may have been deleted.
    const begins = newcomer?.bumpsEpoch && (state === undefined || state.batches.length === 0)
    if (begins && baseSequence !== 0) throw outOfOrder(producerId, baseSequence, 0)
    if (newcomer !== undefined && baseSequence > newcomer.lowestSequence)
      throw outOfOrder(producerId, baseSequence, newcomer.lowestSequence)
    if (state === undefined) return
    const last = state.batches.at(-1)?.lastSequence ?? NO_SEQUENCE
    const expected = epoch === state.epoch ? incrementSequence(last, 1) : 0
    if (baseSequence !== expected) throw outOfOrder(producerId, baseSequence, expected)
  }

  /** Remembers what was appended. */
  appended(producerId: bigint, epoch: number, batch: AppendedBatch): void {
    const state = this.#in(producerId, epoch)
    state.lastTimestamp = batch.timestamp
    state.batches.push(batch)
    if (state.batches.length > REMEMBERED_BATCHES) state.batches.shift()
    if (this.#newcomers.size > 0) this.#newcomers.delete(producerId)
  }

  /**
   * @param isOpen - whether the producer has a transaction here
   * @throws Refusal INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED
   */
  checkMarker({ producerId, producerEpoch, coordinatorEpoch, bumpsEpoch }: TransactionMarker, isOpen: boolean): void {
    const state = this.#states.get(producerId)
    if (state === undefined) return
    const isAgain = bumpsEpoch && producerEpoch === state.epoch && (!isOpen || producerEpoch === MAX_EPOCH)
    if (!isAgain && (bumpsEpoch ? producerEpoch <= state.epoch : producerEpoch < state.epoch)) {
      throw new Refusal(
        'INVALID_PRODUCER_EPOCH',
        `epoch ${producerEpoch} of a marker of producer ${producerId} is none after ${state.epoch}`,
      )
    }
    if (coordinatorEpoch >= state.coordinatorEpoch) return
    throw new Refusal('TRANSACTION_COORDINATOR_FENCED', `coordinator epoch ${coordinatorEpoch} is older than ${state.coordinatorEpoch}`)
  }

  /** Remembers that a marker was written. */
  ended({ producerId, producerEpoch, coordinatorEpoch }: TransactionMarker, timestamp: number): void {
    const state = this.#in(producerId, producerEpoch)
    state.coordinatorEpoch = coordinatorEpoch
    state.lastTimestamp = timestamp
  }

  #in(producerId: bigint, epoch: number): KeptState {
    const state = this.#states.get(producerId)
    if (state === undefined) {
      const fresh = { epoch, batches: [], lastTimestamp: -1, coordinatorEpoch: -1 }
      this.#states.set(producerId, fresh)
      return fresh
    }
    if (state.epoch !== epoch) {
      state.epoch = epoch
      state.batches = []
    }
    return state
  }
}

function outOfOrder(producerId: bigint, baseSequence: number, expected: number): Refusal {
  return new Refusal('OUT_OF_ORDER_SEQUENCE_NUMBER', `producer ${producerId} sent sequence ${baseSequence}, expected was ${expected}`)
}
