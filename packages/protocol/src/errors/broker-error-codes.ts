/** A row of Kafka's table of error codes. */
export interface BrokerErrorRow {
  /** The number on the wire. */
  readonly errorCode: number
  /** Whether the same request may succeed when sent again. */
  readonly retriable: boolean
  /** Whether the client's picture of the cluster is stale and must be fetched anew before that. */
  readonly invalidatesMetadata: boolean
  /** What the constant means, in a few words that go on from it; its own words where they say enough. */
  readonly meaning: string
}

const FATAL = 0
const RETRIABLE = 1
const STALE_METADATA = 2

type Row = readonly [kind: 0 | 1 | 2, explanation?: string]

// In the order of their numbers: -1, and then from 1 on, as 0 is NONE. What is not explained says what it means.
const table = {
  UNKNOWN_SERVER_ERROR: [FATAL, 'the broker failed; its log says more'],
  OFFSET_OUT_OF_RANGE: [FATAL, 'deleted, or not written yet'],
  CORRUPT_MESSAGE: [RETRIABLE, 'a wrong checksum, or no key for a compacted topic'],
  UNKNOWN_TOPIC_OR_PARTITION: [STALE_METADATA],
  INVALID_FETCH_SIZE: [FATAL],
  LEADER_NOT_AVAILABLE: [STALE_METADATA],
  NOT_LEADER_OR_FOLLOWER: [STALE_METADATA, 'another broker is to be asked'],
  REQUEST_TIMED_OUT: [RETRIABLE],
  BROKER_NOT_AVAILABLE: [FATAL],
  REPLICA_NOT_AVAILABLE: [STALE_METADATA],
  MESSAGE_TOO_LARGE: [FATAL, 'above max.message.bytes of the topic or message.max.bytes of the broker'],
  STALE_CONTROLLER_EPOCH: [FATAL],
  OFFSET_METADATA_TOO_LARGE: [FATAL],
  NETWORK_EXCEPTION: [STALE_METADATA],
  COORDINATOR_LOAD_IN_PROGRESS: [RETRIABLE],
  COORDINATOR_NOT_AVAILABLE: [RETRIABLE],
  NOT_COORDINATOR: [RETRIABLE],
  INVALID_TOPIC_EXCEPTION: [FATAL, 'the name is not allowed, or the topic is internal'],
  RECORD_LIST_TOO_LARGE: [FATAL],
  NOT_ENOUGH_REPLICAS: [RETRIABLE, 'fewer are in sync than min.insync.replicas; nothing was written'],
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: [RETRIABLE, 'written, but to fewer than min.insync.replicas'],
  INVALID_REQUIRED_ACKS: [FATAL],
  ILLEGAL_GENERATION: [FATAL],
  INCONSISTENT_GROUP_PROTOCOL: [FATAL, 'no assignor in common with the group'],
  INVALID_GROUP_ID: [FATAL],
  UNKNOWN_MEMBER_ID: [FATAL],
  INVALID_SESSION_TIMEOUT: [FATAL, 'outside group.min.session.timeout.ms to group.max.session.timeout.ms of the broker'],
  REBALANCE_IN_PROGRESS: [FATAL],
  INVALID_COMMIT_OFFSET_SIZE: [FATAL],
  TOPIC_AUTHORIZATION_FAILED: [FATAL],
  GROUP_AUTHORIZATION_FAILED: [FATAL],
  CLUSTER_AUTHORIZATION_FAILED: [FATAL],
  INVALID_TIMESTAMP: [FATAL, 'further from the time of the broker than the topic allows'],
  UNSUPPORTED_SASL_MECHANISM: [FATAL],
  ILLEGAL_SASL_STATE: [FATAL],
  UNSUPPORTED_VERSION: [FATAL],
  TOPIC_ALREADY_EXISTS: [FATAL],
  INVALID_PARTITIONS: [FATAL],
  INVALID_REPLICATION_FACTOR: [FATAL, 'below 1 or above the number of brokers'],
  INVALID_REPLICA_ASSIGNMENT: [FATAL],
  INVALID_CONFIG: [FATAL],
  NOT_CONTROLLER: [RETRIABLE],
  INVALID_REQUEST: [FATAL, 'it contradicts itself or lacks something; the log of the broker says more'],
  UNSUPPORTED_FOR_MESSAGE_FORMAT: [FATAL],
  POLICY_VIOLATION: [FATAL],
  OUT_OF_ORDER_SEQUENCE_NUMBER: [FATAL, 'a batch before this one is missing'],
  DUPLICATE_SEQUENCE_NUMBER: [FATAL],
  INVALID_PRODUCER_EPOCH: [FATAL, 'a younger producer has the id, or the transaction was ended from outside'],
  INVALID_TXN_STATE: [FATAL],
  INVALID_PRODUCER_ID_MAPPING: [FATAL],
  INVALID_TRANSACTION_TIMEOUT: [FATAL, 'above transaction.max.timeout.ms of the broker'],
  CONCURRENT_TRANSACTIONS: [RETRIABLE],
  TRANSACTION_COORDINATOR_FENCED: [FATAL],
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: [FATAL],
  SECURITY_DISABLED: [FATAL],
  OPERATION_NOT_ATTEMPTED: [FATAL],
  KAFKA_STORAGE_ERROR: [STALE_METADATA, 'a disk of the broker failed'],
  LOG_DIR_NOT_FOUND: [FATAL],
  SASL_AUTHENTICATION_FAILED: [FATAL],
  UNKNOWN_PRODUCER_ID: [FATAL, 'forgotten, as all of its records are deleted'],
  REASSIGNMENT_IN_PROGRESS: [FATAL],
  DELEGATION_TOKEN_AUTH_DISABLED: [FATAL],
  DELEGATION_TOKEN_NOT_FOUND: [FATAL],
  DELEGATION_TOKEN_OWNER_MISMATCH: [FATAL],
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: [FATAL],
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: [FATAL],
  DELEGATION_TOKEN_EXPIRED: [FATAL],
  INVALID_PRINCIPAL_TYPE: [FATAL],
  NON_EMPTY_GROUP: [FATAL],
  GROUP_ID_NOT_FOUND: [FATAL],
  FETCH_SESSION_ID_NOT_FOUND: [RETRIABLE],
  INVALID_FETCH_SESSION_EPOCH: [RETRIABLE],
  LISTENER_NOT_FOUND: [STALE_METADATA],
  TOPIC_DELETION_DISABLED: [FATAL, 'by delete.topic.enable of the broker'],
  FENCED_LEADER_EPOCH: [STALE_METADATA],
  UNKNOWN_LEADER_EPOCH: [RETRIABLE],
  UNSUPPORTED_COMPRESSION_TYPE: [FATAL],
  STALE_BROKER_EPOCH: [FATAL],
  OFFSET_NOT_AVAILABLE: [RETRIABLE],
  MEMBER_ID_REQUIRED: [FATAL],
  PREFERRED_LEADER_NOT_AVAILABLE: [STALE_METADATA],
  GROUP_MAX_SIZE_REACHED: [FATAL],
  FENCED_INSTANCE_ID: [FATAL, 'another member has the group instance id'],
  ELIGIBLE_LEADERS_NOT_AVAILABLE: [STALE_METADATA],
  ELECTION_NOT_NEEDED: [STALE_METADATA],
  NO_REASSIGNMENT_IN_PROGRESS: [FATAL],
  GROUP_SUBSCRIBED_TO_TOPIC: [FATAL],
  INVALID_RECORD: [FATAL],
  UNSTABLE_OFFSET_COMMIT: [RETRIABLE],
  THROTTLING_QUOTA_EXCEEDED: [RETRIABLE],
  PRODUCER_FENCED: [FATAL, 'a younger producer has the transactional id'],
  RESOURCE_NOT_FOUND: [FATAL],
  DUPLICATE_RESOURCE: [FATAL],
  UNACCEPTABLE_CREDENTIAL: [FATAL],
  INCONSISTENT_VOTER_SET: [FATAL],
  INVALID_UPDATE_VERSION: [FATAL],
  FEATURE_UPDATE_FAILED: [FATAL],
  PRINCIPAL_DESERIALIZATION_FAILURE: [FATAL],
  SNAPSHOT_NOT_FOUND: [FATAL],
  POSITION_OUT_OF_RANGE: [FATAL],
  UNKNOWN_TOPIC_ID: [STALE_METADATA],
  DUPLICATE_BROKER_REGISTRATION: [FATAL],
  BROKER_ID_NOT_REGISTERED: [FATAL],
  INCONSISTENT_TOPIC_ID: [STALE_METADATA],
  INCONSISTENT_CLUSTER_ID: [FATAL],
  TRANSACTIONAL_ID_NOT_FOUND: [FATAL],
  FETCH_SESSION_TOPIC_ID_ERROR: [RETRIABLE],
  INELIGIBLE_REPLICA: [FATAL],
  NEW_LEADER_ELECTED: [FATAL],
  OFFSET_MOVED_TO_TIERED_STORAGE: [FATAL],
  FENCED_MEMBER_EPOCH: [FATAL, 'the member has to give up all partitions and join again'],
  UNRELEASED_INSTANCE_ID: [FATAL],
  UNSUPPORTED_ASSIGNOR: [FATAL],
  STALE_MEMBER_EPOCH: [FATAL],
  MISMATCHED_ENDPOINT_TYPE: [FATAL],
  UNSUPPORTED_ENDPOINT_TYPE: [FATAL],
  UNKNOWN_CONTROLLER_ID: [FATAL],
  UNKNOWN_SUBSCRIPTION_ID: [FATAL],
  TELEMETRY_TOO_LARGE: [FATAL],
  INVALID_REGISTRATION: [FATAL],
  TRANSACTION_ABORTABLE: [FATAL, 'abort it; the producer may then go on'],
  INVALID_RECORD_STATE: [FATAL],
  SHARE_SESSION_NOT_FOUND: [RETRIABLE],
  INVALID_SHARE_SESSION_EPOCH: [RETRIABLE],
  FENCED_STATE_EPOCH: [FATAL],
  INVALID_VOTER_KEY: [FATAL],
  DUPLICATE_VOTER: [FATAL],
  VOTER_NOT_FOUND: [FATAL],
  INVALID_REGULAR_EXPRESSION: [FATAL],
  REBOOTSTRAP_REQUIRED: [FATAL],
  STREAMS_INVALID_TOPOLOGY: [FATAL],
  STREAMS_INVALID_TOPOLOGY_EPOCH: [FATAL],
  STREAMS_TOPOLOGY_FENCED: [FATAL],
  SHARE_SESSION_LIMIT_REACHED: [RETRIABLE],
  GROUP_DELETION_FAILED: [FATAL],
  STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED: [FATAL],
  CONTROLLER_ID_NOT_REGISTERED: [FATAL],
} satisfies Record<string, Row>

function rowsOf<N extends string>(kinds: Readonly<Record<N, Row>>): Readonly<Record<N, BrokerErrorRow>> {
  const rows = Object.entries<Row>(kinds).map(([name, [kind, explanation]], index) => {
    const row: BrokerErrorRow = {
      errorCode: index || -1,
      retriable: kind !== FATAL,
      invalidatesMetadata: kind === STALE_METADATA,
      meaning: explanation ?? name.toLowerCase().replaceAll('_', ' '),
    }
    return [name, row]
  })
  return Object.freeze(Object.fromEntries(rows))
}

/** Kafka's error table by the names of its constants, without NONE: that of Apache Kafka 4.4 (org.apache.kafka.common.protocol.Errors). */
export const brokerErrors = /* @__PURE__ */ rowsOf(table)

/** The constants of Kafka's error table, without NONE. */
export type BrokerErrorCode = keyof typeof brokerErrors

/** Every constant of the table, in the order of its numbers. */
export const brokerErrorCodes = /* @__PURE__ */ Object.keys(brokerErrors) as readonly BrokerErrorCode[]

const indexByNumber = () => new Map<number, BrokerErrorCode>(brokerErrorCodes.map((name) => [brokerErrors[name].errorCode, name]))
const byNumber = /* @__PURE__ */ indexByNumber()

/** The row of a constant. */
export function brokerErrorRow(code: BrokerErrorCode): BrokerErrorRow {
  return brokerErrors[code]
}

/** What the name of a constant does not say by itself, if there is anything. */
export function explanationOf(code: BrokerErrorCode): string | undefined {
  const [, explanation]: Row = table[code]
  return explanation
}

/** The constant of a number on the wire; undefined for 0 (no error) and for numbers that this table does not know. */
export function brokerErrorName(errorCode: number): BrokerErrorCode | undefined {
  return byNumber.get(errorCode)
}
