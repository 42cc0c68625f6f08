import { FencedError } from '@k/network'
import { KafkaError } from '@k/protocol'
import { isFenced } from './failure-class.ts'
import { TransactionError } from './transaction-error.ts'

interface Named {
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
}

/** The producer is at its end: it has lost its transactional id, or cannot know any more how its transactions stand. */
export function fatalError(named: Named, cause: KafkaError): KafkaError {
  const { code, message } = cause
  if (!isFenced(cause)) return new KafkaError(code, `this producer is at its end, close it and make another: ${message}`, { cause })
  const why = `another producer has begun with ${named.transactionalId}, or ${tookTooLong(named)}`
  return new FencedError(code, `this producer is at its end, close it: ${why}`, { cause })
}

/** The transaction does not count. @param cause - what of it failed; undefined where the user wanted it so */
export function abortedError({ transactionalId }: Named, why: string, cause?: KafkaError): TransactionError {
  const message = `the transaction of ${transactionalId} is aborted: ${why}`
  return new TransactionError('TRANSACTION_ABORTED', message, { outcome: 'aborted', cause })
}

/** Nobody knows whether the transaction counts. */
export function unknownOutcome({ transactionalId }: Named, cause: KafkaError): TransactionError {
  const message = `whether the transaction of ${transactionalId} is committed was not confirmed: ${cause.message}`
  return new TransactionError('TRANSACTION_OUTCOME_UNKNOWN', message, { outcome: 'unknown', cause })
}

/** Why a transaction is aborted that nobody else ended. */
export function tookTooLong({ transactionTimeoutMs }: Named): string {
  return `the broker ended a transaction that took longer than transactionTimeoutMs (${transactionTimeoutMs} ms)`
}
