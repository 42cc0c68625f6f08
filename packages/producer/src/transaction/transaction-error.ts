import { brandClass, isBranded, KafkaError, type KafkaErrorCode } from '@k/protocol'

/** What became of a transaction whose `commit` was rejected: certainly not committed, or nobody knows. */
export type TransactionOutcome = 'aborted' | 'unknown'

/** A transaction was not committed, or not for certain: `outcome` says which. */
export class TransactionError<C extends KafkaErrorCode = KafkaErrorCode> extends KafkaError<C> {
  /** `'aborted'`: no reader of committed records sees anything of it. `'unknown'`: it is committed or aborted as a whole, and nobody here knows which. */
  readonly outcome: TransactionOutcome

  constructor(code: C, message: string, options: { readonly outcome: TransactionOutcome; readonly cause?: unknown }) {
    super(code, message, { cause: options.cause })
    this.outcome = options.outcome
  }

  /** Like {@link KafkaError.is}, for this class. */
  static override is<C extends KafkaErrorCode = KafkaErrorCode>(error: unknown, ...codes: C[]): error is TransactionError<C> {
    return isBranded(error, TRANSACTION_ERROR, codes)
  }
}

const TRANSACTION_ERROR = brandClass(TransactionError, 'TransactionError')
