import { incrementSequence } from '@k/protocol'
import { Refusal } from '../refusal.ts'

/** How many batches of a producer a partition remembers, so that it knows them when they come again. */
const REMEMBERED_BATCHES = 5

/** A batch that was appended for an idempotent producer. */
export interface AppendedBatch {
  readonly baseSequence: number
  readonly lastSequence: number
  readonly baseOffset: number
  readonly timestamp: number
}

interface ProducerState {
  epoch: number
  batches: AppendedBatch[]
}

/** What a partition knows of the producers that write to it: their epochs and last sequence numbers (KIP-98). */
export class ProducerStates {
  readonly #states = new Map<bigint, ProducerState>()

  /** The batch of before, where this one comes again. */
  findDuplicate(producerId: bigint, epoch: number, baseSequence: number, lastSequence: number): AppendedBatch | undefined {
    const state = this.#states.get(producerId)
    if (state === undefined || state.epoch !== epoch) return undefined
    return state.batches.find((b) => b.baseSequence === baseSequence && b.lastSequence === lastSequence)
  }

  /** @throws Refusal INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER */
  check(producerId: bigint, epoch: number, baseSequence: number): void {
    const state = this.#states.get(producerId)
    // A producer that is not known here may begin with any number: its records may have been deleted.
    if (state === undefined) return
    if (epoch < state.epoch) {
      throw new Refusal('INVALID_PRODUCER_EPOCH', `epoch ${epoch} of producer ${producerId} is older than ${state.epoch}`)
    }
    const last = state.batches.at(-1)?.lastSequence ?? -1
    const expected = epoch === state.epoch ? incrementSequence(last, 1) : 0
    if (baseSequence !== expected) {
      throw new Refusal('OUT_OF_ORDER_SEQUENCE_NUMBER', `producer ${producerId} sent sequence ${baseSequence}, expected was ${expected}`)
    }
  }

  /** Remembers what was appended. */
  appended(producerId: bigint, epoch: number, batch: AppendedBatch): void {
    const state = this.#states.get(producerId)
    if (state === undefined) {
      this.#states.set(producerId, { epoch, batches: [batch] })
      return
    }
    if (state.epoch !== epoch) {
      state.epoch = epoch
      state.batches = []
    }
    state.batches.push(batch)
    if (state.batches.length > REMEMBERED_BATCHES) state.batches.shift()
  }
}
