import { KafkaError } from '@k/protocol'

/** Where a transactional producer stands: the names of Kafka's TransactionManager.State, and one of ours, OUTCOME_UNKNOWN. */
export type TransactionState =
  | 'UNINITIALIZED'
  | 'INITIALIZING'
  | 'READY'
  | 'IN_TRANSACTION'
  | 'COMMITTING_TRANSACTION'
  | 'ABORTING_TRANSACTION'
  | 'ABORTABLE_ERROR'
  | 'OUTCOME_UNKNOWN'
  | 'FATAL_ERROR'

/**
 * From where each state may be entered, but for FATAL_ERROR, which may be entered from all: State.isTransitionValid of Kafka's Java client, without two-phase commit. Three cells differ: what is
 * initialized in vain may be tried again; a commit during which a send fails is aborted at once, by way of ABORTABLE_ERROR, as there; and an
 * ending that nobody confirmed leads to OUTCOME_UNKNOWN, which only an abort with a new epoch leaves, where Java lets the commit be repeated.
 */
export const enteredFrom: Readonly<Partial<Record<TransactionState, readonly TransactionState[]>>> = {
  UNINITIALIZED: ['INITIALIZING'],
  INITIALIZING: ['UNINITIALIZED', 'READY', 'ABORTING_TRANSACTION'],
  READY: ['INITIALIZING', 'COMMITTING_TRANSACTION', 'ABORTING_TRANSACTION'],
  IN_TRANSACTION: ['READY'],
  COMMITTING_TRANSACTION: ['IN_TRANSACTION'],
  ABORTING_TRANSACTION: ['IN_TRANSACTION', 'ABORTABLE_ERROR', 'OUTCOME_UNKNOWN'],
  ABORTABLE_ERROR: ['IN_TRANSACTION', 'COMMITTING_TRANSACTION'],
  OUTCOME_UNKNOWN: ['COMMITTING_TRANSACTION', 'ABORTING_TRANSACTION'],
}

/** Holds the state, and refuses what the table does not have. */
export class TransactionStates {
  #state: TransactionState = 'UNINITIALIZED'

  is(...states: TransactionState[]): boolean {
    return states.includes(this.#state)
  }

  /** Whether the table has the transition. */
  allow(next: TransactionState): boolean {
    return enteredFrom[next]?.includes(this.#state) ?? true
  }

  /** @throws KafkaError for a transition that the table does not have: a mistake of ours */
  enter(next: TransactionState): void {
    if (!this.allow(next)) throw new KafkaError('INVALID_TXN_STATE', `${this.#state} does not lead to ${next}`)
    this.#state = next
  }
}
