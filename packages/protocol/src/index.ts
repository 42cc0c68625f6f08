export * from './apis/api-versions.ts'
export * from './apis/consumer-protocol.ts'
export * from './apis/create-topics.ts'
export * from './apis/delete-topics.ts'
export * from './apis/describe-cluster.ts'
export * from './apis/fetch.ts'
export * from './apis/find-coordinator.ts'
export * from './apis/frame.ts'
export * from './apis/heartbeat.ts'
export * from './apis/init-producer-id.ts'
export * from './apis/join-group.ts'
export * from './apis/leave-group.ts'
export * from './apis/list-offsets.ts'
export * from './apis/metadata.ts'
export * from './apis/offset-commit.ts'
export * from './apis/offset-fetch.ts'
export * from './apis/produce.ts'
export * from './apis/request-header.ts'
export * from './apis/response-header.ts'
export * from './apis/sasl-authenticate.ts'
export * from './apis/sasl-handshake.ts'
export * from './apis/sync-group.ts'
export { BrokerError } from './errors/broker-error.ts'
export {
  type BrokerErrorCode,
  type BrokerErrorRow,
  brokerErrorCodes,
  brokerErrorName,
  brokerErrorRow,
} from './errors/broker-error-codes.ts'
export { type ClientErrorCode, clientErrorCodes } from './errors/client-error-codes.ts'
export { ConfigError } from './errors/config-error.ts'
export { DecodeError, type DecodeErrorOptions } from './errors/decode-error.ts'
export { brandClass, isBranded, KafkaError, type KafkaErrorCode, type KafkaErrorOptions } from './errors/kafka-error.ts'
export { UnsupportedVersionError } from './errors/unsupported-version-error.ts'
export {
  type AnyApi,
  type Api,
  type ApiOptions,
  api,
  type RequestInputOf,
  type RequestOf,
  type ResponseInputOf,
  type ResponseOf,
} from './schema/api.ts'
export { array, type ListOf } from './schema/array.ts'
export { type BytesKind, bytes, records, string } from './schema/blobs.ts'
export { type AnyField, Field, type InputOf, type Kind, type OutputOf, type Shape } from './schema/field.ts'
export { Message, message, type VersionRange } from './schema/message.ts'
export { boolean, float64, int8, int16, int32, int64, type Plain, uint16, uint32, uuid, ZERO_UUID } from './schema/scalars.ts'
export { type StructOf, struct } from './schema/struct.ts'
export type { Context, FieldCodec, FieldDescription, FieldRules, Type } from './schema/type.ts'
export type { Clock, Timer } from './seams/clock.ts'
export type { Random } from './seams/random.ts'
export type { Transport, TransportConnection, TransportHandler, TransportTarget } from './seams/transport.ts'
export { Reader } from './wire/reader.ts'
export { Writer } from './wire/writer.ts'
