import { BufferPool, type RecordBatchBuilder } from '@k/protocol'
import { Alarm } from './alarm.ts'
import { sizeOf, sizeOfBatch } from './batch-size.ts'
import { BufferMemory } from './buffer-memory.ts'
import type { Delivery } from './delivery.ts'
import { type ProduceError, produceError, type Reason } from './errors.ts'
import type { Meters } from './meters.ts'
import type { Batch, PartitionQueue } from './partition-queue.ts'
import { type BatchOwner, ProducerBatch } from './producer-batch.ts'
import type { BufferMetrics } from './producer-metrics.ts'
import { type ProducerRecord, timestampOf } from './producer-record.ts'
import type { UnfinishedMetadata } from './record-metadata.ts'
import { TopicQueue, type TopicQueueHost, type TopicQueueOptions } from './topic-queue.ts'
import { copyOf, type SerializedRecord } from './waiting-record.ts'
import { type Waiting, WaitingRecords, type WaitingRecordsHost } from './waiting-records.ts'

/** What the accumulator needs to know. Names and units are those of the producer's options. */
export interface AccumulatorOptions extends TopicQueueOptions {
  readonly lingerMs: number
  readonly maxRequestSize: number
  readonly bufferMemory: number
  readonly maxBlockMs: number
  readonly meters: Meters
  readonly deliveryTimeoutMs: number
  /** Given where records are only taken inside of transactions. */
  readonly transactionalId?: string | undefined
  readonly partitionerIgnoreKeys: boolean
}

/** Who moves what has been accumulated. */
export interface AccumulatorHost extends TopicQueueHost {
  /** Batches of the partition may leave. Followed by `drain`. */
  ready(queue: PartitionQueue): void
  /** Send what is ready. */
  drain(): void
  /** The topic must be looked up. */
  lookUp(topic: TopicQueue): void
}

/** Records on their way from `send` to a broker: encoded where they will be sent from, batch by batch. */
export class RecordAccumulator implements BatchOwner<PartitionQueue>, WaitingRecordsHost {
  readonly pool: BufferPool
  readonly isTransactional: boolean
  readonly waiting: WaitingRecords
  readonly #options: AccumulatorOptions
  readonly #host: AccumulatorHost
  readonly #memory: BufferMemory<TopicQueue>
  readonly #topics = new Map<string, TopicQueue>()
  /** In the order in which they were made, and therefore of their deadlines. */
  #batches = new Set<Batch>()
  #order = 0
  #touched: PartitionQueue[] = []
  #tickIsSet = false
  /** Bytes that were appended in this tick, and what to wait for where that was much. */
  #bytesOfTick = 0
  #pause: Promise<void> | undefined
  /** Read once a tick; undefined before, as with -1 V8 would make an object for every record that reads it. */
  #time: number | undefined
  readonly #lingerAlarm: Alarm
  readonly #deliveryAlarm: Alarm
  /** Those who wait until everything that was handed in before has ended: each looks whether that is so, and leaves. */
  readonly #flushes = new Set<() => void>()

  constructor(options: AccumulatorOptions, host: AccumulatorHost) {
    this.#options = options
    this.isTransactional = options.transactionalId !== undefined
    this.#host = host
    const { clock, batchSize, bufferMemory } = options
    this.pool = new BufferPool(batchSize, bufferMemory / batchSize)
    this.#memory = new BufferMemory(bufferMemory, (topic) => this.waiting.advance(topic))
    this.waiting = new WaitingRecords(options, this.#memory, this)
    this.#lingerAlarm = new Alarm(clock, this.#endLinger, true)
    // Whatever is still pending then is kept alive by a connection, a backoff or a lookup.
    this.#deliveryAlarm = new Alarm(clock, this.#expire, false)
  }

  /** Whether no record is on its way. */
  get isEmpty(): boolean {
    return this.#batches.size === 0 && this.waiting.all.size === 0
  }

  /** What is in the buffer, and what waits for it. */
  get metrics(): BufferMetrics {
    const { capacity: bufferTotalBytes, available: bufferAvailableBytes } = this.#memory
    return { bufferTotalBytes, bufferAvailableBytes, waitingRecords: this.waiting.all.size }
  }

  /** What to wait for once much was appended in this tick, so that a loop that waits for nothing lets I/O have a turn. */
  breath(): Promise<void> | undefined {
    if (this.#bytesOfTick < BREATH_BYTES) return undefined
    this.#setTick()
    this.#pause ??= new Promise((resolve) => this.#options.clock.endOfTick(resolve))
    return this.#pause
  }

  /** The wall clock, read once a tick. */
  now(): number {
    if (this.#time === undefined) {
      this.#time = this.#options.clock.now()
      this.#setTick()
    }
    return this.#time
  }

  /** The topic with this name. */
  topic(name: string): TopicQueue {
    let topic = this.#topics.get(name)
    if (topic === undefined) {
      topic = new TopicQueue(name, this.#options, this.#host)
      this.#topics.set(name, topic)
    }
    return topic
  }

  /**
   * Appends a record, or a batch that was put together by hand, unless something stands in its way: then it gets in line.
   * @param prepared - what is to be written; undefined for the record as it is
   * @returns its place in line
   * @throws ProduceError for a partitioner that fails
   */
  append(
    record: ProducerRecord<unknown, unknown>,
    prepared: SerializedRecord | undefined,
    metadata: UnfinishedMetadata | undefined,
    delivery: Delivery,
  ): Waiting | undefined {
    const topic = this.topic(record.topic)
    const given = prepared ?? (record as SerializedRecord)
    const isItsTurn = topic.waiting.length === 0 && (given.partition ?? 0) < topic.count
    if (isItsTurn && this.place(topic, given, prepared?.batch, metadata, delivery)) return undefined
    return this.waiting.add(topic, metadata, delivery, prepared ?? copyOf(record, given.key, given.value, undefined, this.now()))
  }

  /** Whether a batch may leave now, although it might take more records. */
  mayLeave(batch: Batch, now: number): boolean {
    const { lingerMs } = this.#options
    return now - batch.createdAt >= lingerMs || batch.queue.open !== batch || this.#flushes.size > 0 || this.#memory.exhausted
  }

  /** Takes over what the cluster says of the topics. */
  updateTopics(): void {
    for (const topic of this.#topics.values()) {
      topic.update()
      for (const queue of topic.queues) this.#host.ready(queue)
      this.waiting.advance(topic)
    }
    this.#host.drain()
  }

  /** Waits until every record that was handed in before is acknowledged or has failed. */
  flush(): Promise<void> {
    const line = new Set(this.waiting.all)
    let lastBatch: number | undefined
    return new Promise((resolve) => {
      const check = () => {
        if (lastBatch === undefined) for (const waiting of this.waiting.all) if (line.has(waiting)) return
        // All those records are in batches now.
        lastBatch ??= this.#order
        // A batch that was divided has parts between its number and the next.
        for (const { order } of this.#batches) if (order < lastBatch + 1) return
        this.#flushes.delete(check)
        resolve()
      }
      this.#flushes.add(check)
      this.#hurry()
      check()
    })
  }

  lookUp(topic: TopicQueue): void {
    this.#host.lookUp(topic)
  }

  waitEnded(error?: ProduceError): void {
    if (error !== undefined) this.#options.meters.failed(1, error)
    for (const check of this.#flushes) check()
  }

  /** Gives up every record: those in line, and all batches. */
  failAll(error: Error): void {
    this.failUnsent(error)
    for (const batch of [...this.#batches]) this.giveUp(batch, error)
  }

  /** Gives up every record that is not on its way. */
  failUnsent(error: Error): void {
    this.waiting.failAll(error)
    for (const batch of [...this.#batches]) if (!batch.inFlight) this.giveUp(batch, error)
  }

  /** Gives up a batch wherever it is. */
  giveUp(batch: Batch, reason: Reason | Error): void {
    const { queue, inFlight, maybeWritten, attempts } = batch
    // Its outcome is still to come, and nothing of the partition may overtake it.
    if (inFlight) queue.hold()
    else queue.drop(batch)
    batch.settle(produceError(reason, queue, inFlight || maybeWritten, attempts))
    if (!inFlight) this.#host.ready(queue)
  }

  settled(batch: Batch, error: ProduceError | undefined): void {
    this.#options.meters.settled(batch, error)
    this.#batches.delete(batch)
    for (const check of this.#flushes) check()
  }

  replaced(batch: Batch, parts: readonly Batch[]): void {
    // It was too large for its broker: compression leaves more than it seemed to.
    if (parts.length > 1) {
      this.#options.meters.split(batch)
      this.compressed(batch, batch.uncompressedSize)
    }
    // They are as old as it was, and stand where it stood.
    this.#batches = new Set([...this.#batches].flatMap((other) => (other === batch ? parts : other)))
  }

  compressed({ queue, uncompressedSize }: Batch, compressedSize: number): void {
    this.topic(queue.topic).compressed(uncompressedSize, compressedSize)
  }

  released(batch: Batch): void {
    this.#memory.release(batch.reserved)
  }

  /** Stops all timers. */
  close(): void {
    this.#lingerAlarm.clear()
    this.#deliveryAlarm.clear()
  }

  place(
    topic: TopicQueue,
    record: SerializedRecord,
    byHand: RecordBatchBuilder | undefined,
    metadata: UnfinishedMetadata | undefined,
    delivery: Delivery,
  ): boolean {
    const { key = null, value, headers, partition } = record
    const { batchSize, partitionerIgnoreKeys, meters } = this.#options
    const chosen = partition ?? topic.choose(key)
    const queue = topic.queues[chosen]!
    const time = timestampOf(record) ?? this.now()
    let limit = Math.min(topic.batchLimit, queue.batchLimit)
    let batch = byHand === undefined ? queue.open : undefined
    while (!batch?.append(time, key, value, headers, Math.min(batch.reserved, limit), metadata, delivery)) {
      // A batch that may become larger than its memory, since it is compressed, gets more.
      const more = batch === undefined ? 0 : Math.min(limit, batch.reserved * 2) - batch.reserved
      if (more > 0 && this.#memory.take(more)) {
        batch!.reserved += more
        continue
      }
      const size = byHand === undefined ? sizeOfBatch(key, value, headers, batchSize) : byHand.capacity
      const reserved = Math.min(size, this.#memory.capacity)
      if (!this.#memory.take(reserved)) {
        this.#memory.wait(topic, reserved)
        meters.exhausted(this.#memory.capacity, this.#memory.available)
        this.#hurry()
        return false
      }
      batch = this.#begin(topic, queue, reserved, byHand)
      if (byHand !== undefined) {
        batch.adopt(metadata, delivery)
        break
      }
      // The first record is always taken.
      limit = Number.POSITIVE_INFINITY
    }
    if (metadata !== undefined) {
      metadata.topic = topic.name
      metadata.serializedKeySize = sizeOf(key)
      metadata.serializedValueSize = sizeOf(value)
    }
    const bytes = (key?.length ?? 0) + (value?.length ?? 0) + LEAST_RECORD
    this.#bytesOfTick += bytes
    if (partition === undefined && (key === null || partitionerIgnoreKeys)) topic.appended(chosen, bytes)
    this.#touch(queue)
    return true
  }

  #begin(topic: TopicQueue, queue: PartitionQueue, reserved: number, builder: RecordBatchBuilder | undefined): Batch {
    const { clock, deliveryTimeoutMs, lingerMs } = this.#options
    const createdAt = clock.monotonic()
    topic.usedAt = createdAt
    this.#order += 1
    const batch = new ProducerBatch(this, queue, this.#order, createdAt, reserved, builder)
    queue.add(batch)
    this.#batches.add(batch)
    this.#deliveryAlarm.at(createdAt + deliveryTimeoutMs)
    if (lingerMs > 0) this.#lingerAlarm.at(createdAt + lingerMs)
    return batch
  }

  /** Partitions on a list may leave without being asked for. */
  #touch(queue: PartitionQueue): void {
    if (queue.listedBy !== undefined) return
    queue.listedBy = this
    this.#touched.push(queue)
    this.#setTick()
  }

  #setTick(): void {
    if (this.#tickIsSet) return
    this.#tickIsSet = true
    this.#options.clock.endOfTick(this.#endTick)
  }

  readonly #endTick = (): void => {
    this.#tickIsSet = false
    this.#bytesOfTick = 0
    this.#pause = undefined
    this.#time = undefined
    const touched = this.#touched
    this.#touched = []
    for (const queue of touched) {
      if (queue.listedBy === this) queue.listedBy = undefined
      this.#host.ready(queue)
    }
    this.#host.drain()
  }

  #hurry(): void {
    if (this.#options.lingerMs === 0) return
    for (const { queue } of this.#batches) this.#touch(queue)
  }

  readonly #endLinger = (): void => {
    for (const { queue } of this.#lingerAlarm.due(this.#batches, this.#options.lingerMs)) this.#host.ready(queue)
    this.#host.drain()
  }

  readonly #expire = (): void => {
    const { deliveryTimeoutMs } = this.#options
    for (const batch of this.#deliveryAlarm.due(this.#batches, deliveryTimeoutMs)) {
      const cause = batch.lastError
      const message = `it took longer than deliveryTimeoutMs (${deliveryTimeoutMs} ms): ${cause?.message ?? 'no answer'}`
      this.giveUp(batch, { code: 'DELIVERY_TIMED_OUT', message, cause, retriable: true })
    }
    this.#host.drain()
  }
}

// Bytes that may be appended in one tick before I/O gets a turn.
const BREATH_BYTES = 256 * 1024
// What a record takes besides its key and its value.
const LEAST_RECORD = 8
