import { type BrokerErrorCode, DecodeError } from '@k/protocol'
import { asKafkaError } from '../errors.ts'

/** What an error means for the transaction: ask again; abort, after which the producer goes on; or the producer is at its end. */
export type FailureClass = 'retriable' | 'abortable' | 'fatal'

/** The requests of a transaction. */
export type TransactionalApi =
  | 'InitProducerId'
  | 'AddPartitionsToTxn'
  | 'AddOffsetsToTxn'
  | 'TxnOffsetCommit'
  | 'EndTxn'
  | 'DescribeTransactions'
  | 'Produce'

/** By which a broker says that somebody else has the transactional id, or that it ended the transaction itself. */
export const FENCED: readonly string[] = ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED']

/**
 * As the handlers of Kafka's Java client 4.x class them: a row names what is abortable where all else is fatal, or what is fatal where all else is
 * abortable. What Kafka's table of errors calls retriable is neither, but for records: whatever fails one of them fails the transaction.
 */
export const failureClasses: Readonly<
  Record<TransactionalApi, { readonly abortable: readonly BrokerErrorCode[] } | { readonly fatal: readonly BrokerErrorCode[] }>
> = {
  InitProducerId: { abortable: ['TRANSACTION_ABORTABLE'] },
  AddPartitionsToTxn: {
    fatal: ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_TXN_STATE', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'],
  },
  AddOffsetsToTxn: {
    abortable: ['GROUP_AUTHORIZATION_FAILED', 'INVALID_PRODUCER_ID_MAPPING', 'UNKNOWN_PRODUCER_ID', 'TRANSACTION_ABORTABLE'],
  },
  TxnOffsetCommit: {
    abortable: [
      'GROUP_AUTHORIZATION_FAILED',
      'TOPIC_AUTHORIZATION_FAILED',
      'ILLEGAL_GENERATION',
      'UNKNOWN_MEMBER_ID',
      'FENCED_INSTANCE_ID',
      'REBALANCE_IN_PROGRESS',
      'STALE_MEMBER_EPOCH',
      'FENCED_MEMBER_EPOCH',
      'OFFSET_METADATA_TOO_LARGE',
      'TRANSACTION_ABORTABLE',
    ],
  },
  EndTxn: { abortable: ['INVALID_PRODUCER_ID_MAPPING', 'UNKNOWN_PRODUCER_ID', 'TRANSACTION_ABORTABLE'] },
  DescribeTransactions: { abortable: [] },
  Produce: {
    fatal: [
      'PRODUCER_FENCED',
      'CLUSTER_AUTHORIZATION_FAILED',
      'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      'UNSUPPORTED_VERSION',
      'UNSUPPORTED_FOR_MESSAGE_FORMAT',
    ],
  },
}

/** What an error of a request means for the transaction. */
export function failureClassOf(api: TransactionalApi, error: unknown): FailureClass {
  const { code, retriable } = asKafkaError(error)
  // A response that cannot be read ends its connection; the next may do better.
  if (api !== 'Produce' && (retriable || DecodeError.is(error))) return 'retriable'
  const row = failureClasses[api]
  const isFatal = 'fatal' in row ? row.fatal.includes(code as BrokerErrorCode) : !row.abortable.includes(code as BrokerErrorCode)
  return isFatal ? 'fatal' : 'abortable'
}
