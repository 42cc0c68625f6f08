import type { BrokerErrorCode } from '@k/protocol'
import { Refusal } from '../refusal.ts'
import type { ProducerIdAndEpoch } from '../transaction/transaction.ts'
import type { TransactionPartition } from '../transaction/transaction-partitions.ts'
import type { RequestContext } from './handler.ts'

/** What the version of a request lets a broker do for a producer, and say to it (KIP-890). */
export interface TransactionSupport {
  /** The partition is added if it is not in the transaction. */
  readonly addsPartitions: boolean
  /** The client knows TRANSACTION_ABORTABLE. */
  readonly knowsAbortable: boolean
}

/**
 * Asks the coordinator, wherever it is, whether a partition is in a transaction that is open.
 * @returns the error, as the broker that asks passes it on; undefined where the partition may be written to
 */
export function transactionProblem(
  { cluster }: RequestContext,
  transactionalId: string,
  producer: ProducerIdAndEpoch,
  partition: TransactionPartition,
  { addsPartitions, knowsAbortable }: TransactionSupport,
): BrokerErrorCode | undefined {
  if (transactionalId === '') return 'INVALID_REQUEST'
  if (cluster.coordinatorOf('transaction', transactionalId) === undefined) return 'COORDINATOR_NOT_AVAILABLE'
  try {
    if (addsPartitions) cluster.transactions.addPartitions(transactionalId, producer, [partition], true)
    else cluster.transactions.verifyPartition(transactionalId, producer, partition)
    return undefined
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    // What every client understands that writes in transactions.
    if (error.code === 'PRODUCER_FENCED') return 'INVALID_PRODUCER_EPOCH'
    if (error.code === 'TRANSACTION_ABORTABLE' && !knowsAbortable) return 'INVALID_TXN_STATE'
    return error.code
  }
}
