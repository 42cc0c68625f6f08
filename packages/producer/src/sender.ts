import type { Cluster, MaybePromise } from '@k/network'
import { type Codec, Produce, type ProduceResponse, UnsupportedVersionError, ZERO_UUID } from '@k/protocol'
import { Alarm } from './alarm.ts'
import { AttemptOutcomes, type OutcomeOptions } from './attempt-outcomes.ts'
import { textOf } from './errors.ts'
import type { Batch, PartitionQueue } from './partition-queue.ts'
import { readAnswers, type SentTopic, topicDataOf } from './produce-request.ts'
import { tooOld } from './producer-id.ts'
import type { RecordAccumulator } from './record-accumulator.ts'

/** The transactions that everything is sent in. */
export interface SentTransactions {
  readonly produceVersions: { readonly minVersion?: number; readonly maxVersion?: number }
  readonly isSending: boolean
}

/** What all senders of a producer share. Names and units are those of the producer's options. */
export interface SenderOptions extends OutcomeOptions {
  readonly cluster: Pick<Cluster, 'request' | 'topic' | 'updateLeader' | 'versionOf'>
  readonly clientId: string
  /** In the order of preference; empty for none. */
  readonly compression: readonly Codec[]
  readonly requestTimeoutMs: number
  readonly maxRequestSize: number
  readonly maxInFlightRequestsPerConnection: number
  readonly transactionalId?: string | undefined
  readonly transactions?: SentTransactions | undefined
  accumulator(): Pick<RecordAccumulator, 'mayLeave'>
}

/** Where partitions find who sends for them. */
export interface SenderHost {
  /** The partition may have something to send, to whoever leads it now. */
  ready(queue: PartitionQueue): void
  /** Lets every sender send. */
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
  readonly #broker: number
  readonly #options: SenderOptions
  readonly #host: SenderHost
  readonly #outcomes: AttemptOutcomes
  readonly #alarm: Alarm
  #ready: PartitionQueue[] = []
  #inFlight = 0
  #mutedUntil = 0
  /** Since when batches wait although nothing but the broker holds them up (monotonic); undefined where none do. */
  blockedSince: number | undefined
  /** Requests whose batches are being compressed; what comes after them must not overtake them. */
  #sealing = 0
  #sealed: Promise<void> = Promise.resolve()

  constructor(broker: number, options: SenderOptions, host: SenderHost) {
    this.#broker = broker
    this.#options = options
    this.#host = host
    this.#outcomes = new AttemptOutcomes(broker, options)
    this.#alarm = new Alarm(options.clock, () => host.drain())
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
    while (this.#ready.length > 0 && this.#sealing === 0) {
      const now = clock.monotonic()
      const isMuted = now < this.#mutedUntil
      if (isMuted || this.#inFlight >= maxInFlightRequestsPerConnection) {
        if (isMuted) this.#alarm.at(this.#mutedUntil)
        this.blockedSince ??= now
        return
      }
      const batches = this.#gather(now)
      if (batches.length === 0) return
      this.blockedSince = undefined
      this.#seal(batches)
    }
  }

  /** Stops all timers. */
  close(): void {
    this.#alarm.clear()
  }

  /** Takes a batch of each partition that has one ready, in the order in which they came, until the request is full. */
  #gather(now: number): Batch[] {
    const { maxRequestSize, accumulator } = this.#options
    const listed = this.#ready
    const batches: Batch[] = []
    const more: PartitionQueue[] = []
    let size = 0
    let i = 0
    for (; i < listed.length; i++) {
      const queue = listed[i]!
      // Another sender has it now.
      if (queue.listedBy !== this) continue
      if (now < queue.retryAt && (queue.retryBroker < 0 || queue.retryBroker === this.#broker)) {
        this.#alarm.at(queue.retryAt)
        more.push(queue)
        continue
      }
      const batch = queue.leader === this.#broker ? queue.next(this.#broker) : undefined
      if (batch !== undefined && accumulator().mayLeave(batch, now)) {
        if (batches.length > 0 && size + batch.size > maxRequestSize) break
        size += batch.size
        batches.push(queue.take(this.#broker))
        if (queue.waiting.length > 0) {
          more.push(queue)
          continue
        }
      }
      queue.listedBy = undefined
      if (queue.leader !== this.#broker) {
        // It had nothing to send when its leader moved.
        this.#host.ready(queue)
        this.#alarm.at(now)
      }
    }
    this.#ready = listed.slice(i).concat(more)
    return batches
  }

  /** The latest version of Produce that the broker speaks: one that can say everything where nobody knows yet. */
  get #version(): number {
    return this.#options.cluster.versionOf(Produce, this.#broker) ?? MIN_VERSION_ZSTD
  }

  /** The first codec that a broker of this version understands; the first of all where there is none. */
  #codecFor(version: number): Codec | undefined {
    const { compression } = this.#options
    return compression.find(({ id }) => id !== ZSTD || version >= MIN_VERSION_ZSTD) ?? compression[0]
  }

  /** The first version that can say it. There is no zstd in message sets: its batches go, and are refused, as they are. */
  #minVersionFor(version: number): number {
    if (this.#codecFor(version)?.id === ZSTD) return MIN_VERSION_ZSTD
    return version < MIN_VERSION ? MESSAGE_SET_VERSION : MIN_VERSION
  }

  /** Makes batches ready as the broker understands them, and sends them: at once where that takes no time, else in the order of the calls. */
  #seal(batches: readonly Batch[]): void {
    const version = this.#version
    const sealing = batches.map((batch) => this.#sealedFor(version, batch))
    if (this.#sealing === 0 && sealing.every((bytes) => bytes instanceof Uint8Array)) {
      this.#send(batches, sealing, version)
      return
    }
    this.#sealing += 1
    const later = Promise.all(sealing)
    this.#sealed = this.#sealed.then(async () => {
      const bytes = await later
      this.#sealing -= 1
      const sendable = batches.filter((_, i) => bytes[i] !== undefined)
      if (sendable.length > 0)
        this.#send(
          sendable,
          bytes.filter((one) => one !== undefined),
          version,
        )
      this.#ended(batches)
    })
  }

  /** The bytes of a batch for a broker of this version, at once or later. One that cannot be made ready is given up, and has none. */
  #sealedFor(version: number, batch: Batch): MaybePromise<Uint8Array | undefined> {
    const codec = this.#codecFor(version)
    const giveUp = (cause: unknown): undefined => {
      const message = `${codec?.name} failed: ${textOf(cause)}`
      this.#outcomes.giveUp(batch, UnsupportedVersionError.is(cause) ? cause : { code: 'COMPRESSION_FAILED', message, cause })
    }
    try {
      const isOld = this.#minVersionFor(version) === MESSAGE_SET_VERSION
      const bytes = isOld ? batch.sealAsMessageSet(codec) : batch.seal(codec)
      return bytes instanceof Uint8Array ? bytes : bytes.catch(giveUp)
    } catch (error) {
      return giveUp(error)
    }
  }

  #send(batches: readonly Batch[], bytes: readonly Uint8Array[], version: number): void {
    const { cluster, transactionalId, acks, clientId, requestTimeoutMs: timeoutMs, transactions, meters } = this.#options
    const topicData = topicDataOf(batches, bytes, cluster)
    const minVersion = this.#minVersionFor(version)
    const isByName = topicData.some(({ topicId }) => topicId === ZERO_UUID)
    this.#inFlight += 1
    const sentAt = meters.requested(batches, bytes)
    const answer = cluster.request(
      Produce,
      { transactionalId, acks, timeoutMs, topicData },
      {
        to: { broker: this.#broker },
        lane: 'produce',
        clientId,
        timeoutMs,
        minVersion,
        maxVersion: minVersion === MESSAGE_SET_VERSION ? minVersion : isByName ? MAX_VERSION_BY_NAME : undefined,
        ...transactions?.produceVersions,
        noResponse: acks === 0,
      },
    ) as Promise<ProduceResponse | undefined>
    answer.then(
      (response) => this.#answered(batches, topicData, sentAt, response),
      (error: unknown) => this.#failed(batches, version, error),
    )
  }

  #answered(batches: readonly Batch[], topicData: readonly SentTopic[], sentAt: number, response: ProduceResponse | undefined): void {
    const { clock, cluster, meters } = this.#options
    const { throttleTimeMs = 0, nodeEndpoints, responses = [] } = response ?? {}
    meters.answered(sentAt, throttleTimeMs)
    if (throttleTimeMs > 0) this.#mutedUntil = clock.monotonic() + Math.min(throttleTimeMs, LONGEST_THROTTLE_MS)
    this.#inFlight -= 1
    readAnswers(topicData, responses, (batch, answer) => {
      this.#outcomes.answered(batch, answer)
      // An answer without a hint is one of no broker, which nobody takes.
      if (answer !== undefined) cluster.updateLeader(batch.queue.topic, batch.queue.partition, answer.currentLeader, nodeEndpoints)
    })
    this.#ended(batches)
  }

  #failed(batches: readonly Batch[], version: number, error: unknown): void {
    this.#options.meters.unanswered()
    this.#inFlight -= 1
    const isTooOld = UnsupportedVersionError.is(error)
    // Only now has the broker said what it speaks.
    if (isTooOld && this.#version !== version) {
      this.#seal(batches)
      return
    }
    const isZstd = this.#minVersionFor(version) === MIN_VERSION_ZSTD
    const cause = isTooOld && isZstd ? tooOld(error, 'zstd needs Kafka 2.1; try [zstd(), gzip()]') : error
    for (const batch of batches) this.#outcomes.requestFailed(batch, cause)
    this.#ended(batches)
  }

  #ended(batches: readonly Batch[]): void {
    for (const { queue } of batches) this.#host.ready(queue)
    this.#host.drain()
  }
}
