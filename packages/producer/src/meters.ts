import type { Clock, KafkaError } from '@k/protocol'
import { type BatchFacts, diagnostics } from './diagnostics.ts'
import type { ProduceError } from './errors.ts'
import type { Batch, PartitionQueue, ProducerIdentity } from './partition-queue.ts'
import type { BufferMetrics, ProducerMetrics } from './producer-metrics.ts'
import { RecentValues } from './recent-values.ts'

/** Counts what a producer does, by the batch and by the request, never by the record; and says it on the diagnostics channels. */
export class Meters {
  readonly #clock: Clock
  readonly #clientId: string
  readonly #errors = new Map<string, number>()
  readonly #recordsSent: RecentValues
  readonly #recordsFailed: RecentValues
  readonly #recordsRetried: RecentValues
  readonly #queueTime: RecentValues
  readonly #batchSize: RecentValues
  readonly #uncompressedSize: RecentValues
  readonly #latency: RecentValues
  readonly #recordsPerRequest: RecentValues
  #recordSendTotal = 0
  #recordErrorTotal = 0
  #recordRetryTotal = 0
  #batchTotal = 0
  #batchSplitTotal = 0
  #byteTotal = 0
  #requestTotal = 0
  #requestErrorTotal = 0
  #requestsInFlight = 0
  #throttleTotal = 0
  #bufferExhaustedTotal = 0

  constructor(clock: Clock, clientId: string) {
    this.#clock = clock
    this.#clientId = clientId
    const recent = () => new RecentValues(clock.monotonic())
    this.#recordsSent = recent()
    this.#recordsFailed = recent()
    this.#recordsRetried = recent()
    this.#queueTime = recent()
    this.#batchSize = recent()
    this.#uncompressedSize = recent()
    this.#latency = recent()
    this.#recordsPerRequest = recent()
  }

  /** A request leaves. Answers when. */
  requested(batches: readonly Batch[], bytes: readonly Uint8Array[]): number {
    const now = this.#clock.monotonic()
    let records = 0
    for (let i = 0; i < batches.length; i++) {
      const batch = batches[i]!
      const { length } = bytes[i]!
      records += batch.count
      if (batch.attempts === 1) this.#queueTime.add(now - batch.createdAt, now)
      this.#batchSize.add(length, now)
      this.#uncompressedSize.add(batch.uncompressedSize, now)
      this.#byteTotal += length
    }
    this.#batchTotal += batches.length
    this.#recordsPerRequest.add(records, now)
    this.#requestTotal += 1
    this.#requestsInFlight += 1
    return now
  }

  /** A request that left at `sentAt` was answered. */
  answered(sentAt: number, throttleTimeMs: number): void {
    const now = this.#clock.monotonic()
    this.#requestsInFlight -= 1
    this.#latency.add(now - sentAt, now)
    this.#throttleTotal += throttleTimeMs
  }

  /** A request has no answer. */
  unanswered(): void {
    this.#requestsInFlight -= 1
    this.#requestErrorTotal += 1
  }

  /** A batch has ended: written, or given up. */
  settled(batch: Batch, error: ProduceError | undefined): void {
    const now = this.#clock.monotonic()
    if (error !== undefined) {
      this.failed(batch.count, error)
      if (diagnostics.batchFailed.hasSubscribers) {
        diagnostics.batchFailed.publish({ ...this.#factsOf(batch, now), error, maybeWritten: error.maybeWritten })
      }
      return
    }
    this.#recordSendTotal += batch.count
    this.#recordsSent.add(batch.count, now)
    if (diagnostics.batchAcknowledged.hasSubscribers) diagnostics.batchAcknowledged.publish(this.#factsOf(batch, now))
  }

  /** Records have failed, in a batch or before they came into one. */
  failed(records: number, { code }: ProduceError): void {
    this.#recordErrorTotal += records
    this.#recordsFailed.add(records, this.#clock.monotonic())
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + records)
  }

  /** A batch will be sent again. */
  retried(batch: Batch, brokerId: number, error: KafkaError): void {
    const now = this.#clock.monotonic()
    this.#recordRetryTotal += batch.count
    this.#recordsRetried.add(batch.count, now)
    if (diagnostics.batchRetried.hasSubscribers) diagnostics.batchRetried.publish({ ...this.#factsOf(batch, now), brokerId, error })
  }

  /** A batch is sent as two. */
  split(batch: Batch): void {
    this.#batchSplitTotal += 1
    if (diagnostics.batchSplit.hasSubscribers) diagnostics.batchSplit.publish(this.#factsOf(batch, this.#clock.monotonic()))
  }

  /** Somebody waits for room. */
  exhausted(bufferTotalBytes: number, bufferAvailableBytes: number): void {
    this.#bufferExhaustedTotal += 1
    if (!diagnostics.bufferExhausted.hasSubscribers) return
    diagnostics.bufferExhausted.publish({ clientId: this.#clientId, bufferTotalBytes, bufferAvailableBytes })
  }

  /** A partition goes on under a new epoch. */
  bumped({ topic, partition }: PartitionQueue, identity: ProducerIdentity): void {
    if (!diagnostics.epochBumped.hasSubscribers) return
    const { producerId, producerEpoch } = identity
    diagnostics.epochBumped.publish({ clientId: this.#clientId, topic, partition, producerId, producerEpoch })
  }

  /** All of it, at this moment. */
  snapshot(buffer: BufferMetrics): ProducerMetrics {
    const now = this.#clock.monotonic()
    const uncompressed = this.#uncompressedSize.average(now)
    const batchSizeAvg = this.#batchSize.average(now)
    return {
      recordSendTotal: this.#recordSendTotal,
      recordSendRate: this.#recordsSent.perSecond(now),
      recordErrorTotal: this.#recordErrorTotal,
      recordErrorRate: this.#recordsFailed.perSecond(now),
      recordErrors: Object.fromEntries(this.#errors),
      recordRetryTotal: this.#recordRetryTotal,
      recordRetryRate: this.#recordsRetried.perSecond(now),
      recordQueueTimeAvg: this.#queueTime.average(now),
      recordQueueTimeMax: this.#queueTime.max(now),
      batchTotal: this.#batchTotal,
      batchSizeAvg,
      batchSizeMax: this.#batchSize.max(now),
      batchSplitTotal: this.#batchSplitTotal,
      compressionRateAvg: uncompressed === undefined || batchSizeAvg === undefined ? undefined : batchSizeAvg / uncompressed,
      byteTotal: this.#byteTotal,
      byteRate: this.#batchSize.perSecond(now),
      requestTotal: this.#requestTotal,
      requestRate: this.#recordsPerRequest.countPerSecond(now),
      requestsInFlight: this.#requestsInFlight,
      requestErrorTotal: this.#requestErrorTotal,
      requestLatencyAvg: this.#latency.average(now),
      requestLatencyMax: this.#latency.max(now),
      recordsPerRequestAvg: this.#recordsPerRequest.average(now),
      produceThrottleTimeTotal: this.#throttleTotal,
      bufferExhaustedTotal: this.#bufferExhaustedTotal,
      ...buffer,
    }
  }

  #factsOf(batch: Batch, now: number): BatchFacts {
    const { topic, partition } = batch.queue
    const { count: records, size: bytes, attempts } = batch
    return { clientId: this.#clientId, topic, partition, records, bytes, attempts, elapsedMs: now - batch.createdAt }
  }
}
