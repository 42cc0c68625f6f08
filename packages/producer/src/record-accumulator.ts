import { BufferPool, type Bytes, type Headers, KafkaError, type RecordBatchBuilder } from '@k/protocol'
import { Alarm } from './alarm.ts'
import { sizeOfBatch, surelyFits } from './batch-size.ts'
import { BufferMemory } from './buffer-memory.ts'
import type { Delivery } from './delivery.ts'
import { type ProduceError, produceError, type Reason } from './errors.ts'
import { Flushes } from './flushes.ts'
import { LingeringBatches } from './lingering-batches.ts'
import type { Meters } from './meters.ts'
import type { Batch, PartitionQueue } from './partition-queue.ts'
import { type BatchOwner, ProducerBatch } from './producer-batch.ts'
import type { BufferMetrics } from './producer-metrics.ts'
import type { RecordMetadata, UnfinishedMetadata } from './record-metadata.ts'
import type { TopicQueue } from './topic-queue.ts'
import { TopicQueues, type TopicQueuesHost, type TopicQueuesOptions } from './topic-queues.ts'
import type { SerializedRecord } from './waiting-record.ts'
import { WaitingRecords } from './waiting-records.ts'

/** What the accumulator needs to know. Names and units are those of the producer's options. */
export interface AccumulatorOptions extends TopicQueuesOptions {
  readonly lingerMs: number
  readonly maxRequestSize: number
  readonly bufferMemory: number
  readonly maxBlockMs: number
  readonly meters: Meters
  readonly deliveryTimeoutMs: number
  /** Whether records are only taken inside of transactions. Default: false. */
  readonly isTransactional?: boolean | undefined
  readonly partitionerIgnoreKeys: boolean
}

/** Who moves what has been accumulated. */
export interface AccumulatorHost extends TopicQueuesHost {
  /** Batches of the partition may leave. Followed by `drain`. */
  ready(queue: PartitionQueue): void
  /** Send what is ready. */
  drain(): void
  /** The topic must be looked up. */
  lookUp(topic: TopicQueue): void
}

/** Records on their way from `send` to a broker: encoded where they will be sent from, batch by batch. */
export class RecordAccumulator implements BatchOwner<PartitionQueue> {
  readonly pool: BufferPool
  readonly isTransactional: boolean | undefined
  readonly waiting: WaitingRecords
  readonly #options: AccumulatorOptions
  readonly #host: AccumulatorHost
  readonly #memory: BufferMemory<TopicQueue>
  readonly #topics: TopicQueues
  /** In the order in which they were made, and therefore of their deadlines. */
  readonly #batches = new Set<Batch>()
  #order = 0
  #touched: PartitionQueue[] = []
  #tickIsSet = false
  #tick = 0
  /** Read once a tick; -1 before. */
  #time = -1
  readonly #endOfTick = () => this.#flushTick()
  readonly #lingering: LingeringBatches<Batch>
  readonly #deliveryAlarm: Alarm
  readonly #flushes = new Flushes()

  constructor(options: AccumulatorOptions, host: AccumulatorHost) {
    this.#options = options
    this.isTransactional = options.isTransactional
    this.#host = host
    this.#topics = new TopicQueues(options, host)
    const { clock, batchSize, lingerMs, bufferMemory, maxBlockMs, meters } = options
    this.pool = new BufferPool(batchSize, Math.ceil(bufferMemory / Math.max(batchSize, 1)))
    this.#memory = new BufferMemory(bufferMemory, (topic) => this.waiting.room(topic))
    this.waiting = new WaitingRecords({
      clock,
      memory: this.#memory,
      maxBlockMs,
      place: (topic, record, metadata, delivery) => this.#placeWaiting(topic, record, metadata, delivery),
      lookUp: (topic) => host.lookUp(topic),
      roomWanted: () => {
        meters.exhausted(bufferMemory, this.#memory.available)
        this.#hurry()
      },
      failed: (error) => meters.failed(1, error),
      done: () => this.#checkFlushes(),
    })
    this.#lingering = new LingeringBatches(clock, lingerMs, (batches) => {
      for (const batch of batches) if (!batch.hasLeft) host.ready(batch.queue)
      host.drain()
    })
    // Whatever is still pending then is kept alive by a connection, a backoff or a lookup.
    this.#deliveryAlarm = new Alarm(clock, () => this.#expire(), false)
  }

  /** Whether no record is on its way. */
  get isEmpty(): boolean {
    return this.#batches.size === 0 && this.waiting.isEmpty
  }

  /** What is in the buffer, and what waits for it. */
  get metrics(): BufferMetrics {
    const { capacity: bufferTotalBytes, available: bufferAvailableBytes } = this.#memory
    return { bufferTotalBytes, bufferAvailableBytes, waitingRecords: this.waiting.count }
  }

  /** Grows with each tick in which something was appended. */
  get tick(): number {
    return this.#tick
  }

  /** The wall clock, read once a tick. */
  now(): number {
    if (this.#time < 0) {
      this.#time = this.#options.clock.now()
      this.#setTick()
    }
    return this.#time
  }

  /** The topic with this name. */
  topic(name: string): TopicQueue {
    return this.#topics.get(name)
  }

  /** Appends a record now if nothing stands in its way; if something does, it must get in line. @throws what a partitioner throws */
  append(
    topic: TopicQueue,
    partition: number | undefined,
    timestamp: number | undefined,
    key: Bytes | null,
    value: Bytes | null,
    headers: Headers | undefined,
    metadata: RecordMetadata | undefined,
    delivery: Delivery,
  ): boolean {
    const { count } = topic
    if (count === 0 || topic.waiting.length > 0 || (partition !== undefined && partition >= count)) return false
    return this.#place(topic, partition, timestamp, key, value, headers, metadata, delivery) === 0
  }

  /** Appends a batch that was put together by hand, as {@link append} does a record. */
  appendBatch(topic: TopicQueue, partition: number, batch: RecordBatchBuilder, metadata: RecordMetadata, delivery: Delivery): boolean {
    if (partition >= topic.count || topic.waiting.length > 0) return false
    return this.#placeBatch(topic, partition, batch, metadata, delivery) === 0
  }

  /** Whether a record can be sent at all. @throws KafkaError MESSAGE_TOO_LARGE */
  checkSize(key: Bytes | null, value: Bytes | null, headers: Headers | undefined): void {
    const { maxRequestSize, bufferMemory } = this.#options
    const limit = Math.min(maxRequestSize, bufferMemory)
    if (surelyFits(key, value, headers, limit)) return
    const size = sizeOfBatch(key, value, headers)
    if (size <= limit) return
    const option = limit === maxRequestSize ? 'maxRequestSize' : 'bufferMemory'
    throw new KafkaError('MESSAGE_TOO_LARGE', `it takes ${size} bytes, more than ${option} (${limit}) allows`)
  }

  /** Whether a batch may leave now, although it might take more records. */
  mayLeave(batch: Batch, now: number): boolean {
    if (this.#options.lingerMs === 0 || batch.queue.open !== batch || this.#isHurried) return true
    return this.#lingering.isOver(batch, now)
  }

  /** Takes over what the cluster says of the topics. */
  updateTopics(): void {
    this.#topics.forgetIdle()
    for (const topic of this.#topics) if (!topic.isForgotten || topic.waiting.length > 0) this.#updateTopic(topic)
    this.#host.drain()
  }

  /** Waits until every record that was handed in before is acknowledged or has failed. */
  flush(): Promise<void> {
    const flushed = this.#flushes.add(this.waiting.lastOrder)
    this.#hurry()
    this.#checkFlushes()
    return flushed
  }

  /** Gives up every record: those in line, and all batches. */
  failAll(error: Error): void {
    this.waiting.failAll(error)
    for (const batch of [...this.#batches]) this.giveUp(batch, error)
  }

  /** Gives up every record that is not on its way. */
  failUnsent(error: Error): void {
    this.waiting.failAll(error)
    for (const batch of [...this.#batches]) if (!batch.inFlight) this.giveUp(batch, error)
  }

  /** Gives up a batch wherever it is. */
  giveUp(batch: Batch, reason: Reason | Error): void {
    const { queue, inFlight } = batch
    const maybeWritten = inFlight || batch.maybeWritten
    // Its outcome is still to come, and nothing of the partition may overtake it.
    if (inFlight) queue.hold()
    else queue.drop(batch)
    batch.fail(produceError(reason, { topic: queue.topic, partition: queue.partition, maybeWritten }))
    if (!inFlight) this.#host.ready(queue)
  }

  settled(batch: Batch, error: ProduceError | undefined): void {
    this.#options.meters.settled(batch, error)
    this.#batches.delete(batch)
    this.#checkFlushes()
  }

  replaced(batch: Batch, parts: readonly Batch[]): void {
    if (parts.length > 1) this.#splits(batch)
    // They are as old as it was, and stand where it stood.
    const batches = [...this.#batches].flatMap((other) => (other === batch ? parts : other))
    this.#batches.clear()
    for (const other of batches) this.#batches.add(other)
  }

  compressed({ queue }: Batch, size: number, compressedSize: number): void {
    this.topic(queue.topic).compressed(size, compressedSize)
  }

  released(batch: Batch): void {
    this.#memory.release(batch.reserved)
  }

  /** Stops all timers. */
  close(): void {
    this.#lingering.close()
    this.#deliveryAlarm.clear()
  }

  /** A batch was too large for its broker: compression leaves more than it seemed to. */
  #splits(batch: Batch): void {
    const { queue, uncompressedSize } = batch
    this.#options.meters.split(batch)
    this.topic(queue.topic).compressed(uncompressedSize, uncompressedSize)
  }

  #updateTopic(topic: TopicQueue): void {
    topic.update(this.#host.metadataOf(topic.name))
    for (const queue of topic.queues()) if (queue.waiting.length > 0) this.#host.ready(queue)
    if (topic.waiting.length > 0 && topic.count > 0) this.waiting.advance(topic)
  }

  #placeWaiting(topic: TopicQueue, record: SerializedRecord, metadata: UnfinishedMetadata | undefined, delivery: Delivery): number {
    const { partition, timestamp, key, value, headers, batch } = record
    if (batch !== undefined) return this.#placeBatch(topic, partition!, batch, metadata, delivery)
    return this.#place(topic, partition, timestamp, key, value, headers, metadata, delivery)
  }

  #placeBatch(
    topic: TopicQueue,
    partition: number,
    builder: RecordBatchBuilder,
    metadata: UnfinishedMetadata | undefined,
    delivery: Delivery,
  ): number {
    const reserved = Math.min(builder.capacity, this.#memory.capacity)
    if (!this.#memory.take(reserved)) return reserved
    const queue = topic.queue(partition)
    const batch = this.#newBatch(queue, reserved, builder)
    topic.usedAt = batch.createdAt
    batch.adopt(metadata, delivery)
    if (queue.listedBy === undefined) this.#touch(queue)
    return 0
  }

  #place(
    topic: TopicQueue,
    partition: number | undefined,
    timestamp: number | undefined,
    key: Bytes | null,
    value: Bytes | null,
    headers: Headers | undefined,
    metadata: UnfinishedMetadata | undefined,
    delivery: Delivery,
  ): number {
    const chosen = partition ?? topic.choose(key)
    const queue = topic.queue(chosen)
    const time = timestamp ?? this.now()
    const limit = Math.min(topic.batchLimit, queue.batchLimit)
    const open = queue.open
    const isAppended =
      open !== undefined &&
      (open.append(time, key, value, headers, Math.min(open.reserved, limit), metadata, delivery) ||
        (open.reserved < limit && this.#appendGrowing(open, limit, time, key, value, headers, metadata, delivery)))
    if (!isAppended) {
      const { batchSize } = this.#options
      const reserved = surelyFits(key, value, headers, batchSize) ? batchSize : Math.max(batchSize, sizeOfBatch(key, value, headers))
      if (!this.#memory.take(reserved)) return reserved
      topic.usedAt = this.#newBatch(queue, reserved).createdAt
      queue.open!.append(time, key, value, headers, Number.POSITIVE_INFINITY, metadata, delivery)
    }
    if (partition === undefined && (key === null || this.#options.partitionerIgnoreKeys))
      topic.appended(chosen, (value?.length ?? 0) + LEAST_RECORD)
    if (queue.listedBy === undefined) this.#touch(queue)
    return 0
  }

  /** Appends to a batch that may become larger than its memory, since it is compressed: it gets more. */
  #appendGrowing(
    batch: Batch,
    limit: number,
    time: number,
    key: Bytes | null,
    value: Bytes | null,
    headers: Headers | undefined,
    metadata: UnfinishedMetadata | undefined,
    delivery: Delivery,
  ): boolean {
    while (batch.reserved < limit) {
      const more = Math.min(limit, batch.reserved * 2) - batch.reserved
      if (!this.#memory.take(more)) return false
      batch.reserved += more
      if (batch.append(time, key, value, headers, batch.reserved, metadata, delivery)) return true
    }
    return false
  }

  #newBatch(queue: PartitionQueue, reserved: number, builder?: RecordBatchBuilder): Batch {
    const { clock, deliveryTimeoutMs } = this.#options
    const createdAt = clock.monotonic()
    this.#order += 1
    const batch = new ProducerBatch(this, queue, this.#order, createdAt, reserved, builder)
    queue.add(batch)
    this.#batches.add(batch)
    this.#deliveryAlarm.at(createdAt + deliveryTimeoutMs)
    this.#lingering.add(batch)
    return batch
  }

  #touch(queue: PartitionQueue): void {
    queue.listedBy = this
    this.#touched.push(queue)
    this.#setTick()
  }

  #setTick(): void {
    if (this.#tickIsSet) return
    this.#tickIsSet = true
    this.#options.clock.endOfTick(this.#endOfTick)
  }

  #flushTick(): void {
    this.#tickIsSet = false
    this.#tick += 1
    this.#time = -1
    const touched = this.#touched
    this.#touched = []
    for (const queue of touched) {
      if (queue.listedBy === this) queue.listedBy = undefined
      this.#host.ready(queue)
    }
    this.#host.drain()
  }

  get #isHurried(): boolean {
    return !this.#flushes.isEmpty || this.#memory.exhausted
  }

  #hurry(): void {
    if (this.#options.lingerMs === 0) return
    for (const batch of this.#lingering) if (batch.queue.listedBy === undefined) this.#touch(batch.queue)
  }

  #expire(): void {
    const now = this.#options.clock.monotonic()
    const { deliveryTimeoutMs } = this.#options
    for (const batch of this.#batches) {
      if (batch.createdAt + deliveryTimeoutMs > now) {
        this.#deliveryAlarm.at(batch.createdAt + deliveryTimeoutMs)
        break
      }
      this.giveUp(batch, this.#lateness(batch))
    }
    this.#host.drain()
  }

  #lateness({ attempts, lastError: cause }: Batch): Reason {
    const tried = attempts === 1 ? '1 attempt' : `${attempts} attempts`
    const seen = cause === undefined ? '' : `, the last of which failed: ${cause.message}`
    const message = `deliveryTimeoutMs (${this.#options.deliveryTimeoutMs} ms) passed with ${tried}${seen}`
    return { code: 'DELIVERY_TIMED_OUT', message, cause, retriable: true }
  }

  #checkFlushes(): void {
    if (this.#flushes.isEmpty) return
    let firstBatch = Number.POSITIVE_INFINITY
    for (const { order } of this.#batches) {
      firstBatch = order
      break
    }
    this.#flushes.check(this.waiting.firstOrder, firstBatch, this.#order)
  }
}

// What a record takes besides its value.
const LEAST_RECORD = 8
