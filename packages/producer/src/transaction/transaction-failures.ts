import { FencedError } from '@k/network'
import type { KafkaError } from '@k/protocol'
import { TransactionError } from './transaction-error.ts'

interface Named {
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
}

/** The producer lost its transactional id. */
export function fencedError(named: Named, cause: KafkaError): FencedError {
  const message = `this producer lost the transactional id ${named.transactionalId}: another producer has begun with it, or the broker ended ${tooLong(named)}; close it (${cause.message})`
  return new FencedError(cause.code, message, { cause })
}

/** The broker ended the transaction, and nobody else has the id since. */
export function timedOutError(named: Named, cause: KafkaError): TransactionError {
  return aborted(named, `the broker ended ${tooLong(named)}`, cause)
}

/** The transaction does not count. @param cause - what of it failed; undefined where the user wanted it so */
export function abortedError(named: Named, cause: KafkaError | undefined): TransactionError {
  return aborted(named, cause === undefined ? 'as was asked' : `something of it failed: ${cause.message}`, cause)
}

/** Nobody knows whether the transaction counts. */
export function unknownOutcome({ transactionalId }: Named, cause: KafkaError): TransactionError {
  const message = `nobody confirmed the commit of the transaction of ${transactionalId}: it is committed or aborted as a whole (${cause.message})`
  return new TransactionError('TRANSACTION_OUTCOME_UNKNOWN', message, { outcome: 'unknown', cause })
}

function aborted({ transactionalId }: Named, why: string, cause: KafkaError | undefined): TransactionError {
  return new TransactionError('TRANSACTION_ABORTED', `the transaction of ${transactionalId} is aborted: ${why}`, {
    outcome: 'aborted',
    cause,
  })
}

function tooLong({ transactionTimeoutMs }: Named): string {
  return `a transaction that took longer than transactionTimeoutMs (${transactionTimeoutMs} ms)`
}
