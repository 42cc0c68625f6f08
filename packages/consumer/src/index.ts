export {
  AuthenticationError,
  type BrokerMetadata,
  type CallOptions,
  type ClientOptions,
  ClosedError,
  Cluster,
  type ClusterOptions,
  type Connect,
  ConnectionError,
  type FailedItem,
  FencedError,
  type ItemResult,
  ItemsError,
  type Logger,
  type MaybePromise,
  type PartitionMetadata,
  type PlainOptions,
  plain,
  type SaslMechanism,
  type SucceededItem,
  TimeoutError,
  type TlsOptions,
} from '@k/network'
export {
  BrokerError,
  type BrokerErrorCode,
  type ClientErrorCode,
  type Clock,
  type Codec,
  ConfigError,
  DecodeError,
  KafkaError,
  type KafkaErrorCode,
  type Random,
  type TimestampType,
  type Transport,
  UnsupportedVersionError,
} from '@k/protocol'
export type { Assignor, AssignorMember, AssignorTopic } from './assignors/assignor.ts'
export { range } from './assignors/range.ts'
export { Consumer, type OffsetAndTimestamp, type TimestampQuery } from './consumer.ts'
export type { ConsumerRecord } from './consumer-record.ts'
export type { ConsumerCloseOptions, ConsumerState } from './consumption.ts'
export type { OnDeserializationError } from './deserialization.ts'
export { type Deserialize, type Deserializer, type DeserializerContext, jsonDeserializer, stringDeserializer } from './deserializer.ts'
export { type ConsumerFacts, diagnostics, type PartitionsMessage } from './diagnostics.ts'
export { DeserializationError, PartitionError } from './errors.ts'
export type { GroupMetadata } from './group/group-metadata.ts'
export type { IsolationLevel } from './isolation-level.ts'
export type { ConsumerOptions, ConsumerSettings } from './options.ts'
export type { PartitionRecords } from './partition-records.ts'
export type { AutoOffsetReset } from './position-resolver.ts'
export type { ReaderIterator } from './reader-iterator.ts'
export type { RebalanceListener } from './rebalance-listener.ts'
export type { RecordHeaders } from './record-headers.ts'
export { type TopicPartition, TopicPartitionMap, type TopicPartitionOffset, topicPartitionKey } from './topic-partition.ts'
