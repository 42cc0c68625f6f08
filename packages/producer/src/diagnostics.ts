import { DiagnosticsChannel } from '@k/network'
import type { KafkaError } from '@k/protocol'

/** Which batch of which producer a message speaks of. */
export interface BatchFacts {
  /** The option `clientId` of the producer. */
  readonly clientId: string
  /** Where the batch goes. */
  readonly topic: string
  /** From 0. */
  readonly partition: number
  /** Records in it. */
  readonly records: number
  /** Bytes that it takes in a request. */
  readonly bytes: number
  /** Times that it was sent. */
  readonly attempts: number
  /** Milliseconds since it was begun. */
  readonly elapsedMs: number
}

/** Channels of this package. The prefix of every name is the package's. */
export const diagnostics = {
  /** A batch is written as `acks` asks. */
  batchAcknowledged: /* @__PURE__ */ new DiagnosticsChannel<BatchFacts>('@k/producer:batch:acknowledged'),
  /** A batch was given up, and with it its records. */
  batchFailed: /* @__PURE__ */ new DiagnosticsChannel<BatchFacts & { readonly error: KafkaError; readonly maybeWritten: boolean }>(
    '@k/producer:batch:failed',
  ),
  /** An attempt has failed; the batch will be sent again. */
  batchRetried: /* @__PURE__ */ new DiagnosticsChannel<BatchFacts & { readonly brokerId: number; readonly error: KafkaError }>(
    '@k/producer:batch:retried',
  ),
  /** A batch was too large for its broker, and is sent as two. */
  batchSplit: /* @__PURE__ */ new DiagnosticsChannel<BatchFacts>('@k/producer:batch:split'),
  /** There was no room in `bufferMemory` for a record, which now waits, as does every one behind it. */
  bufferExhausted: /* @__PURE__ */ new DiagnosticsChannel<{
    readonly clientId: string
    readonly bufferTotalBytes: number
    readonly bufferAvailableBytes: number
  }>('@k/producer:buffer:exhausted'),
  /** A partition goes on under a new epoch: some place in its sequence of records will stay empty, or the broker had forgotten the producer. */
  epochBumped: /* @__PURE__ */ new DiagnosticsChannel<{
    readonly clientId: string
    readonly topic: string
    readonly partition: number
    readonly producerId: bigint
    readonly producerEpoch: number
  }>('@k/producer:epoch:bumped'),
}
