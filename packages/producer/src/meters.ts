import type { DiagnosticsChannel } from '@k/network'
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
  readonly #errors: Record<string, number> = {}
  readonly #recordsSent: RecentValues
  readonly #recordsFailed: RecentValues
  readonly #recordsRetried: RecentValues
  readonly #queueTime: RecentValues
  readonly #batchSize: RecentValues
  readonly #uncompressedSize: RecentValues
  readonly #latency: RecentValues
  readonly #recordsPerRequest: RecentValues
  #batchSplitTotal = 0
  #requestErrorTotal = 0
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
    for (const [i, batch] of batches.entries()) {
      records += batch.count
      if (batch.attempts === 1) this.#queueTime.add(now - batch.createdAt, now)
      this.#batchSize.add(bytes[i]!.length, now)
      this.#uncompressedSize.add(batch.uncompressedSize, now)
    }
    this.#recordsPerRequest.add(records, now)
    return now
  }

  /** A request that left at `sentAt` was answered. */
  answered(sentAt: number, throttleTimeMs: number): void {
    const now = this.#clock.monotonic()
    this.#latency.add(now - sentAt, now)
    this.#throttleTotal += throttleTimeMs
  }

  /** A request has no answer. */
  unanswered(): void {
    this.#requestErrorTotal += 1
  }

  /** A batch has ended: written, or given up. */
  settled(batch: Batch, error: ProduceError | undefined): void {
    if (error === undefined) {
      this.#recordsSent.add(batch.count, this.#clock.monotonic())
      this.#publish(diagnostics.batchAcknowledged, batch)
      return
    }
    this.failed(batch.count, error)
    this.#publish(diagnostics.batchFailed, batch, { error, maybeWritten: error.maybeWritten })
  }

  /** Records have failed, in a batch or before they came into one. */
  failed(records: number, { code }: KafkaError): void {
    this.#recordsFailed.add(records, this.#clock.monotonic())
    this.#errors[code] = (this.#errors[code] ?? 0) + records
  }

  /** A batch will be sent again. */
  retried(batch: Batch, brokerId: number, error: KafkaError): void {
    this.#recordsRetried.add(batch.count, this.#clock.monotonic())
    this.#publish(diagnostics.batchRetried, batch, { brokerId, error })
  }

  /** A batch is sent as two. */
  split(batch: Batch): void {
    this.#batchSplitTotal += 1
    this.#publish(diagnostics.batchSplit, batch)
  }

  /** Somebody waits for room. */
  exhausted(bufferTotalBytes: number, bufferAvailableBytes: number): void {
    this.#bufferExhaustedTotal += 1
    diagnostics.bufferExhausted.publish({ clientId: this.#clientId, bufferTotalBytes, bufferAvailableBytes })
  }

  /** A partition goes on under a new epoch. */
  bumped({ topic, partition }: PartitionQueue, identity: ProducerIdentity): void {
    diagnostics.epochBumped.publish({ clientId: this.#clientId, topic, partition, ...identity })
  }

  /** All of it, at this moment. */
  snapshot(buffer: BufferMetrics): ProducerMetrics {
    const now = this.#clock.monotonic()
    const sent = this.#recordsSent.read(now)
    const failed = this.#recordsFailed.read(now)
    const retried = this.#recordsRetried.read(now)
    const queueTime = this.#queueTime.read(now)
    const batch = this.#batchSize.read(now)
    const uncompressed = this.#uncompressedSize.read(now)
    const latency = this.#latency.read(now)
    const request = this.#recordsPerRequest.read(now)
    return {
      recordSendTotal: sent.total,
      recordSendRate: sent.rate,
      recordErrorTotal: failed.total,
      recordErrorRate: failed.rate,
      recordErrors: { ...this.#errors },
      recordRetryTotal: retried.total,
      recordRetryRate: retried.rate,
      recordQueueTimeAvg: queueTime.average,
      recordQueueTimeMax: queueTime.max,
      batchTotal: batch.count,
      batchSizeAvg: batch.average,
      batchSizeMax: batch.max,
      batchSplitTotal: this.#batchSplitTotal,
      compressionRateAvg: uncompressed.average && batch.average! / uncompressed.average,
      byteTotal: batch.total,
      byteRate: batch.rate,
      requestTotal: request.count,
      requestRate: request.countRate,
      requestsInFlight: request.count - latency.count - this.#requestErrorTotal,
      requestErrorTotal: this.#requestErrorTotal,
      requestLatencyAvg: latency.average,
      requestLatencyMax: latency.max,
      recordsPerRequestAvg: request.average,
      produceThrottleTimeTotal: this.#throttleTotal,
      bufferExhaustedTotal: this.#bufferExhaustedTotal,
      ...buffer,
    }
  }

  #publish<More extends object>(channel: DiagnosticsChannel<BatchFacts & More>, batch: Batch, more?: More): void {
    if (!channel.hasSubscribers) return
    const { topic, partition } = batch.queue
    channel.publish({
      clientId: this.#clientId,
      topic,
      partition,
      records: batch.count,
      bytes: batch.size,
      attempts: batch.attempts,
      elapsedMs: this.#clock.monotonic() - batch.createdAt,
      ...more,
    } as BatchFacts & More)
  }
}
