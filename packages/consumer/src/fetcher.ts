import type { Backoff, Cluster, Lane } from '@k/network'
import { BrokerError, Fetch, type FetchResponse, type Timer } from '@k/protocol'
import { AbortedTransactions } from './aborted-transactions.ts'
import type { FetchBuffer } from './fetch-buffer.ts'
import { type Asked, FetchRequest } from './fetch-request.ts'
import { type DecodeSettings, FetchedPartition } from './fetched-partition.ts'
import type { Held } from './held.ts'
import type { IsolationLevel } from './isolation-level.ts'
import type { PartitionState } from './partition-state.ts'
import type { RetrySettings } from './retry-scope.ts'

/** How to fetch. */
export interface FetchSettings extends RetrySettings {
  readonly fetchMinBytes: number
  readonly fetchMaxBytes: number
  readonly fetchMaxWaitMs: number
  readonly maxPartitionFetchBytes: number
  readonly requestTimeoutMs: number
  readonly isolationLevel: IsolationLevel
  readonly clientId: string
  readonly lane: Lane
  readonly decode: DecodeSettings
}

/** The answer for one partition. */
export type FetchedData = FetchResponse['responses'][number]['partitions'][number]

/** What a {@link Fetcher} tells whoever holds it. */
export interface FetcherEvents {
  /** The request has ended, well or not: the next may be sent. */
  ended(): void
  /** Records have come. */
  arrived(): void
  /** The broker refused a partition. */
  refused(asked: Asked, data: FetchedData, response: FetchResponse): void
  /** The broker answered for a partition in a way that leads nowhere. */
  stuck(state: PartitionState): void
  /** The whole request failed. */
  failed(fetcher: Fetcher, error: unknown): void
}

// While a partition is left out of a request, or has records that nobody has read and that a seek would drop, a long poll would hold up its next
// fetch: so the wait begins small and doubles.
const FIRST_WAIT_MS = 8
// Brokers of before Kafka 0.10.1 cut even the first batch off at the limit: this much is asked for in the end.
const MOST_PARTITION_BYTES = 2 ** 30

/** Fetches from one broker what may be fetched there, one request at a time: the next is sent before what came is decoded. */
export class Fetcher implements Held {
  readonly brokerId: number
  /** The partitions that this broker leads. */
  states: PartitionState[] = []
  hold: Timer | undefined
  backoff: Backoff | undefined
  readonly #cluster: Cluster
  readonly #buffer: FetchBuffer
  readonly #settings: FetchSettings
  readonly #events: FetcherEvents
  #isBusy = false
  #isClosed = false
  #waitMs = FIRST_WAIT_MS

  constructor(brokerId: number, cluster: Cluster, buffer: FetchBuffer, settings: FetchSettings, events: FetcherEvents) {
    this.brokerId = brokerId
    this.#cluster = cluster
    this.#buffer = buffer
    this.#settings = settings
    this.#events = events
  }

  /**
   * Sends the next request, unless one is under way, nothing may be fetched, or there is no room.
   * @param brokers - how many share the room
   */
  poll(brokers: number): void {
    if (this.#isBusy || this.#isClosed || this.hold !== undefined) return
    const { fetchMinBytes: minBytes, fetchMaxBytes, fetchMaxWaitMs, maxPartitionFetchBytes, isolationLevel } = this.#settings
    const wanted: Asked[] = []
    let mayNotWait = false
    for (const state of this.states) {
      const { phase, fetchOffset: offset, fetchEpoch } = state
      mayNotWait ||= state.bufferedBytes > 0
      const isFull = state.bufferedBytes >= maxPartitionFetchBytes
      if (phase === 'resolving' || state.awaitsListener || state.hold !== undefined || isFull) mayNotWait = true
      else if (phase === 'fetchable' && !state.paused && !state.isFaulty) wanted.push({ state, offset, fetchEpoch })
    }
    if (wanted.length === 0) return
    const share = Math.min(Math.floor(fetchMaxBytes / brokers), wanted.length * maxPartitionFetchBytes)
    const maxBytes = this.#buffer.reserve(share, maxPartitionFetchBytes)
    if (maxBytes === 0) return
    const maxWaitMs = mayNotWait ? Math.min(this.#waitMs, fetchMaxWaitMs) : fetchMaxWaitMs
    this.#waitMs = mayNotWait ? maxWaitMs * 2 : FIRST_WAIT_MS
    const limits = { minBytes, maxBytes, maxWaitMs, maxPartitionBytes: maxPartitionFetchBytes, isolationLevel }
    this.#send(new FetchRequest(this.#cluster, wanted, limits), limits)
  }

  /** Nothing more is sent, and what is still to come is nobody's. */
  close(): void {
    this.#isClosed = true
    this.states = []
  }

  #send(request: FetchRequest, { maxBytes, maxWaitMs }: { maxBytes: number; maxWaitMs: number }): void {
    const { requestTimeoutMs, clientId, lane } = this.#settings
    this.#isBusy = true
    const ended = (tell: () => void) => {
      this.#isBusy = false
      this.#buffer.release(maxBytes)
      if (this.#isClosed) return
      tell()
      this.#events.ended()
    }
    this.#cluster
      .request(Fetch, (version) => request.body(version), {
        to: { broker: this.brokerId },
        lane,
        clientId,
        timeoutMs: requestTimeoutMs + maxWaitMs,
        minVersion: request.minVersion,
        maxVersion: request.maxVersion,
      })
      .then(
        (response) => ended(() => this.#answered(request, response)),
        (error: unknown) => ended(() => this.#events.failed(this, error)),
      )
  }

  #answered(request: FetchRequest, response: FetchResponse): void {
    if (response.errorCode !== 0) {
      this.#events.failed(this, new BrokerError(response.errorCode, `broker ${this.brokerId} refuses to be fetched from`))
      return
    }
    this.backoff = undefined
    let arrived = false
    for (const topic of response.responses) {
      for (const data of topic.partitions) {
        const asked = request.take(topic, data.partitionIndex)
        if (asked === undefined || !isCurrent(asked)) continue
        if (data.errorCode !== 0) this.#events.refused(asked, data, response)
        else if (this.#accepted(asked, data)) arrived = true
      }
    }
    for (const asked of request.unanswered) if (isCurrent(asked)) this.#events.stuck(asked.state)
    if (!arrived) return
    this.#waitMs = FIRST_WAIT_MS
    this.#events.arrived()
  }

  /** Puts what came into the buffer; false where that is nothing. */
  #accepted({ state, offset }: Asked, data: FetchedData): boolean {
    state.highWatermark = Number(data.highWatermark)
    state.lastStableOffset = Number(data.lastStableOffset)
    if (data.records === null || data.records.length === 0) {
      state.backoff = undefined
      return false
    }
    const { decode, isolationLevel } = this.#settings
    const aborted = isolationLevel === 'read_committed' ? new AbortedTransactions(data.abortedTransactions ?? []) : undefined
    const fetched = new FetchedPartition(state, data.records, offset, decode, { aborted })
    if (fetched.isEmpty) {
      const { maxPartitionFetchBytes } = this.#settings
      state.maxBytes = Math.min(MOST_PARTITION_BYTES, Math.max(state.maxBytes, maxPartitionFetchBytes) * 2)
      this.#events.stuck(state)
      return false
    }
    state.backoff = undefined
    state.advanceFetch(fetched.endOffset)
    state.isFaulty = fetched.isFaulty
    this.#buffer.add(fetched)
    return true
  }
}

/** Whether the answer still has an owner who wants it. */
function isCurrent({ state, fetchEpoch }: Asked): boolean {
  return state.phase === 'fetchable' && state.fetchEpoch === fetchEpoch
}
