import { ClosedError, FencedError } from '@k/network'
import type { KafkaError } from '@k/protocol'
import { TransactionError } from './transaction-error.ts'

interface Named {
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
}

/** The producer was closed meanwhile. */
export function closedError(): ClosedError {
  return new ClosedError('the producer was closed')
}

/** The producer lost its transactional id. */
export function fencedError({ transactionalId, transactionTimeoutMs }: Named, cause: KafkaError): FencedError {
  const reasons = `another producer has begun with it, or the broker ended a transaction that took longer than transactionTimeoutMs (${transactionTimeoutMs} ms)`
  const message = `this producer lost the transactional id ${transactionalId}: ${reasons}; nothing of the open transaction is committed. Close it (${cause.message})`
  return new FencedError(cause.code, message, { cause })
}

/** The broker ended the transaction, and nobody else has the id since. */
export function timedOutError({ transactionalId, transactionTimeoutMs }: Named, cause: KafkaError): TransactionError {
  const message = `the broker aborted the transaction of ${transactionalId}, which took longer than transactionTimeoutMs (${transactionTimeoutMs} ms)`
  return new TransactionError('TRANSACTION_ABORTED', message, { outcome: 'aborted', cause })
}

/** The transaction does not count. @param cause - what of it failed; undefined where the user wanted it so */
export function abortedError({ transactionalId }: Named, cause: KafkaError | undefined): TransactionError {
  const why = cause === undefined ? '' : `, because something of it failed: ${cause.message}`
  return new TransactionError('TRANSACTION_ABORTED', `the transaction of ${transactionalId} is aborted${why}`, {
    outcome: 'aborted',
    cause,
  })
}

/** Nobody knows whether the transaction counts. */
export function unknownOutcome({ transactionalId }: Named, cause: KafkaError): TransactionError {
  const message = `nobody confirmed the commit of the transaction of ${transactionalId}: it is committed or aborted as a whole, and only reading tells which (${cause.message})`
  return new TransactionError('TRANSACTION_OUTCOME_UNKNOWN', message, { outcome: 'unknown', cause })
}
