import type { Cluster } from '@k/network'
import { type Clock, type Codec, Produce, type ProduceResponse, UnsupportedVersionError, ZERO_UUID } from '@k/protocol'
import { Alarm } from './alarm.ts'
import type { AttemptOutcomes } from './attempt-outcomes.ts'
import type { Meters } from './meters.ts'
import type { Batch, PartitionQueue } from './partition-queue.ts'
import { type PartitionProduceResponse, ProduceRequest } from './produce-request.ts'

/** What a Produce request says of the transaction that it is of. */
export interface SentTransactions {
  readonly transactionalId: string
  readonly produceVersions: { readonly minVersion?: number; readonly maxVersion?: number }
}

/** What all senders of a producer share. Names and units are those of the producer's options. */
export interface SenderOptions {
  readonly cluster: Pick<Cluster, 'request' | 'topic' | 'updateLeader' | 'versionOf'>
  readonly clock: Clock
  readonly clientId: string
  /** -1 for all. */
  readonly acks: number
  /** In the order of preference; empty for none. */
  readonly codecs: readonly Codec[]
  readonly requestTimeoutMs: number
  readonly maxRequestSize: number
  readonly maxInFlightRequestsPerConnection: number
  /** The transactions that everything is sent in, if there are any. */
  readonly transactions?: SentTransactions | undefined
  readonly meters: Meters
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
// As for connections: more than that is a mistake of the broker.
const LONGEST_THROTTLE_MS = 3_600_000

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
  #blockedSince: number | undefined
  /** Batches are being compressed; what comes after them must not overtake them. */
  #isSealing = false
  /** What is sealed otherwise than the first time, for an older broker, is sealed one request after the other. */
  #resealed: Promise<void> = Promise.resolve()

  constructor(broker: number, options: SenderOptions) {
    this.broker = broker
    this.#options = options
    this.#alarm = new Alarm(options.clock, () => this.#wake(), true)
  }

  /** Since when batches wait although nothing but the broker holds them up (monotonic); undefined where none do. */
  get blockedSince(): number | undefined {
    return this.#blockedSince
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
        this.#blockedSince ??= now
        return
      }
      const batches = this.#gather(now)
      if (batches.length === 0) return
      this.#blockedSince = undefined
      this.#seal(batches)
    }
    if (this.#ready.length > 0 && !this.#isSealing) this.#blockedSince ??= clock.monotonic()
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
      this.#reseal(batches)
      return
    }
    const codec = this.#codec
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
      this.#send(sendable, sealed as Uint8Array[], codec)
      return
    }
    this.#isSealing = true
    void this.#sealLater(sendable, sealed, codec)
  }

  /** The first codec that the broker is known to understand, or not known not to; the first of all where it understands none. */
  get #codec(): Codec | undefined {
    const { cluster, codecs } = this.#options
    const first = codecs[0]
    if (first?.id !== ZSTD || (cluster.versionOf(Produce, this.broker) ?? MIN_VERSION_ZSTD) >= MIN_VERSION_ZSTD) return first
    return codecs.find(({ id }) => id !== ZSTD) ?? first
  }

  /** Whether the broker is known to be of before 0.11. There is no zstd in message sets: its batches go, and are refused, as they are. */
  get #wantsMessageSets(): boolean {
    return (this.#options.cluster.versionOf(Produce, this.broker) ?? MIN_VERSION) < MIN_VERSION && this.#codec?.id !== ZSTD
  }

  #reseal(batches: readonly Batch[]): void {
    this.#isSealing = true
    this.#resealed = this.#resealed.then(() => {
      const codec = this.#codec
      if (!this.#wantsMessageSets) {
        const sealed = batches.map(async (batch) => batch.seal(codec))
        return this.#sealLater(batches, sealed, codec)
      }
      const sets = batches.map(async (batch) => batch.sealAsMessageSet(codec))
      return this.#sealLater(batches, sets, codec, MESSAGE_SET_VERSION)
    })
  }

  async #sealLater(
    batches: readonly Batch[],
    sealing: readonly (Uint8Array | Promise<Uint8Array>)[],
    codec: Codec | undefined,
    maxVersion?: number,
  ): Promise<void> {
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
    this.#send(sendable, sealed, codec, maxVersion)
    this.#options.drain()
  }

  #unsendable(batch: Batch, cause: unknown): void {
    const { outcomes, ready } = this.#options
    const why = cause instanceof Error ? cause.message : String(cause)
    if (UnsupportedVersionError.is(cause)) outcomes.unsendable(batch, cause)
    else
      outcomes.unsendable(batch, {
        code: 'COMPRESSION_FAILED',
        message: `${this.#codec?.name} could not compress the batch: ${why}`,
        cause,
      })
    ready(batch.queue)
  }

  #send(batches: readonly Batch[], bytes: readonly Uint8Array[], codec: Codec | undefined, maxVersion?: number): void {
    if (batches.length === 0) return
    const { cluster, acks, clientId, requestTimeoutMs: timeoutMs, transactions, meters } = this.#options
    const request = new ProduceRequest(batches, bytes, (topic) => cluster.topic(topic)?.topicId ?? ZERO_UUID)
    this.#inFlight += 1
    const sentAt = meters.requested(batches, bytes)
    const answer = cluster.request(Produce, request.body(acks, timeoutMs, transactions?.transactionalId), {
      to: { broker: this.broker },
      lane: 'produce',
      clientId,
      timeoutMs,
      minVersion: maxVersion ?? (codec?.id === ZSTD ? MIN_VERSION_ZSTD : MIN_VERSION),
      maxVersion: maxVersion ?? (request.topicIds.includes(ZERO_UUID) ? MAX_VERSION_BY_NAME : undefined),
      ...transactions?.produceVersions,
      noResponse: acks === 0,
    }) as Promise<ProduceResponse | undefined>
    answer.then(
      (response) => {
        meters.answered(sentAt, response?.throttleTimeMs ?? 0)
        this.#answered(request, response)
      },
      (error: unknown) => {
        meters.unanswered()
        this.#failed(request, codec, error)
      },
    )
  }

  #answered(request: ProduceRequest, response: ProduceResponse | undefined): void {
    const { clock, cluster, outcomes } = this.#options
    if (response === undefined) {
      for (const batch of request.batches) outcomes.acknowledged(batch, -1)
      this.#ended(request)
      return
    }
    if (response.throttleTimeMs > 0) this.#mutedUntil = clock.monotonic() + Math.min(response.throttleTimeMs, LONGEST_THROTTLE_MS)
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

  #failed(request: ProduceRequest, codec: Codec | undefined, error: unknown): void {
    const isTooOld = UnsupportedVersionError.is(error)
    // Only now has the broker said what it speaks.
    if (isTooOld && (this.#wantsMessageSets || this.#codec !== codec)) {
      this.#inFlight -= 1
      this.#reseal(request.batches)
      return
    }
    const cause = isTooOld && codec?.id === ZSTD ? tooOldForZstd(this.broker, error) : error
    for (const batch of request.batches) this.#options.outcomes.requestFailed(batch, this.broker, cause)
    this.#ended(request)
  }

  #ended(request: ProduceRequest): void {
    const { ready, drain } = this.#options
    this.#inFlight -= 1
    for (const { queue } of request.batches) ready(queue)
    drain()
  }
}

function tooOldForZstd(broker: number, cause: UnsupportedVersionError): UnsupportedVersionError {
  const wayOut = 'name others that will do: compression: [zstd(), gzip()]'
  return new UnsupportedVersionError(`broker ${broker} is older than Kafka 2.1 and does not know zstd; ${wayOut} (${cause.message})`, {
    api: cause.api,
    cause,
  })
}
