import { BrokerError, type BrokerErrorCode, DecodeError, KafkaError } from '@k/protocol'

/**
 * What an error means for the transaction: ask again; abort, after which the producer goes on; the same, only that the coordinator knows this
 * producer id no more, and so has nothing to abort; somebody else has the transactional id, or the broker ended the transaction; or the producer is
 * at its end.
 */
export type FailureClass = 'retriable' | 'abortable' | 'unmapped' | 'fenced' | 'fatal'

/** The requests of a transaction. */
export type TransactionalApi = 'InitProducerId' | 'AddPartitionsToTxn' | 'AddOffsetsToTxn' | 'TxnOffsetCommit' | 'EndTxn' | 'Produce'

interface Row {
  readonly abortable?: readonly BrokerErrorCode[]
  readonly unmapped?: readonly BrokerErrorCode[]
  readonly fenced?: readonly BrokerErrorCode[]
  readonly fatal?: readonly BrokerErrorCode[]
  /** Whatever is not retriable by Kafka's own table either. */
  readonly others: FailureClass
}

const FENCED = ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'] as const

/** As the handlers of Kafka's Java client 4.x class them. What Kafka's table calls retriable is, wherever a row does not say otherwise. */
export const failureClasses: Readonly<Record<TransactionalApi, Row>> = {
  InitProducerId: {
    abortable: ['TRANSACTION_ABORTABLE'],
    fenced: FENCED,
    others: 'fatal',
  },
  AddPartitionsToTxn: {
    abortable: ['TOPIC_AUTHORIZATION_FAILED', 'OPERATION_NOT_ATTEMPTED', 'UNKNOWN_PRODUCER_ID', 'TRANSACTION_ABORTABLE'],
    unmapped: ['INVALID_PRODUCER_ID_MAPPING'],
    fenced: FENCED,
    fatal: ['INVALID_TXN_STATE', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'],
    others: 'abortable',
  },
  AddOffsetsToTxn: {
    abortable: ['GROUP_AUTHORIZATION_FAILED', 'UNKNOWN_PRODUCER_ID', 'TRANSACTION_ABORTABLE'],
    unmapped: ['INVALID_PRODUCER_ID_MAPPING'],
    fenced: FENCED,
    others: 'fatal',
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
    fenced: FENCED,
    others: 'fatal',
  },
  EndTxn: {
    abortable: ['UNKNOWN_PRODUCER_ID', 'TRANSACTION_ABORTABLE'],
    unmapped: ['INVALID_PRODUCER_ID_MAPPING'],
    fenced: FENCED,
    others: 'fatal',
  },
  // Errors of records: whatever fails one fails the transaction, and few the producer.
  Produce: {
    fenced: ['PRODUCER_FENCED'],
    fatal: [
      'CLUSTER_AUTHORIZATION_FAILED',
      'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      'UNSUPPORTED_VERSION',
      'UNSUPPORTED_FOR_MESSAGE_FORMAT',
    ],
    unmapped: ['INVALID_PRODUCER_ID_MAPPING'],
    others: 'abortable',
  },
}

/** What an error of a request means for the transaction. */
export function failureClassOf(api: TransactionalApi, error: unknown): FailureClass {
  const row = failureClasses[api]
  if (!KafkaError.is(error)) return row.others
  const code = error.code as BrokerErrorCode
  for (const kind of ['abortable', 'unmapped', 'fenced', 'fatal'] as const) if (row[kind]?.includes(code)) return kind
  // A response that cannot be read ends its connection; the next may do better.
  if (api !== 'Produce' && (error.retriable || DecodeError.is(error))) return 'retriable'
  return BrokerError.is(error) || api === 'Produce' ? row.others : api === 'AddPartitionsToTxn' ? 'abortable' : 'fatal'
}
