import { AuthenticationError, ClosedError, type Cluster, type Logger } from '@k/network'
import {
  BrokerError,
  type BrokerErrorCode,
  brokerErrorName,
  brokerErrorRow,
  type FetchResponse,
  KafkaError,
  type Timer,
  UnsupportedVersionError,
  ZERO_UUID,
} from '@k/protocol'
import { PartitionError } from './errors.ts'
import type { FetchBuffer } from './fetch-buffer.ts'
import type { Asked } from './fetch-request.ts'
import { FetchedPartition } from './fetched-partition.ts'
import { type FetchedData, Fetcher, type FetchSettings } from './fetcher.ts'
import type { Held } from './held.ts'
import { type PartitionState, UNKNOWN } from './partition-state.ts'
import { newBackoff } from './retry-scope.ts'
import type { SubscriptionState } from './subscription-state.ts'
import type { TopicRefresh } from './topic-refresh.ts'

/** What {@link Fetchers} need of the consumer. */
export interface FetchersEvents {
  /** There is something to take. */
  arrived(): void
  /** The position of a partition does not exist (any more): it is to be found anew, by the reset policy. */
  lost(state: PartitionState, why: string): void
  /** Fetching is over for good. */
  failed(error: unknown): void
}

const CORRUPT_MESSAGE = 2
const NOTHING = Buffer.alloc(0)

/** Has each assigned partition fetched where its leader is, and deals with what brokers refuse. One {@link Fetcher} a broker. */
export class Fetchers {
  readonly #cluster: Cluster
  readonly #subscription: SubscriptionState
  readonly #buffer: FetchBuffer
  readonly #settings: FetchSettings
  readonly #refresh: TopicRefresh
  readonly #logger: Logger
  readonly #events: FetchersEvents
  readonly #fetchers = new Map<number, Fetcher>()
  readonly #timers = new Set<Timer>()
  #isRunning = false
  #isRefused = false
  #active = 1

  constructor(
    cluster: Cluster,
    subscription: SubscriptionState,
    buffer: FetchBuffer,
    settings: FetchSettings,
    refresh: TopicRefresh,
    logger: Logger,
    events: FetchersEvents,
  ) {
    this.#cluster = cluster
    this.#subscription = subscription
    this.#buffer = buffer
    this.#settings = settings
    this.#refresh = refresh
    this.#logger = logger
    this.#events = events
  }

  /** Begins to fetch. */
  start(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.update()
  }

  /** Looks again who leads what: partitions have come, or the picture of the cluster has changed. */
  update(): void {
    if (!this.#isRunning) return
    const led = new Map<number, PartitionState[]>()
    for (const state of this.#subscription.states) {
      this.#locate(state)
      if (state.leader === UNKNOWN) continue
      const states = led.get(state.leader)
      if (states === undefined) led.set(state.leader, [state])
      else states.push(state)
    }
    for (const brokerId of led.keys()) if (!this.#fetchers.has(brokerId)) this.#fetchers.set(brokerId, this.#newFetcher(brokerId))
    for (const [brokerId, fetcher] of this.#fetchers) fetcher.states = led.get(brokerId) ?? []
    this.#active = Math.max(1, led.size)
    this.poll()
  }

  /** Something may be fetched that could not be before: there is room, or a partition is ready. */
  poll(): void {
    if (!this.#isRunning || this.#isRefused) return
    for (const fetcher of this.#fetchers.values()) fetcher.poll(this.#active)
  }

  close(): void {
    this.#isRunning = false
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    for (const fetcher of this.#fetchers.values()) fetcher.close()
    this.#fetchers.clear()
  }

  #newFetcher(brokerId: number): Fetcher {
    return new Fetcher(brokerId, this.#cluster, this.#buffer, this.#settings, {
      ended: () => this.poll(),
      arrived: () => this.#events.arrived(),
      refused: (asked, data, response) => this.#refused(asked, data, response),
      stuck: (state) => this.#hold(state),
      failed: (fetcher, error) => this.#failed(fetcher, error),
    })
  }

  /** Takes over what the cluster says of a partition. */
  #locate(state: PartitionState): void {
    const topic = this.#cluster.topic(state.topic)
    const partition = topic?.partitions[state.partition]
    const leader = partition?.leader ?? UNKNOWN
    if (leader !== state.leader || (partition?.leaderEpoch ?? UNKNOWN) !== state.leaderEpoch) {
      state.leader = leader
      state.leaderEpoch = partition?.leaderEpoch ?? UNKNOWN
      state.hold?.cancel()
      state.hold = undefined
    }
    if (leader === UNKNOWN) this.#refresh.doubt(state.topic)
    if (topic === undefined || topic.topicId === ZERO_UUID || topic.topicId === state.topicId) return
    if (state.topicId !== undefined) this.#events.lost(state, 'the topic was deleted and created anew')
    state.topicId = topic.topicId
  }

  #refused(asked: Asked, data: FetchedData, response: FetchResponse): void {
    const { state } = asked
    const { leader } = state
    const { topic, partition } = state
    // Nobody is asked before it is known who is to be left alone; the end of the request asks.
    this.#isRefused = true
    this.#cluster.updateLeader(topic, partition, data.currentLeader, response.nodeEndpoints)
    this.#isRefused = false
    // The hint was news: the fetcher of the new leader has the partition already. Brokers that name each other in turn are asked with pauses.
    if (state.leader !== leader) {
      if (state.backoff === undefined) state.backoff = newBackoff(this.#cluster, this.#settings)
      else this.#hold(state)
      return
    }
    const name = brokerErrorName(data.errorCode)
    if (name === 'OFFSET_OUT_OF_RANGE') {
      // What is buffered is handed out first; if the offset after it still is out of range then, it is.
      if (state.position === asked.offset) this.#outOfRange(asked)
      else this.#hold(state)
    } else if (healsByItself(name, data.errorCode)) {
      this.#hold(state)
      this.#refresh.doubt(topic)
    } else {
      const cause = new BrokerError(data.errorCode, `${state} cannot be fetched at offset ${asked.offset}`)
      const error = new PartitionError(cause.code, cause.message, { topic, partition, offset: asked.offset, cause })
      this.#hold(state)
      state.isFaulty = true
      this.#buffer.add(new FetchedPartition(state, NOTHING, asked.offset, this.#settings.decode, { error }))
      this.#events.arrived()
    }
  }

  /** Has the position found anew: at once, and after a pause where what was found then is out of range again. */
  #outOfRange({ state, offset, fetchEpoch }: Asked): void {
    const reset = () => {
      if (state.phase === 'fetchable' && state.fetchEpoch === fetchEpoch) this.#events.lost(state, `offset ${offset} does not exist`)
    }
    if (state.backoff === undefined) {
      state.backoff = newBackoff(this.#cluster, this.#settings)
      reset()
    } else this.#hold(state, reset)
  }

  #failed(fetcher: Fetcher, error: unknown): void {
    if (!KafkaError.is(error) || isFinal(error)) {
      this.#events.failed(error)
      return
    }
    this.#logger.debug('fetching failed and is tried again', { broker: fetcher.brokerId, error })
    this.#hold(fetcher)
    for (const { topic } of fetcher.states) this.#refresh.doubt(topic)
  }

  /** Leaves a partition or a broker alone for a while, longer each time. @param then - what to do before it is asked again */
  #hold(held: Held, then?: () => void): void {
    const { clock } = this.#cluster
    held.backoff ??= newBackoff(this.#cluster, this.#settings)
    held.hold?.cancel()
    const timer = clock.setTimer(
      () => {
        this.#timers.delete(timer)
        if (held.hold === timer) held.hold = undefined
        then?.()
        this.poll()
      },
      held.backoff.next(),
      true,
    )
    held.hold = timer
    this.#timers.add(timer)
  }
}

function healsByItself(name: BrokerErrorCode | undefined, errorCode: number): boolean {
  if (name === undefined || errorCode === CORRUPT_MESSAGE) return false
  return name === 'UNKNOWN_SERVER_ERROR' || brokerErrorRow(name).retriable
}

function isFinal(error: KafkaError): boolean {
  return AuthenticationError.is(error) || UnsupportedVersionError.is(error) || ClosedError.is(error)
}
