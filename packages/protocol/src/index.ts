export * from './apis/index.ts'
export { BrokerError } from './errors/broker-error.ts'
export {
  type BrokerErrorCode,
  type BrokerErrorRow,
  brokerErrorCodes,
  brokerErrorName,
  brokerErrorRow,
  brokerErrors,
} from './errors/broker-error-codes.ts'
export { type ClientErrorCode, clientErrorCodes } from './errors/client-error-codes.ts'
export { ConfigError } from './errors/config-error.ts'
export { DecodeError, type DecodeErrorOptions } from './errors/decode-error.ts'
export { brandClass, isBranded, KafkaError, type KafkaErrorCode, type KafkaErrorOptions } from './errors/kafka-error.ts'
export { UnsupportedVersionError } from './errors/unsupported-version-error.ts'
export * from './internal-topics/index.ts'
export type { BatchFields } from './records/batch-fields.ts'
export { BufferPool } from './records/buffer-pool.ts'
export type { Bytes } from './records/bytes.ts'
export { type Codec, type CompressionType, compressionTypes } from './records/codec.ts'
export { Codecs } from './records/codecs.ts'
export { CompressionRate } from './records/compression-rate.ts'
export { type ControlType, controlRecordKey, readControlType } from './records/control-record.ts'
export { crc32c } from './records/crc32c.ts'
export { decompressedTooLarge, decompressionFailed } from './records/decompression-error.ts'
export { type DownConvertOptions, downConvert } from './records/down-convert.ts'
export { gunzip } from './records/gzip.ts'
export { type Headers, readHeaders } from './records/headers.ts'
export { DEFAULT_MAX_DECOMPRESSED_BYTES, type RecordBatch, type TimestampType } from './records/record-batch.ts'
export { type CloseOptions, RecordBatchBuilder, type RecordBatchBuilderOptions } from './records/record-batch-builder.ts'
export { RecordBatches, recordBatches } from './records/record-batches.ts'
export { RecordCursor } from './records/record-cursor.ts'
export { RecordReader, type RecordReaderSource } from './records/record-reader.ts'
export { decrementSequence, incrementSequence } from './records/sequence.ts'
export { type SplitBatchOptions, splitBatch } from './records/split-batch.ts'
export { type BatchStamp, stampBatch } from './records/stamp-batch.ts'
export { writeCompressed } from './records/write-compressed.ts'
export { unzstd, zstdIsSupported } from './records/zstd.ts'
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
export { type WasmBlockFormat, type WasmBlockVariables, wasmBlocks } from './wasm/blocks.ts'
export { chooseEngine, type EngineChoice } from './wasm/choose-engine.ts'
export type { WasmCode, WasmLabel, WasmValue, WasmVariable } from './wasm/code.ts'
export { viewWasmMemory } from './wasm/memory-view.ts'
export { instantiateWasm, type WasmFunction, type WasmInstance, type WasmMemory, wasmFunction } from './wasm/module.ts'
export { wasm } from './wasm/wasm.ts'
export { Reader } from './wire/reader.ts'
export { Writer } from './wire/writer.ts'
