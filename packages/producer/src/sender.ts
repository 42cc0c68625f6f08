import type { Cluster } from '@k/network'
import { type Clock, type Codec, Produce, type ProduceResponse, UnsupportedVersionError, ZERO_UUID } from '@k/protocol'
import { Alarm } from './alarm.ts'
import type { AttemptOutcomes } from './attempt-outcomes.ts'
import { messageSetOf } from './message-set.ts'
import type { Batch, PartitionQueue } from './partition-queue.ts'
import { type PartitionProduceResponse, ProduceRequest } from './produce-request.ts'

/** What all senders of a producer share. Names and units are those of the producer's options. */
export interface SenderOptions {
  readonly cluster: Pick<Cluster, 'request' | 'topic' | 'updateLeader' | 'versionOf'>
  readonly clock: Clock
  readonly clientId: string
  /** -1 for all. */
  readonly acks: number
  readonly codec: Codec | undefined
  readonly requestTimeoutMs: number
  readonly maxRequestSize: number
  readonly maxInFlightRequestsPerConnection: number
  readonly outcomes: AttemptOutcomes
  /** Whether a batch may leave now, although it might take more records. */
  mayLeave(batch: Batch, now: number): boolean
  /** The partition may have something to send, to whoever leads it now. */
  ready(queue: PartitionQueue): void
  /** Let every sender send. */
  drain(): void
}

// The first version whose batches know headers, idempotence and transactions; zstd came later.
const MIN_VERSION = 3
const MIN_VERSION_ZSTD = 7
const ZSTD = 4
// The last version that names topics by name.
const MAX_VERSION_BY_NAME = 12
// What brokers from 0.10.0 on understand: message sets of magic 1.
const MESSAGE_SET_VERSION = 2

/** Writes to one broker: gathers the ready batches of all its partitions into requests, a few of which are on their way at a time. */
export class Sender {
  readonly broker: number
  readonly #options: SenderOptions
  readonly #alarm: Alarm
  #ready: PartitionQueue[] = []
  /** Those that are given a pause after a failure. */
  #paused: PartitionQueue[] = []
  #inFlight = 0
  #mutedUntil = 0
  /** Batches are being compressed; what comes after them must not overtake them. */
  #isSealing = false
  /** The message sets for a broker of before 0.11 are made one after the other. */
  #converted: Promise<void> = Promise.resolve()

  constructor(broker: number, options: SenderOptions) {
    this.broker = broker
    this.#options = options
    this.#alarm = new Alarm(options.clock, () => this.#wake(), true)
  }

  /** The partition may have something to send. */
  add(queue: PartitionQueue): void {
    if (queue.listedBy === this) return
    queue.listedBy = this
    this.#ready.push(queue)
  }

  /** Sends what is ready, as far as the broker may have it now. */
  drain(): void {
    const { clock, maxInFlightRequestsPerConnection } = this.#options
    while (this.#ready.length > 0 && !this.#isSealing && this.#inFlight < maxInFlightRequestsPerConnection) {
      const now = clock.monotonic()
      if (now < this.#mutedUntil) {
        this.#alarm.at(this.#mutedUntil)
        return
      }
      const batches = this.#gather(now)
      if (batches.length === 0) return
      this.#seal(batches)
    }
  }

  /** Stops all timers. */
  close(): void {
    this.#alarm.clear()
  }

  #wake(): void {
    const paused = this.#paused
    this.#paused = []
    for (const queue of paused) this.#options.ready(queue)
    this.#options.drain()
  }

  /** Takes a batch of each partition that has one ready, in the order in which they came, until the request is full. */
  #gather(now: number): Batch[] {
    const { maxRequestSize, mayLeave } = this.#options
    const listed = this.#ready
    const batches: Batch[] = []
    const more: PartitionQueue[] = []
    let size = 0
    let i = 0
    for (; i < listed.length; i++) {
      const queue = listed[i]!
      // Another sender has it now.
      if (queue.listedBy !== this) continue
      const batch = this.#next(queue, now)
      if (batch === undefined || !mayLeave(batch, now)) {
        queue.listedBy = undefined
        continue
      }
      if (batches.length > 0 && size + batch.size > maxRequestSize) break
      size += batch.size
      batches.push(queue.take(this.broker))
      if (queue.waiting.length > 0) more.push(queue)
      else queue.listedBy = undefined
    }
    this.#ready = i < listed.length ? listed.slice(i).concat(more) : more
    return batches
  }

  #next(queue: PartitionQueue, now: number): Batch | undefined {
    if (queue.leader !== this.broker) return undefined
    if (now < queue.retryAt && (queue.retryBroker < 0 || queue.retryBroker === this.broker)) {
      this.#paused.push(queue)
      this.#alarm.at(queue.retryAt)
      return undefined
    }
    return queue.next(this.broker)
  }

  #seal(batches: readonly Batch[]): void {
    if (this.#wantsMessageSets) {
      this.#convert(batches)
      return
    }
    const { codec } = this.#options
    const sealed: (Uint8Array | Promise<Uint8Array>)[] = []
    const sendable: Batch[] = []
    let isLater = false
    for (const batch of batches) {
      try {
        const bytes = batch.seal(codec)
        isLater ||= !(bytes instanceof Uint8Array)
        sealed.push(bytes)
        sendable.push(batch)
      } catch (error) {
        this.#unsendable(batch, error)
      }
    }
    if (!isLater) {
      this.#send(sendable, sealed as Uint8Array[])
      return
    }
    this.#isSealing = true
    void this.#sealLater(sendable, sealed)
  }

  /** Whether the broker is known to be of before 0.11. There is no zstd in message sets: its batches go, and are refused, as they are. */
  get #wantsMessageSets(): boolean {
    const { cluster, codec } = this.#options
    return (cluster.versionOf(Produce, this.broker) ?? MIN_VERSION) < MIN_VERSION && codec?.id !== ZSTD
  }

  #convert(batches: readonly Batch[]): void {
    const { codec } = this.#options
    this.#isSealing = true
    this.#converted = this.#converted.then(() => {
      const sets = batches.map(async (batch) => messageSetOf(await batch.seal(undefined), codec))
      return this.#sealLater(batches, sets, MESSAGE_SET_VERSION)
    })
  }

  async #sealLater(batches: readonly Batch[], sealing: readonly (Uint8Array | Promise<Uint8Array>)[], maxVersion?: number): Promise<void> {
    const results = await Promise.allSettled(sealing)
    this.#isSealing = false
    const sendable: Batch[] = []
    const sealed: Uint8Array[] = []
    for (const [i, result] of results.entries()) {
      if (result.status === 'rejected') {
        this.#unsendable(batches[i]!, result.reason)
        continue
      }
      sendable.push(batches[i]!)
      sealed.push(result.value)
    }
    this.#send(sendable, sealed, maxVersion)
    this.#options.drain()
  }

  #unsendable(batch: Batch, cause: unknown): void {
    const { codec, outcomes, ready } = this.#options
    const why = cause instanceof Error ? cause.message : String(cause)
    if (UnsupportedVersionError.is(cause)) outcomes.unsendable(batch, cause)
    else outcomes.unsendable(batch, { code: 'COMPRESSION_FAILED', message: `${codec?.name} could not compress the batch: ${why}`, cause })
    ready(batch.queue)
  }

  #send(batches: readonly Batch[], bytes: readonly Uint8Array[], maxVersion?: number): void {
    if (batches.length === 0) return
    const { cluster, acks, codec, clientId, requestTimeoutMs: timeoutMs } = this.#options
    const request = new ProduceRequest(batches, bytes, (topic) => cluster.topic(topic)?.topicId ?? ZERO_UUID)
    this.#inFlight += 1
    const answer = cluster.request(Produce, request.body(acks, timeoutMs), {
      to: { broker: this.broker },
      lane: 'produce',
      clientId,
      timeoutMs,
      minVersion: maxVersion ?? (codec?.id === ZSTD ? MIN_VERSION_ZSTD : MIN_VERSION),
      maxVersion: maxVersion ?? (request.topicIds.includes(ZERO_UUID) ? MAX_VERSION_BY_NAME : undefined),
      noResponse: acks === 0,
    }) as Promise<ProduceResponse | undefined>
    answer.then(
      (response) => this.#answered(request, response),
      (error: unknown) => this.#failed(request, error),
    )
  }

  #answered(request: ProduceRequest, response: ProduceResponse | undefined): void {
    const { clock, cluster, outcomes } = this.#options
    if (response === undefined) {
      for (const batch of request.batches) outcomes.acknowledged(batch, -1)
      this.#ended(request)
      return
    }
    if (response.throttleTimeMs > 0) this.#mutedUntil = clock.monotonic() + response.throttleTimeMs
    const hints: [batch: Batch, answer: PartitionProduceResponse][] = []
    request.read(response, (batch, answer) => {
      if (answer !== undefined && answer.currentLeader.leaderId >= 0) hints.push([batch, answer])
      outcomes.answered(batch, this.broker, answer)
    })
    for (const [{ queue }, { currentLeader }] of hints) {
      cluster.updateLeader(queue.topic, queue.partition, currentLeader, response.nodeEndpoints)
    }
    this.#ended(request)
  }

  #failed(request: ProduceRequest, error: unknown): void {
    // Only now has the broker said what it speaks.
    if (UnsupportedVersionError.is(error) && this.#wantsMessageSets) {
      this.#inFlight -= 1
      this.#convert(request.batches)
      return
    }
    for (const batch of request.batches) this.#options.outcomes.requestFailed(batch, this.broker, error)
    this.#ended(request)
  }

  #ended(request: ProduceRequest): void {
    const { ready, drain } = this.#options
    this.#inFlight -= 1
    for (const { queue } of request.batches) ready(queue)
    drain()
  }
}
