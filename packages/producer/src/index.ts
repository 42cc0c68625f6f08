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
  type Bytes,
  type ClientErrorCode,
  type Clock,
  type Codec,
  ConfigError,
  DecodeError,
  type Headers,
  KafkaError,
  type KafkaErrorCode,
  type Random,
  type Transport,
  UnsupportedVersionError,
} from '@k/protocol'
export type { BatchBuilder, BatchRecord, BatchRecordMetadata } from './batch-builder.ts'
export type { EnqueueOptions, OnDelivery } from './delivery.ts'
export { type BatchFacts, diagnostics } from './diagnostics.ts'
export { DeliveryError, ProduceError, type ProduceErrorFacts } from './errors.ts'
export type { ProducerInterceptor } from './interceptor.ts'
export type { ProducerOptions, ProducerSettings } from './options.ts'
export {
  defaultPartitioner,
  type PartitionChoice,
  type Partitioner,
  type PartitionerContext,
  type PartitionFunction,
  random,
  roundRobin,
  type TopicPartitioner,
} from './partitioner.ts'
export { Producer, type ProducerCloseOptions } from './producer.ts'
export type { ProducerMetrics } from './producer-metrics.ts'
export type { ProducerRecord } from './producer-record.ts'
export type { BatchSendTarget } from './record-intake.ts'
export type { RecordMetadata, TimestampType } from './record-metadata.ts'
export {
  jsonSerializer,
  type SerializeFunction,
  type Serializer,
  type SerializerContext,
  type SerializerObject,
  stringSerializer,
} from './serializer.ts'
export type { GroupMetadata, TopicPartitionOffset } from './transaction/group-metadata.ts'
export type { Transaction } from './transaction/transaction.ts'
export { TransactionError, type TransactionOutcome } from './transaction/transaction-error.ts'
