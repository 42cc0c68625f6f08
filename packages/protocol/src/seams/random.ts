/** Chance as clients see it: jitter, partition choice, ids. Every client takes one as the option `random`, so that a run can be replayed. */
export interface Random {
  /** A number from 0 (included) to 1 (excluded). */
  next(): number
}
