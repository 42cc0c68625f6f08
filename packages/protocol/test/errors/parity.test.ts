import {
  BrokerError,
  type BrokerErrorCode,
  brokerErrorCodes,
  brokerErrors,
  type ClientErrorCode,
  clientErrorCodes,
  KafkaError,
} from '@k/protocol'
import { expect, it } from 'vitest'

const RETRIABLE = { retriable: true, invalidatesMetadata: false }
const STALE = { retriable: true, invalidatesMetadata: true }
const FATAL = { retriable: false, invalidatesMetadata: false }

// What aiokafka's and kafka-python's documentation names, aliases included, with what Kafka 4.4 says of retries.
const ofBrokers: [string, BrokerErrorCode, object][] = [
  ['RequestTimedOutError', 'REQUEST_TIMED_OUT', RETRIABLE],
  ['NotEnoughReplicasError', 'NOT_ENOUGH_REPLICAS', RETRIABLE],
  ['NotEnoughReplicasAfterAppendError', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', RETRIABLE],
  ['UnsupportedVersionError', 'UNSUPPORTED_VERSION', FATAL],
  ['TopicAuthorizationFailedError', 'TOPIC_AUTHORIZATION_FAILED', FATAL],
  ['OffsetOutOfRangeError', 'OFFSET_OUT_OF_RANGE', FATAL],
  ['CorruptRecordException', 'CORRUPT_MESSAGE', RETRIABLE],
  ['InvalidMessageError', 'CORRUPT_MESSAGE', RETRIABLE],
  ['ConcurrentTransactions', 'CONCURRENT_TRANSACTIONS', RETRIABLE],
  ['CoordinatorLoadInProgressError', 'COORDINATOR_LOAD_IN_PROGRESS', RETRIABLE],
  ['GroupLoadInProgressError', 'COORDINATOR_LOAD_IN_PROGRESS', RETRIABLE],
  ['CoordinatorNotAvailableError', 'COORDINATOR_NOT_AVAILABLE', RETRIABLE],
  ['GroupCoordinatorNotAvailableError', 'COORDINATOR_NOT_AVAILABLE', RETRIABLE],
  ['NotCoordinatorError', 'NOT_COORDINATOR', RETRIABLE],
  ['NotCoordinatorForGroupError', 'NOT_COORDINATOR', RETRIABLE],
  ['DelegationTokenAuthDisabled', 'DELEGATION_TOKEN_AUTH_DISABLED', FATAL],
  ['DelegationTokenAuthorizationFailed', 'DELEGATION_TOKEN_AUTHORIZATION_FAILED', FATAL],
  ['DelegationTokenExpired', 'DELEGATION_TOKEN_EXPIRED', FATAL],
  ['DelegationTokenNotFound', 'DELEGATION_TOKEN_NOT_FOUND', FATAL],
  ['DelegationTokenOwnerMismatch', 'DELEGATION_TOKEN_OWNER_MISMATCH', FATAL],
  ['DelegationTokenRequestNotAllowed', 'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED', FATAL],
  ['DuplicateSequenceNumber', 'DUPLICATE_SEQUENCE_NUMBER', FATAL],
  ['FetchSessionIdNotFound', 'FETCH_SESSION_ID_NOT_FOUND', RETRIABLE],
  ['GroupIdNotFound', 'GROUP_ID_NOT_FOUND', FATAL],
  ['InvalidFetchSessionEpoch', 'INVALID_FETCH_SESSION_EPOCH', RETRIABLE],
  ['InvalidPrincipalType', 'INVALID_PRINCIPAL_TYPE', FATAL],
  ['InvalidProducerEpoch', 'INVALID_PRODUCER_EPOCH', FATAL],
  ['InvalidProducerIdMapping', 'INVALID_PRODUCER_ID_MAPPING', FATAL],
  ['InvalidTransactionTimeout', 'INVALID_TRANSACTION_TIMEOUT', FATAL],
  ['InvalidTxnState', 'INVALID_TXN_STATE', FATAL],
  ['KafkaStorageError', 'KAFKA_STORAGE_ERROR', STALE],
  ['ListenerNotFound', 'LISTENER_NOT_FOUND', STALE],
  ['LogDirNotFound', 'LOG_DIR_NOT_FOUND', FATAL],
  ['NonEmptyGroup', 'NON_EMPTY_GROUP', FATAL],
  ['OperationNotAttempted', 'OPERATION_NOT_ATTEMPTED', FATAL],
  ['OutOfOrderSequenceNumber', 'OUT_OF_ORDER_SEQUENCE_NUMBER', FATAL],
  ['ReassignmentInProgress', 'REASSIGNMENT_IN_PROGRESS', FATAL],
  ['SaslAuthenticationFailed', 'SASL_AUTHENTICATION_FAILED', FATAL],
  ['SecurityDisabled', 'SECURITY_DISABLED', FATAL],
  ['TransactionCoordinatorFenced', 'TRANSACTION_COORDINATOR_FENCED', FATAL],
  ['TransactionalIdAuthorizationFailed', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', FATAL],
  ['UnknownProducerId', 'UNKNOWN_PRODUCER_ID', FATAL],
  ['ProducerFenced', 'PRODUCER_FENCED', FATAL],
  ['RecordTooLargeError', 'MESSAGE_TOO_LARGE', FATAL],
]

const ofClients: [string, ClientErrorCode][] = [
  ['KafkaTimeoutError', 'TIMED_OUT'],
  ['KafkaConnectionError', 'CONNECTION_FAILED'],
  ['IllegalStateError', 'PARTITION_NOT_ASSIGNED'],
  ['IllegalOperation', 'NO_GROUP'],
  ['ConsumerStoppedError', 'CLOSED'],
  ['ProducerClosed', 'CLOSED'],
  ['NoOffsetForPartitionError', 'NO_OFFSET'],
  ['CommitFailedError', 'PARTITION_NOT_OWNED'],
  ['ValueError', 'INVALID_OPTION'],
]

it.each(ofBrokers)('%s is the code %s, with what may be done about it', (_, code, flags) => {
  expect(brokerErrors[code]).toMatchObject(flags)
  const error = new BrokerError(brokerErrors[code].errorCode, 'a test')
  expect(error).toMatchObject({ code, ...flags })
  expect(KafkaError.is(error, code)).toBe(true)
})

it.each(ofClients)('%s is the code %s', (_, code) => {
  expect(clientErrorCodes[code]).toMatch(/\w+ \w+/)
  expect(KafkaError.is(new KafkaError(code, 'a test'), code)).toBe(true)
})

it('has a code for every number from -1 on, NONE aside', () => {
  expect(brokerErrorCodes.length).toBeGreaterThanOrEqual(137)
})
