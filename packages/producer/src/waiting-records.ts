import { type Clock, KafkaError, type KafkaErrorCode, type RecordBatchBuilder } from '@k/protocol'
import { Alarm } from './alarm.ts'
import type { BufferMemory } from './buffer-memory.ts'
import type { Delivery } from './delivery.ts'
import { type ProduceError, produceError, type Reason } from './errors.ts'
import type { UnfinishedMetadata } from './record-metadata.ts'
import type { TopicQueue } from './topic-queue.ts'
import type { SerializedRecord, WaitingRecord } from './waiting-record.ts'

/** A place in the line of a topic. */
export type Waiting = WaitingRecord<TopicQueue>

/** What the records wait for. */
export interface WaitingRecordsHost {
  /** Appends a record whose partition exists; answers how many bytes of memory were missing, 0 for appended. */
  place(
    topic: TopicQueue,
    record: SerializedRecord,
    batch: RecordBatchBuilder | undefined,
    metadata: UnfinishedMetadata | undefined,
    delivery: Delivery,
  ): number
  /** The topic, or a partition of it, is not known: fetch metadata. */
  lookUp(topic: TopicQueue): void
  /** Somebody waits for room: what need not linger should leave. */
  roomWanted(): void
  /** A record waits no more. @param error - why, where it has failed */
  waitEnded(error?: ProduceError): void
}

/** Records that cannot be appended at once. They wait in the order of the calls, by topic, for a serializer, for metadata or for room. */
export class WaitingRecords {
  readonly #clock: Clock
  readonly #maxBlockMs: number
  readonly #memory: BufferMemory<TopicQueue>
  readonly #host: WaitingRecordsHost
  /** In the order of the calls, and therefore of their ends. */
  readonly all = new Set<Waiting>()
  readonly #alarm: Alarm

  constructor(clock: Clock, maxBlockMs: number, memory: BufferMemory<TopicQueue>, host: WaitingRecordsHost) {
    this.#clock = clock
    this.#maxBlockMs = maxBlockMs
    this.#memory = memory
    this.#host = host
    this.#alarm = new Alarm(
      clock,
      () => {
        for (const waiting of this.#alarm.due(this.all, maxBlockMs)) this.#failFor(waiting, this.#reasonOf(waiting))
      },
      true,
    )
  }

  /** Takes a place at the end of the topic's line, for a record that may still have to be serialized. */
  add(topic: TopicQueue, metadata: UnfinishedMetadata | undefined, delivery: Delivery): Waiting {
    const createdAt = this.#clock.monotonic()
    const waiting: Waiting = { topic, delivery, metadata, createdAt, isDone: false, lookedUp: false }
    topic.waiting.push(waiting)
    this.all.add(waiting)
    this.#alarm.at(createdAt + this.#maxBlockMs)
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
    this.#end(waiting)
    this.#moveUp(waiting.topic)
    return true
  }

  /** Takes a record out of the line and tells why. */
  fail(waiting: Waiting, error: ProduceError): void {
    if (waiting.isDone) return
    this.#end(waiting, error)
    this.#moveUp(waiting.topic)
  }

  /** Fails every record, or every one of a topic. */
  failAll(error: Error, topic?: TopicQueue): void {
    for (const waiting of [...this.all]) if (topic === undefined || waiting.topic === topic) this.#failFor(waiting, error)
  }

  /** The topic was looked up: who waits for that finds it now, or never will. */
  lookedUp(topic: TopicQueue): void {
    for (const waiting of topic.waiting) waiting.lookedUp = true
    this.advance(topic)
  }

  /** Appends as many records of the topic as can be. */
  advance(topic: TopicQueue): void {
    // A partitioner or a callback that sends comes back here: the loop below goes on for it.
    if (topic.isAdvancing || topic.missing > 0) return
    topic.isAdvancing = true
    try {
      while (this.#step(topic));
    } finally {
      topic.isAdvancing = false
    }
  }

  #step(topic: TopicQueue): boolean {
    const first = topic.waiting[0]
    if (first === undefined) return false
    if (first.isDone) {
      topic.waiting.shift()
      return true
    }
    const { record } = first
    if (record === undefined) return false
    const { partition = 0 } = record
    const { count } = topic
    if (count === 0 || (partition >= count && !first.lookedUp)) {
      this.#host.lookUp(topic)
      return false
    }
    let error: ProduceError | undefined
    try {
      if (partition >= count)
        throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `partition ${partition} does not exist: ${topic.name} has ${count}`)
      const missing = this.#host.place(topic, record, record.batch, first.metadata, first.delivery)
      if (missing > 0) {
        this.#memory.wait(topic, missing)
        this.#host.roomWanted()
        return false
      }
    } catch (thrown) {
      error = this.#errorOf(first, thrown as Error)
    }
    this.#end(first, error)
    return true
  }

  // Whoever stood in the line for memory stood there for the record that has gone.
  #moveUp(topic: TopicQueue): void {
    if (topic.missing > 0 && topic.waiting[0]?.isDone) this.#memory.leave(topic)
    this.advance(topic)
  }

  #end(waiting: Waiting, error?: ProduceError): void {
    waiting.isDone = true
    this.all.delete(waiting)
    if (this.all.size === 0) this.#alarm.clear()
    if (waiting.onEnd !== undefined) waiting.onEnd(error)
    else if (error !== undefined) waiting.delivery.ended(error, waiting.metadata)
    // Whoever flushes hears of it after the record's own sender.
    this.#host.waitEnded(error)
  }

  #reasonOf({ topic, record }: Waiting): Reason {
    const { missing, count, lastError: cause } = topic
    const within = `within maxBlockMs (${this.#maxBlockMs} ms)`
    if (record === undefined) return { code: 'SERIALIZATION_FAILED', message: `its serializer gave no answer ${within}` }
    let code: KafkaErrorCode = 'TIMED_OUT'
    let message = `it was not its turn ${within}`
    if (missing > 0) {
      code = 'BUFFER_FULL'
      message = `there was no room in bufferMemory (${this.#memory.capacity} bytes) ${within}`
    } else if (count === 0) {
      message = `no broker told of the topic ${within}`
      if (cause !== undefined) {
        code = cause.code
        message += `: ${cause.message}${code === 'UNKNOWN_TOPIC_OR_PARTITION' ? '; create it, or check its name' : ''}`
      }
    }
    return { code, message, cause, retriable: true }
  }

  #failFor(waiting: Waiting, reason: Reason | Error): void {
    this.fail(waiting, this.#errorOf(waiting, reason))
  }

  #errorOf({ topic, record }: Waiting, reason: Reason | Error): ProduceError {
    return produceError(reason, { topic: topic.name, partition: record?.partition })
  }
}
