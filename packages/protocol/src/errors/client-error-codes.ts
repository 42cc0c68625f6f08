/** Every code of an error that arises in a client, with what it means: for readers of this table, as an error's own message has the facts. */
export const clientErrorCodes = {
  // Arguments, options and life cycle
  INVALID_OPTION: 'an option given at construction is wrong',
  INVALID_ARGUMENT: 'an argument of a call is wrong',
  CLOSED: 'the client was closed before or during the call',
  TIMED_OUT: 'a deadline of this client passed',
  ITEMS_FAILED: 'some items of a call on several failed',
  // Bytes
  MALFORMED_MESSAGE: 'bytes that do not hold the message they must hold',
  CRC_MISMATCH: 'a record batch whose checksum does not match its bytes',
  UNKNOWN_MAGIC: 'a record batch in a format that nobody has defined',
  UNKNOWN_CODEC: 'a record batch in a compression that was not handed in or does not exist',
  DECOMPRESSION_FAILED: 'compressed bytes that their codec refuses',
  DECOMPRESSED_TOO_LARGE: 'compressed bytes that would become larger than allowed',
  OFFSET_TOO_LARGE: 'an offset beyond 2^53 - 1 where a number is asked for',
  // Connections
  CONNECTION_FAILED: 'no connection could be made',
  CONNECTION_CLOSED: 'a connection ended while answers were due',
  INVALID_FRAME: 'a frame size or correlation id that Kafka never sends',
  NOT_A_BROKER: 'the other side speaks something else, TLS or HTTP perhaps',
  AUTHENTICATION_FAILED: 'the broker or TLS refused who we are, or we refused who it is',
  BROKER_UNKNOWN: 'a broker id that the cluster does not have',
  // Producing
  DELIVERY_TIMED_OUT: 'a record was not acknowledged within deliveryTimeoutMs',
  DELIVERY_FAILED: 'records that nobody waited for were not delivered',
  BUFFER_FULL: 'no room in the producer within maxBlockMs',
  PARTITIONER_FAILED: 'a partitioner threw, or chose a partition that does not exist',
  COMPRESSION_FAILED: 'a codec could not compress a batch',
  ABORTED: 'the caller stopped waiting; what was begun may still happen',
  // Transactions
  NO_TRANSACTION: 'a call that belongs into a transaction, outside of one; or transactions without a transactionalId',
  TRANSACTION_IN_PROGRESS: 'a second transaction while one is open',
  TRANSACTION_ENDED: 'a call on a transaction that was committed or aborted',
  TRANSACTION_ABORTED: 'a transaction was aborted, and what it wrote does not count',
  TRANSACTION_OUTCOME_UNKNOWN: 'nobody confirmed the commit of a transaction',
  // Consuming
  NO_GROUP: 'the call needs a groupId',
  NO_SUBSCRIPTION: 'there is nothing to read yet: neither topics nor partitions were chosen',
  SUBSCRIPTION_CONFLICT: 'topics and partitions chosen by hand at the same time',
  NO_OFFSET: 'no committed offset and autoOffsetReset is none',
  PARTITION_NOT_ASSIGNED: 'a partition that this consumer does not read',
  PARTITION_NOT_OWNED: 'a partition that has gone to another member of the group',
  ALREADY_READING: 'a second reader of one consumer',
  CALLED_IN_LISTENER: 'a call that would wait for the listener that makes it',
  LISTENER_FAILED: 'a rebalance listener threw',
  HANDLER_FAILED: 'a handler of records threw',
  DESERIALIZATION_FAILED: 'a deserializer threw',
  SERIALIZATION_FAILED: 'a serializer threw',
} as const

/** The codes of errors that arise in a client. */
export type ClientErrorCode = keyof typeof clientErrorCodes
