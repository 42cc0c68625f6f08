import { type Backoff, type CallOptions, type Cluster, sleep } from '@k/network'
import { BrokerError, KafkaError } from '@k/protocol'
import { PartitionError } from './errors.ts'
import type { GroupOffsets } from './group/group-offsets.ts'
import { EARLIEST, LATEST, type OffsetQuery, type Offsets } from './offsets.ts'
import { type PartitionState, UNKNOWN } from './partition-state.ts'
import { newBackoff, type RetrySettings } from './retry-scope.ts'
import type { SubscriptionState } from './subscription-state.ts'
import { Wakeup } from './wakeup.ts'

/** Where to begin when there is no committed offset, or when it does not exist. */
export type AutoOffsetReset = 'earliest' | 'latest' | 'none'

/** Finds the positions of partitions that have none, in the background: the committed offset, or else what the reset policy says. */
export class PositionResolver {
  /** Wakes who waits for positions. */
  readonly settled: Wakeup = new Wakeup()
  readonly #cluster: Cluster
  readonly #subscription: SubscriptionState
  readonly #offsets: Offsets
  readonly #groupOffsets: GroupOffsets | undefined
  readonly #policy: AutoOffsetReset
  readonly #onSettled: () => void
  readonly #backoff: Backoff
  readonly #closing = new AbortController()
  readonly #failed = new Set<PartitionState>()
  #isBusy = false

  /**
   * @param groupOffsets - undefined without a group
   * @param onSettled - called when positions were found, or could not be
   */
  constructor(
    cluster: Cluster,
    subscription: SubscriptionState,
    offsets: Offsets,
    groupOffsets: GroupOffsets | undefined,
    policy: AutoOffsetReset,
    retrying: RetrySettings,
    onSettled: () => void,
  ) {
    this.#cluster = cluster
    this.#subscription = subscription
    this.#offsets = offsets
    this.#groupOffsets = groupOffsets
    this.#policy = policy
    this.#onSettled = onSettled
    this.#backoff = newBackoff(cluster, retrying)
  }

  /** There may be partitions without a position. */
  resolve(): void {
    if (this.#isBusy || this.#closing.signal.aborted) return
    this.#isBusy = true
    this.#run()
  }

  /** Why the position of some partition could not be found; it is tried again from then on. */
  takeFailure(state?: PartitionState): KafkaError | undefined {
    for (const failed of state === undefined ? this.#failed : [state]) {
      this.#failed.delete(failed)
      const { error } = failed
      failed.error = undefined
      if (error === undefined || failed.phase !== 'resolving') continue
      this.resolve()
      return error
    }
    return undefined
  }

  close(): void {
    this.#closing.abort()
    this.settled.wake()
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    for (;;) {
      const open = this.#subscription.states.filter(isOpen)
      if (open.length === 0) {
        this.#isBusy = false
        return
      }
      try {
        await this.#attempt(open, { signal })
      } catch (error) {
        if (signal.aborted) return
        if (!KafkaError.is(error) || !error.retriable) this.#fail(open, error)
      }
      if (open.some(isOpen)) await sleep(this.#cluster.clock, this.#backoff.next(), signal).catch(() => {})
      else this.#backoff.reset()
      if (signal.aborted) return
      this.#onSettled()
      this.settled.wake()
    }
  }

  async #attempt(open: readonly PartitionState[], o: CallOptions): Promise<void> {
    const committed = open.filter(({ source }) => source === 'committed')
    if (committed.length > 0) await this.#takeCommitted(committed, o)
    const queries = new Map<PartitionState, OffsetQuery>()
    for (const state of open) {
      if (!isOpen(state) || state.source === 'committed') continue
      const source = state.source === 'policy' ? this.#policy : state.source
      const { topic, partition } = state
      if (source !== 'none') queries.set(state, { topic, partition, timestamp: source === 'earliest' ? EARLIEST : LATEST })
      else this.#fail([state], noOffset(state))
    }
    if (queries.size === 0) return
    const seeks = Array.from(queries.keys(), (state) => state.seeks)
    const answers = await this.#offsets.attempt([...queries.values()], o)
    const stale = new Set<string>()
    let index = 0
    for (const state of queries.keys()) {
      const answer = answers[index]
      const isSame = seeks[index++] === state.seeks
      if (answer === undefined || !isSame || !isOpen(state)) continue
      if (!KafkaError.is(answer)) state.resolve(answer.offset, answer.leaderEpoch)
      else if (!answer.retriable) this.#fail([state], answer)
      else if (BrokerError.is(answer) && answer.invalidatesMetadata) stale.add(state.topic)
    }
    if (stale.size > 0) await this.#cluster.refresh([...stale], { ...o, allowAutoTopicCreation: false })
  }

  async #takeCommitted(states: readonly PartitionState[], o: CallOptions): Promise<void> {
    const seeks = states.map((state) => state.seeks)
    const found = this.#groupOffsets === undefined ? [] : await this.#groupOffsets.attemptFetch(states, o)
    states.forEach((state, index) => {
      if (seeks[index] !== state.seeks || !isOpen(state)) return
      const offset = found[index]
      if (offset === undefined) {
        state.source = 'policy'
        return
      }
      state.resolve(offset.offset, offset.leaderEpoch ?? UNKNOWN)
      state.committed = offset.offset
    })
  }

  #fail(states: readonly PartitionState[], error: unknown): void {
    for (const state of states) {
      if (!isOpen(state)) continue
      const { topic, partition } = state
      const cause = KafkaError.is(error) ? error : new KafkaError('INVALID_ARGUMENT', String(error), { cause: error })
      state.error = PartitionError.is(cause)
        ? cause
        : new PartitionError(cause.code, `the position of ${state} cannot be found: ${cause.message}`, {
            topic,
            partition,
            offset: UNKNOWN,
            cause,
          })
      this.#failed.add(state)
    }
  }
}

function isOpen(state: PartitionState): boolean {
  return state.phase === 'resolving' && state.error === undefined && (!state.awaitsListener || state.isPositionWanted)
}

function noOffset(state: PartitionState): PartitionError {
  const { topic, partition } = state
  return new PartitionError(
    'NO_OFFSET',
    `there is no committed offset for ${state} and autoOffsetReset is 'none': seek, or choose 'earliest' or 'latest'`,
    { topic, partition, offset: UNKNOWN },
  )
}
