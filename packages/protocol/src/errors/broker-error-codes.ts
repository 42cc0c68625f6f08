/** A row of Kafka's table of error codes. */
export interface BrokerErrorRow {
  /** The number on the wire. */
  readonly errorCode: number
  /** Whether the same request may succeed when sent again. */
  readonly retriable: boolean
  /** Whether the client's picture of the cluster is stale and must be fetched anew before that. */
  readonly invalidatesMetadata: boolean
  /** What happened, as a clause: "the broker does not have the topic or partition". */
  readonly meaning: string
}

const FATAL = 0
const RETRIABLE = 1
const STALE_METADATA = 2

type Row = readonly [errorCode: number, kind: 0 | 1 | 2, meaning: string]

function rowsOf<N extends string>(table: Readonly<Record<N, Row>>): Readonly<Record<N, BrokerErrorRow>> {
  const rows = Object.entries<Row>(table).map(([name, [errorCode, kind, meaning]]) => {
    const row: BrokerErrorRow = { errorCode, retriable: kind !== FATAL, invalidatesMetadata: kind === STALE_METADATA, meaning }
    return [name, row]
  })
  return Object.freeze(Object.fromEntries(rows))
}

/** Kafka's error table by the names of its constants, without NONE: that of Apache Kafka 4.4 (org.apache.kafka.common.protocol.Errors). */
export const brokerErrors = /* @__PURE__ */ rowsOf({
  UNKNOWN_SERVER_ERROR: [-1, FATAL, 'the broker failed in a way that it has no code for; its log says more'],
  OFFSET_OUT_OF_RANGE: [1, FATAL, 'the log has no such offset: it was deleted, or is not written yet'],
  CORRUPT_MESSAGE: [
    2,
    RETRIABLE,
    'the broker got records whose checksum or size is wrong, or a record without a key for a compacted topic',
  ],
  UNKNOWN_TOPIC_OR_PARTITION: [3, STALE_METADATA, 'the broker does not have the topic or partition'],
  INVALID_FETCH_SIZE: [4, FATAL, 'a fetch asked for an impossible number of bytes'],
  LEADER_NOT_AVAILABLE: [5, STALE_METADATA, 'the partition has no leader at the moment'],
  NOT_LEADER_OR_FOLLOWER: [6, STALE_METADATA, 'the broker is not, or no longer, the one to ask about the partition'],
  REQUEST_TIMED_OUT: [7, RETRIABLE, 'the broker did not finish within the time that the request allowed'],
  BROKER_NOT_AVAILABLE: [8, FATAL, 'the broker is not in service'],
  REPLICA_NOT_AVAILABLE: [9, STALE_METADATA, 'the broker has no replica of the partition that can serve'],
  MESSAGE_TOO_LARGE: [10, FATAL, 'a batch is larger than max.message.bytes of the topic or message.max.bytes of the broker'],
  STALE_CONTROLLER_EPOCH: [11, FATAL, 'the controller that asked has been replaced'],
  OFFSET_METADATA_TOO_LARGE: [12, FATAL, 'the metadata committed with an offset is too long'],
  NETWORK_EXCEPTION: [13, STALE_METADATA, 'the broker lost the connection that it needed for this'],
  COORDINATOR_LOAD_IN_PROGRESS: [14, RETRIABLE, 'the coordinator is still reading its state'],
  COORDINATOR_NOT_AVAILABLE: [15, RETRIABLE, 'there is no coordinator at the moment, perhaps because its topic is being created'],
  NOT_COORDINATOR: [16, RETRIABLE, 'the broker is not, or no longer, the coordinator'],
  INVALID_TOPIC_EXCEPTION: [17, FATAL, 'the name of the topic is not allowed, or the topic is internal'],
  RECORD_LIST_TOO_LARGE: [18, FATAL, 'the batches of one request are larger than a segment'],
  NOT_ENOUGH_REPLICAS: [19, RETRIABLE, 'fewer replicas are in sync than min.insync.replicas asks for; nothing was written'],
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: [20, RETRIABLE, 'the records are written, but to fewer replicas than min.insync.replicas asks for'],
  INVALID_REQUIRED_ACKS: [21, FATAL, 'acks is something else than 0, 1 or -1'],
  ILLEGAL_GENERATION: [22, FATAL, 'the group has moved on to another generation'],
  INCONSISTENT_GROUP_PROTOCOL: [23, FATAL, 'the member has no assignor, or no type of protocol, in common with its group'],
  INVALID_GROUP_ID: [24, FATAL, 'the group id is empty or not allowed'],
  UNKNOWN_MEMBER_ID: [25, FATAL, 'the group does not have this member, or has no longer'],
  INVALID_SESSION_TIMEOUT: [
    26,
    FATAL,
    'the session timeout is outside what the broker allows (group.min.session.timeout.ms, group.max.session.timeout.ms)',
  ],
  REBALANCE_IN_PROGRESS: [27, FATAL, 'the group is rebalancing: its members have to join again'],
  INVALID_COMMIT_OFFSET_SIZE: [28, FATAL, 'the offsets of one commit do not fit into a batch'],
  TOPIC_AUTHORIZATION_FAILED: [29, FATAL, 'no access rule allows this on the topic'],
  GROUP_AUTHORIZATION_FAILED: [30, FATAL, 'no access rule allows this on the group'],
  CLUSTER_AUTHORIZATION_FAILED: [31, FATAL, 'no access rule allows this on the cluster'],
  INVALID_TIMESTAMP: [32, FATAL, 'a timestamp is further from the time of the broker than the topic allows'],
  UNSUPPORTED_SASL_MECHANISM: [33, FATAL, 'the broker does not offer this SASL mechanism on this listener'],
  ILLEGAL_SASL_STATE: [34, FATAL, 'a request that does not belong to this moment of the authentication'],
  UNSUPPORTED_VERSION: [35, FATAL, 'the broker does not serve this version of the request'],
  TOPIC_ALREADY_EXISTS: [36, FATAL, 'a topic of this name exists'],
  INVALID_PARTITIONS: [37, FATAL, 'this number of partitions is not possible'],
  INVALID_REPLICATION_FACTOR: [38, FATAL, 'the replication factor is below 1 or above the number of brokers'],
  INVALID_REPLICA_ASSIGNMENT: [39, FATAL, 'replicas were assigned to brokers in an impossible way'],
  INVALID_CONFIG: [40, FATAL, 'a configuration has a name or a value that is not allowed'],
  NOT_CONTROLLER: [41, RETRIABLE, 'the node is not, or no longer, the controller'],
  INVALID_REQUEST: [42, FATAL, 'the request contradicts itself, or lacks something; the log of the broker says more'],
  UNSUPPORTED_FOR_MESSAGE_FORMAT: [43, FATAL, 'the format in which the broker keeps the records cannot do this'],
  POLICY_VIOLATION: [44, FATAL, 'a policy of the cluster forbids this'],
  OUT_OF_ORDER_SEQUENCE_NUMBER: [45, FATAL, 'a batch of the producer before this one is missing'],
  DUPLICATE_SEQUENCE_NUMBER: [46, FATAL, 'the batch was already written, longer ago than the broker remembers offsets'],
  INVALID_PRODUCER_EPOCH: [47, FATAL, 'a younger producer with the same id is at work, or the transaction was ended from outside'],
  INVALID_TXN_STATE: [48, FATAL, 'the transaction is not in a state that allows this'],
  INVALID_PRODUCER_ID_MAPPING: [49, FATAL, 'the producer id does not belong to the transactional id'],
  INVALID_TRANSACTION_TIMEOUT: [50, FATAL, 'the transaction timeout is above transaction.max.timeout.ms of the broker'],
  CONCURRENT_TRANSACTIONS: [51, RETRIABLE, 'the transaction before this one is still being ended'],
  TRANSACTION_COORDINATOR_FENCED: [52, FATAL, 'a younger transaction coordinator is at work'],
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: [53, FATAL, 'no access rule allows this on the transactional id'],
  SECURITY_DISABLED: [54, FATAL, 'the broker has no authorizer'],
  OPERATION_NOT_ATTEMPTED: [55, FATAL, 'another part of the same request failed, so that this one was not tried'],
  KAFKA_STORAGE_ERROR: [56, STALE_METADATA, 'a disk of the broker failed'],
  LOG_DIR_NOT_FOUND: [57, FATAL, 'the broker has no such log directory'],
  SASL_AUTHENTICATION_FAILED: [58, FATAL, 'the broker did not accept the credentials'],
  UNKNOWN_PRODUCER_ID: [59, FATAL, 'the broker has forgotten the producer, since all of its records are deleted'],
  REASSIGNMENT_IN_PROGRESS: [60, FATAL, 'the partition is being moved'],
  DELEGATION_TOKEN_AUTH_DISABLED: [61, FATAL, 'the broker has no delegation tokens turned on'],
  DELEGATION_TOKEN_NOT_FOUND: [62, FATAL, 'the broker does not have this delegation token'],
  DELEGATION_TOKEN_OWNER_MISMATCH: [63, FATAL, 'the delegation token belongs to somebody else'],
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: [64, FATAL, 'delegation tokens are not for this listener, or not for who authenticated with one'],
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: [65, FATAL, 'no access rule allows this on the delegation token'],
  DELEGATION_TOKEN_EXPIRED: [66, FATAL, 'the delegation token has ended'],
  INVALID_PRINCIPAL_TYPE: [67, FATAL, 'this type of principal is not supported'],
  NON_EMPTY_GROUP: [68, FATAL, 'the group still has members'],
  GROUP_ID_NOT_FOUND: [69, FATAL, 'there is no such group'],
  FETCH_SESSION_ID_NOT_FOUND: [70, RETRIABLE, 'the broker has dropped the fetch session'],
  INVALID_FETCH_SESSION_EPOCH: [71, RETRIABLE, 'a fetch came out of its order in the session'],
  LISTENER_NOT_FOUND: [72, STALE_METADATA, 'the leader has no listener of the kind that was asked on'],
  TOPIC_DELETION_DISABLED: [73, FATAL, 'the cluster does not let topics be deleted (delete.topic.enable)'],
  FENCED_LEADER_EPOCH: [74, STALE_METADATA, 'the epoch that the client knows of the leader is an old one'],
  UNKNOWN_LEADER_EPOCH: [75, RETRIABLE, 'the client knows of a younger leader than the broker does'],
  UNSUPPORTED_COMPRESSION_TYPE: [76, FATAL, 'the client cannot read this compression: it asks in a version from before'],
  STALE_BROKER_EPOCH: [77, FATAL, 'the broker that asked was started anew meanwhile'],
  OFFSET_NOT_AVAILABLE: [78, RETRIABLE, 'the leader is new and does not know yet how far its followers are'],
  MEMBER_ID_REQUIRED: [79, FATAL, 'the member has to join again with the id that it just got'],
  PREFERRED_LEADER_NOT_AVAILABLE: [80, STALE_METADATA, 'the preferred leader is not alive or not in sync'],
  GROUP_MAX_SIZE_REACHED: [81, FATAL, 'the group has as many members as it may have'],
  FENCED_INSTANCE_ID: [82, FATAL, 'another member uses the same group instance id'],
  ELIGIBLE_LEADERS_NOT_AVAILABLE: [83, STALE_METADATA, 'no replica is in a state to become leader'],
  ELECTION_NOT_NEEDED: [84, STALE_METADATA, 'the leader is the right one already'],
  NO_REASSIGNMENT_IN_PROGRESS: [85, FATAL, 'the partition is not being moved'],
  GROUP_SUBSCRIBED_TO_TOPIC: [86, FATAL, 'the group still subscribes to the topic'],
  INVALID_RECORD: [87, FATAL, 'the broker does not accept a record, and with it the batch'],
  UNSTABLE_OFFSET_COMMIT: [88, RETRIABLE, 'a transaction that commits these offsets is not decided yet'],
  THROTTLING_QUOTA_EXCEEDED: [89, RETRIABLE, 'the quota is used up for the moment'],
  PRODUCER_FENCED: [90, FATAL, 'a younger producer with the same transactional id is at work'],
  RESOURCE_NOT_FOUND: [91, FATAL, 'what the request names does not exist'],
  DUPLICATE_RESOURCE: [92, FATAL, 'the request names something twice, or it exists already'],
  UNACCEPTABLE_CREDENTIAL: [93, FATAL, 'the credential that was to be set is not allowed'],
  INCONSISTENT_VOTER_SET: [94, FATAL, 'the node is not a voter, or disagrees about who is'],
  INVALID_UPDATE_VERSION: [95, FATAL, 'the feature cannot be changed to this version'],
  FEATURE_UPDATE_FAILED: [96, FATAL, 'the controller failed to change the features'],
  PRINCIPAL_DESERIALIZATION_FAILURE: [97, FATAL, 'the controller could not read who sent a forwarded request'],
  SNAPSHOT_NOT_FOUND: [98, FATAL, 'the leader of the quorum does not have this snapshot'],
  POSITION_OUT_OF_RANGE: [99, FATAL, 'the snapshot is shorter than the position that was asked for'],
  UNKNOWN_TOPIC_ID: [100, STALE_METADATA, 'the broker does not have a topic of this id'],
  DUPLICATE_BROKER_REGISTRATION: [101, FATAL, 'a living broker has this id already'],
  BROKER_ID_NOT_REGISTERED: [102, FATAL, 'no broker of this id is registered'],
  INCONSISTENT_TOPIC_ID: [103, STALE_METADATA, 'the topic has another id: it was deleted and created anew'],
  INCONSISTENT_CLUSTER_ID: [104, FATAL, 'the request is meant for another cluster'],
  TRANSACTIONAL_ID_NOT_FOUND: [105, FATAL, 'the coordinator does not know this transactional id'],
  FETCH_SESSION_TOPIC_ID_ERROR: [106, RETRIABLE, 'the fetch session mixes requests with and without topic ids'],
  INELIGIBLE_REPLICA: [107, FATAL, 'a replica was to count as in sync that cannot'],
  NEW_LEADER_ELECTED: [108, FATAL, 'the change was done, and a new leader elected by it'],
  OFFSET_MOVED_TO_TIERED_STORAGE: [109, FATAL, 'the records are in tiered storage, where followers do not read'],
  FENCED_MEMBER_EPOCH: [110, FATAL, 'the coordinator has another epoch for the member, who must give up all partitions and join again'],
  UNRELEASED_INSTANCE_ID: [111, FATAL, 'the member that has this group instance id is still in the group'],
  UNSUPPORTED_ASSIGNOR: [112, FATAL, 'the broker does not have this assignor'],
  STALE_MEMBER_EPOCH: [113, FATAL, 'the coordinator has moved on to a later epoch of the member'],
  MISMATCHED_ENDPOINT_TYPE: [114, FATAL, 'a controller was asked for what brokers answer, or the reverse'],
  UNSUPPORTED_ENDPOINT_TYPE: [115, FATAL, 'this kind of node cannot be described here'],
  UNKNOWN_CONTROLLER_ID: [116, FATAL, 'no controller has this id'],
  UNKNOWN_SUBSCRIPTION_ID: [117, FATAL, 'the metrics that the broker wants have changed: ask anew'],
  TELEMETRY_TOO_LARGE: [118, FATAL, 'more metrics at once than the broker accepts'],
  INVALID_REGISTRATION: [119, FATAL, 'the controller does not accept how the node registers'],
  TRANSACTION_ABORTABLE: [120, FATAL, 'the transaction has to be aborted; the producer may then go on'],
  INVALID_RECORD_STATE: [121, FATAL, 'a record was acknowledged that this member has not, or no longer, acquired'],
  SHARE_SESSION_NOT_FOUND: [122, RETRIABLE, 'the broker has dropped the share session'],
  INVALID_SHARE_SESSION_EPOCH: [123, RETRIABLE, 'a share fetch came out of its order in the session'],
  FENCED_STATE_EPOCH: [124, FATAL, 'the state of the share partition has a later epoch'],
  INVALID_VOTER_KEY: [125, FATAL, 'the voter is another one than the request says'],
  DUPLICATE_VOTER: [126, FATAL, 'the node is a voter already'],
  VOTER_NOT_FOUND: [127, FATAL, 'the node is not a voter'],
  INVALID_REGULAR_EXPRESSION: [128, FATAL, 'the broker cannot read the regular expression (RE2/J)'],
  REBOOTSTRAP_REQUIRED: [129, FATAL, 'the client has to start over from its bootstrap servers'],
  STREAMS_INVALID_TOPOLOGY: [130, FATAL, 'the topology contradicts itself'],
  STREAMS_INVALID_TOPOLOGY_EPOCH: [131, FATAL, 'the epoch of the topology is not possible'],
  STREAMS_TOPOLOGY_FENCED: [132, FATAL, 'the group has a later epoch of the topology'],
  SHARE_SESSION_LIMIT_REACHED: [133, RETRIABLE, 'the broker holds as many share sessions as it may'],
  GROUP_DELETION_FAILED: [134, FATAL, 'the group could not be deleted as a whole'],
  STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED: [135, FATAL, 'the broker could not keep the description of the topology'],
  CONTROLLER_ID_NOT_REGISTERED: [136, FATAL, 'no controller of this id is registered'],
})

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

/** The constant of a number on the wire; undefined for 0 (no error) and for numbers that this table does not know. */
export function brokerErrorName(errorCode: number): BrokerErrorCode | undefined {
  return byNumber.get(errorCode)
}
