import type { Clock, KafkaError, RecordBatchBuilder } from '@k/protocol'
import { Alarm } from './alarm.ts'
import type { BufferMemory } from './buffer-memory.ts'
import type { Delivery } from './delivery.ts'
import { type ProduceError, produceError, type Reason } from './errors.ts'
import type { UnfinishedMetadata } from './record-metadata.ts'
import type { TopicQueue } from './topic-queue.ts'
import type { SerializedRecord, WaitingRecord } from './waiting-record.ts'

/** A place in the line of a topic. */
export type Waiting = WaitingRecord<TopicQueue>

/** What records wait with. Names and units are those of the producer's options. */
export interface WaitingRecordsOptions {
  readonly clock: Clock
  readonly maxBlockMs: number
}

/** What the records wait for. */
export interface WaitingRecordsHost {
  /** Appends a record whose partition exists. False where there is no room for it: then its topic is in the line for memory. */
  place(
    topic: TopicQueue,
    record: SerializedRecord,
    batch: RecordBatchBuilder | undefined,
    metadata: UnfinishedMetadata | undefined,
    delivery: Delivery,
  ): boolean
  /** The topic, or a partition of it, is not known: fetch metadata. */
  lookUp(topic: TopicQueue): void
  /** A record waits no more. @param error - why, where it has failed */
  waitEnded(error?: ProduceError): void
}

/** Records that cannot be appended at once. They wait in the order of the calls, by topic, for a serializer, for metadata or for room. */
export class WaitingRecords {
  /** Those that were not appended, have not failed and were not cancelled: in the order of the calls, and therefore of their ends. */
  readonly all = new Set<Waiting>()
  readonly #options: WaitingRecordsOptions
  readonly #memory: BufferMemory<TopicQueue>
  readonly #host: WaitingRecordsHost
  readonly #alarm: Alarm

  constructor(options: WaitingRecordsOptions, memory: BufferMemory<TopicQueue>, host: WaitingRecordsHost) {
    this.#options = options
    this.#memory = memory
    this.#host = host
    const onAlarm = () => {
      for (const waiting of this.#alarm.due(this.all, options.maxBlockMs)) this.#fail(waiting, this.#reasonOf(waiting))
    }
    this.#alarm = new Alarm(options.clock, onAlarm, true)
  }

  /** Takes a place at the end of the topic's line; undefined where it was its turn at once. @param record - undefined while a serializer is at work */
  add(topic: TopicQueue, metadata: UnfinishedMetadata | undefined, delivery: Delivery, record?: SerializedRecord): Waiting | undefined {
    const { clock, maxBlockMs } = this.#options
    const createdAt = clock.monotonic()
    const waiting: Waiting = { topic, delivery, metadata, record, createdAt }
    topic.waiting.push(waiting)
    this.all.add(waiting)
    this.#alarm.at(createdAt + maxBlockMs)
    this.advance(topic)
    return this.all.has(waiting) ? waiting : undefined
  }

  /** The record is ready to be appended as soon as it is its turn. */
  ready(waiting: Waiting, record: SerializedRecord): void {
    waiting.record = record
    this.advance(waiting.topic)
  }

  /** Takes a record out of the line. False where it has left it before. @param error - why it fails, where it does */
  end(waiting: Waiting, error?: ProduceError): boolean {
    if (!this.all.delete(waiting)) return false
    if (this.all.size === 0) this.#alarm.clear()
    const { topic } = waiting
    if (waiting.onEnd !== undefined) waiting.onEnd(error)
    else if (error !== undefined) waiting.delivery.ended(error, waiting.metadata)
    // Whoever flushes hears of it after the record's own sender.
    this.#host.waitEnded(error)
    // Whoever stood in the line for memory stood there for the record that has gone.
    if (topic.missing > 0 && topic.waiting[0] === waiting) this.#memory.leave(topic)
    this.advance(topic)
    return true
  }

  /** Fails every record, or every one of a topic. */
  failAll(error: Error, topic?: TopicQueue): void {
    for (const waiting of [...this.all]) if (topic === undefined || waiting.topic === topic) this.#fail(waiting, error)
  }

  /** Appends as many records of the topic as can be. @param lookedUp - whether it has just been: there are no other partitions */
  advance(topic: TopicQueue, lookedUp = false): void {
    // A partitioner or a callback that sends comes back here: the loop below goes on for it.
    if (topic.isAdvancing || topic.missing > 0) return
    topic.isAdvancing = true
    for (let [first] = topic.waiting; first !== undefined; [first] = topic.waiting) {
      if (!this.all.has(first)) {
        topic.waiting.shift()
        continue
      }
      const { record } = first
      if (record === undefined) break
      const { count } = topic
      const { partition = 0 } = record
      if (partition < count) {
        try {
          if (!this.#host.place(topic, record, record.batch, first.metadata, first.delivery)) break
          this.end(first)
        } catch (error) {
          this.end(first, error as ProduceError)
        }
      } else if (count > 0 && lookedUp) {
        this.#fail(first, { code: 'UNKNOWN_TOPIC_OR_PARTITION', message: `${topic.name} has ${count} partitions` })
      } else {
        this.#host.lookUp(topic)
        break
      }
    }
    topic.isAdvancing = false
  }

  #reasonOf({ topic, record }: Waiting): Reason {
    const { missing, lastError } = topic
    const tooLong = `took longer than maxBlockMs (${this.#options.maxBlockMs} ms)`
    if (record === undefined) return { code: 'SERIALIZATION_FAILED', message: `its serializer ${tooLong}` }
    if (missing > 0) return { code: 'BUFFER_FULL', message: `room in bufferMemory ${tooLong}`, retriable: true }
    const { code = 'TIMED_OUT', message = 'no answer' } = (lastError ?? {}) as Partial<KafkaError>
    const hint = code === 'UNKNOWN_TOPIC_OR_PARTITION' ? '; create it, or check its name' : ''
    return { code, message: `metadata ${tooLong}: ${message}${hint}`, cause: lastError, retriable: true }
  }

  #fail(waiting: Waiting, reason: Reason | Error): void {
    const { topic, record } = waiting
    this.end(waiting, produceError(reason, { topic: topic.name, partition: record?.partition }))
  }
}
