import type { Clock } from '@k/protocol'
import { Alarm } from './alarm.ts'
import type { BufferMemory } from './buffer-memory.ts'
import type { Delivery } from './delivery.ts'
import { type ProduceError, produceError, type Reason } from './errors.ts'
import type { RecordMetadata } from './record-metadata.ts'
import type { TopicQueue } from './topic-queue.ts'
import { type SerializedRecord, WaitingRecord } from './waiting-record.ts'

/** A place in the line of a topic. */
export type Waiting = WaitingRecord<TopicQueue>

/** What the records wait for. */
export interface WaitingRecordsOptions {
  readonly clock: Clock
  readonly memory: BufferMemory<TopicQueue>
  readonly maxBlockMs: number
  /** Appends a record whose partition exists; answers how many bytes of memory were missing, 0 for appended. */
  place(topic: TopicQueue, record: SerializedRecord, metadata: RecordMetadata | undefined, delivery: Delivery): number
  /** The topic, or a partition of it, is not known: fetch metadata. */
  lookUp(topic: TopicQueue): void
  /** Somebody waits for room: what need not linger should leave. */
  roomWanted(): void
  /** A record has failed. */
  failed(error: ProduceError): void
  /** A record waits no more. */
  done(): void
}

/** Records that cannot be appended at once. They wait in the order of the calls, by topic, for a serializer, for metadata or for room. */
export class WaitingRecords {
  readonly #options: WaitingRecordsOptions
  // In the order of the calls, and therefore of the deadlines.
  readonly #all = new Set<Waiting>()
  readonly #alarm: Alarm
  #order = 0

  constructor(options: WaitingRecordsOptions) {
    this.#options = options
    this.#alarm = new Alarm(options.clock, () => this.#expire(), true)
  }

  get isEmpty(): boolean {
    return this.#all.size === 0
  }

  /** Records that wait. */
  get count(): number {
    return this.#all.size
  }

  /** The number of the record that came last. */
  get lastOrder(): number {
    return this.#order
  }

  /** The number of the oldest record that still waits. */
  get firstOrder(): number {
    for (const record of this.#all) return record.order
    return Number.POSITIVE_INFINITY
  }

  /** Takes a place at the end of the topic's line, for a record that may still have to be serialized. */
  add(topic: TopicQueue, metadata: RecordMetadata | undefined, delivery: Delivery): Waiting {
    const { clock, maxBlockMs } = this.#options
    this.#order += 1
    const waiting = new WaitingRecord(topic, this.#order, delivery, metadata, clock.monotonic() + maxBlockMs)
    topic.waiting.push(waiting)
    this.#all.add(waiting)
    this.#alarm.at(waiting.deadline)
    return waiting
  }

  /** The record is ready to be appended as soon as it is its turn. */
  ready(waiting: Waiting, record: SerializedRecord): void {
    waiting.record = record
    this.advance(waiting.topic)
  }

  /** Takes a record out of the line. False where it has been appended, or has failed. */
  cancel(waiting: Waiting): boolean {
    if (waiting.isDone) return false
    this.#finish(waiting)
    this.#moveUp(waiting.topic)
    this.#options.done()
    return true
  }

  /** Takes a record out of the line and tells why. */
  fail(waiting: Waiting, error: ProduceError): void {
    if (waiting.isDone) return
    this.#finish(waiting)
    this.#tell(waiting, error)
    this.#moveUp(waiting.topic)
  }

  /** Fails every record, or every one of a topic. */
  failAll(error: Error, topic?: TopicQueue): void {
    for (const waiting of [...this.#all]) {
      if (topic === undefined || waiting.topic === topic) this.fail(waiting, this.#errorOf(waiting, error))
    }
  }

  /** The topic was looked up: who waits for that finds it now, or never will. */
  lookedUp(topic: TopicQueue): void {
    for (const waiting of topic.waiting) waiting.lookedUp = true
    this.advance(topic)
  }

  /** There is room for the first record of the topic. */
  room(topic: TopicQueue): void {
    topic.isInLine = false
    this.advance(topic)
  }

  /** Appends as many records of the topic as can be. */
  advance(topic: TopicQueue): void {
    // A partitioner or a callback that sends comes back here: the loop below goes on for it.
    if (topic.isAdvancing || topic.isInLine) return
    topic.isAdvancing = true
    try {
      while (this.#step(topic));
    } finally {
      topic.isAdvancing = false
    }
  }

  #step(topic: TopicQueue): boolean {
    const { waiting: line } = topic
    const first = line[0]
    if (first === undefined) return false
    if (first.isDone) {
      line.shift()
      return true
    }
    const { record } = first
    if (record === undefined) return false
    const { partition } = record
    if (topic.count === 0 || (partition !== undefined && partition >= topic.count)) return this.#lookUp(topic, first, partition)
    let missing: number
    try {
      missing = this.#options.place(topic, record, first.metadata, first.delivery)
    } catch (error) {
      this.#finish(first)
      this.#tell(first, this.#errorOf(first, error as Error))
      return true
    }
    if (missing > 0) {
      topic.isInLine = true
      this.#options.memory.wait(topic, missing)
      this.#options.roomWanted()
      return false
    }
    this.#finish(first)
    first.onAppended?.()
    this.#options.done()
    return true
  }

  #lookUp(topic: TopicQueue, first: Waiting, partition: number | undefined): boolean {
    if (topic.count === 0 || !first.lookedUp) {
      this.#options.lookUp(topic)
      return false
    }
    const message = `partition ${partition} does not exist: ${topic.name} has ${topic.count}`
    this.#finish(first)
    this.#tell(first, this.#errorOf(first, { code: 'UNKNOWN_TOPIC_OR_PARTITION', message }))
    return true
  }

  // Whoever stood in the line for memory stood there for the record that has gone.
  #moveUp(topic: TopicQueue): void {
    if (topic.isInLine && topic.waiting[0]?.isDone) {
      topic.isInLine = false
      this.#options.memory.leave(topic)
    }
    this.advance(topic)
  }

  #finish(waiting: Waiting): void {
    waiting.isDone = true
    this.#all.delete(waiting)
    if (this.#all.size === 0) this.#alarm.clear()
  }

  #tell(waiting: Waiting, error: ProduceError): void {
    this.#options.failed(error)
    if (waiting.onFailed === undefined) waiting.delivery.failed(error, waiting.metadata)
    else waiting.onFailed(error)
    this.#options.done()
  }

  #expire(): void {
    const now = this.#options.clock.monotonic()
    for (const waiting of this.#all) {
      if (waiting.deadline > now) {
        this.#alarm.at(waiting.deadline)
        return
      }
      this.fail(waiting, this.#errorOf(waiting, this.#reasonOf(waiting)))
    }
  }

  #reasonOf({ topic, record }: Waiting): Reason {
    const { maxBlockMs, memory } = this.#options
    const within = `within maxBlockMs (${maxBlockMs} ms)`
    if (record === undefined) return { code: 'SERIALIZATION_FAILED', message: `its serializer gave no answer ${within}` }
    if (topic.isInLine) {
      return { code: 'BUFFER_FULL', message: `there was no room in bufferMemory (${memory.capacity} bytes) ${within}`, retriable: true }
    }
    if (topic.count > 0) return { code: 'TIMED_OUT', message: `it was not its turn ${within}`, retriable: true }
    const { lastError: cause } = topic
    if (cause === undefined) return { code: 'TIMED_OUT', message: `no broker told of the topic ${within}`, retriable: true }
    const hint = cause.code === 'UNKNOWN_TOPIC_OR_PARTITION' ? ': create it, or check its name' : ''
    return { code: cause.code, message: `no broker told of the topic ${within} (${cause.message})${hint}`, cause, retriable: true }
  }

  #errorOf({ topic, record }: Waiting, reason: Reason | Error): ProduceError {
    return produceError(reason, { topic: topic.name, partition: record?.partition, maybeWritten: false })
  }
}
