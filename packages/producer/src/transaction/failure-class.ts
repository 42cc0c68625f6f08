import { type BrokerErrorCode, brokerErrorRow, type KafkaError } from '@k/protocol'

/** The requests of a transaction whose errors may end it. */
export type TransactionalApi = 'InitProducerId' | 'AddPartitionsToTxn' | 'AddOffsetsToTxn' | 'TxnOffsetCommit' | 'EndTxn' | 'Produce'

// By which a broker says that somebody else has the transactional id, or that it ended the transaction itself.
const fenced: readonly unknown[] = [
  47, // INVALID_PRODUCER_EPOCH
  90, // PRODUCER_FENCED
]

// By which a coordinator says that it knows of no open transaction.
const noneOpen: readonly unknown[] = [
  48, // INVALID_TXN_STATE
  49, // INVALID_PRODUCER_ID_MAPPING
]

// As the handlers of Kafka's Java client 4.x class them. What of Kafka's errors is retriable is neither, but for records: whatever fails one of
// them fails the transaction.

/** Kafka's numbers of what ends the producer, where all else only aborts the transaction. */
const fatal: Readonly<Partial<Record<TransactionalApi, readonly unknown[]>>> = {
  AddPartitionsToTxn: [
    ...fenced,
    48, // INVALID_TXN_STATE
    53, // TRANSACTIONAL_ID_AUTHORIZATION_FAILED
  ],
  Produce: [
    31, // CLUSTER_AUTHORIZATION_FAILED
    35, // UNSUPPORTED_VERSION
    43, // UNSUPPORTED_FOR_MESSAGE_FORMAT
    53, // TRANSACTIONAL_ID_AUTHORIZATION_FAILED
    90, // PRODUCER_FENCED
  ],
}

/** Kafka's numbers of what only aborts the transaction, where all else ends the producer. */
const abortable: Readonly<Partial<Record<TransactionalApi, readonly unknown[]>>> = {
  InitProducerId: [
    120, // TRANSACTION_ABORTABLE
  ],
  AddOffsetsToTxn: [
    30, // GROUP_AUTHORIZATION_FAILED
    49, // INVALID_PRODUCER_ID_MAPPING
    59, // UNKNOWN_PRODUCER_ID
    120, // TRANSACTION_ABORTABLE
  ],
  TxnOffsetCommit: [
    12, // OFFSET_METADATA_TOO_LARGE
    22, // ILLEGAL_GENERATION
    25, // UNKNOWN_MEMBER_ID
    27, // REBALANCE_IN_PROGRESS
    29, // TOPIC_AUTHORIZATION_FAILED
    30, // GROUP_AUTHORIZATION_FAILED
    82, // FENCED_INSTANCE_ID
    110, // FENCED_MEMBER_EPOCH
    113, // STALE_MEMBER_EPOCH
    120, // TRANSACTION_ABORTABLE
  ],
  EndTxn: [
    -1, // UNKNOWN_SERVER_ERROR, which leaves the outcome in doubt
    49, // INVALID_PRODUCER_ID_MAPPING
    59, // UNKNOWN_PRODUCER_ID
    120, // TRANSACTION_ABORTABLE
  ],
}

/** Whether the producer is at its end after an error of a request. If not, the transaction is to be aborted, after which the producer goes on. */
export function isFatal(api: TransactionalApi, error: KafkaError): boolean {
  // Neither that the producer is closed nor what was given to it is a fault of it.
  if (error.retriable || error.code === 'CLOSED' || error.code === 'INVALID_ARGUMENT') return false
  return fatal[api]?.includes(numberOf(error)) ?? !abortable[api]?.includes(numberOf(error))
}

/** Whether the producer lost its transactional id, as far as the error tells. */
export function isFenced(error: KafkaError): boolean {
  return fenced.includes(numberOf(error))
}

/** Whether the coordinator knows of no open transaction. */
export function isNoneOpen(error: KafkaError): boolean {
  return noneOpen.includes(numberOf(error))
}

/** Kafka's number of an error; undefined for one that is not of Kafka's table. */
function numberOf({ code }: KafkaError): number | undefined {
  return brokerErrorRow(code as BrokerErrorCode)?.errorCode
}
