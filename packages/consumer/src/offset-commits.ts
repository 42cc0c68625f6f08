import { abortable, type CallOptions, type Logger, withDeadline } from '@k/network'
import { type Clock, KafkaError, type Timer } from '@k/protocol'
import { diagnostics } from './diagnostics.ts'
import type { GroupMetadata } from './group/group-metadata.ts'
import type { GroupOffsets } from './group/group-offsets.ts'
import type { PartitionState } from './partition-state.ts'
import type { RecordStream } from './record-stream.ts'
import type { SubscriptionState } from './subscription-state.ts'
import { type TopicPartitionOffset, topicPartitionKey } from './topic-partition.ts'

/** What {@link OffsetCommits} need to know. */
export interface OffsetCommitsSettings {
  readonly clientId: string
  readonly groupId: string
  readonly defaultApiTimeoutMs: number
  readonly autoCommitIntervalMs: number
  /** As whom to commit; undefined while the consumer is no member of its group. */
  readonly member: () => GroupMetadata | undefined
}

interface Wanted {
  readonly state: PartitionState
  readonly seeks: number
  readonly offset: TopicPartitionOffset
}

/** Commits, one request at a time and in the order of the calls: so none that is slow can undo a later one. */
export class OffsetCommits {
  readonly #groupOffsets: GroupOffsets
  readonly #subscription: SubscriptionState
  readonly #stream: RecordStream<unknown, unknown>
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #settings: OffsetCommitsSettings
  #last: Promise<void> = Promise.resolve()
  #timer: Timer | undefined
  // The automatic commit that is last in line.
  #waiting: { wanted: readonly Wanted[] } | undefined

  constructor(
    groupOffsets: GroupOffsets,
    subscription: SubscriptionState,
    stream: RecordStream<unknown, unknown>,
    clock: Clock,
    logger: Logger,
    settings: OffsetCommitsSettings,
  ) {
    this.#groupOffsets = groupOffsets
    this.#subscription = subscription
    this.#stream = stream
    this.#clock = clock
    this.#logger = logger
    this.#settings = settings
  }

  /** Commits these. @throws KafkaError with `PARTITION_NOT_OWNED` or `PARTITION_NOT_ASSIGNED` */
  async commit(offsets: readonly TopicPartitionOffset[], o: CallOptions): Promise<void> {
    const wanted = offsets.map((offset) => this.#wanted(this.#owned(offset), offset))
    await this.#enqueue(() => wanted, o)
  }

  /** Commits all that was handed out by now; what only counts by name, as far as it counts. */
  commitHandedOut(o: CallOptions): Promise<void> {
    const wanted = this.#dirty((state) => this.#stream.handedOutOffset(state))
    // What is in line already may have committed the same.
    return this.#enqueue(() => wanted.filter(({ state, offset }) => offset.offset !== state.committed), o)
  }

  /** Commits what is processed by now. Never rejects: what fails is committed the next time. */
  async commitProcessed(): Promise<void> {
    const wanted = this.#dirty((state) => this.#processedOffset(state))
    // One that is last in line and has not begun takes over the newer offsets.
    if (this.#waiting !== undefined) this.#waiting.wanted = wanted
    else {
      const waiting = { wanted }
      const select = () => {
        if (this.#waiting === waiting) this.#waiting = undefined
        return waiting.wanted.filter(({ state, offset }) => state.isOwned && offset.offset !== state.committed)
      }
      this.#enqueue(select, {}).catch((error) => this.#warn(error))
      this.#waiting = waiting
    }
    await this.#last
  }

  /** Commits what is processed of partitions that are given up right now. Never rejects. */
  async commitFinally(states: readonly PartitionState[]): Promise<void> {
    const member = this.#settings.member()
    const wanted = this.#dirty((state) => this.#processedOffset(state)).filter(({ state }) => states.includes(state))
    await this.#enqueue(() => wanted, {}, member).catch((error) => this.#warn(error))
  }

  /** What is processed, as offsets to commit. */
  processedOffsets(): TopicPartitionOffset[] {
    return this.#offsets((state) => this.#stream.processedOffset(state)).map(({ offset }) => offset)
  }

  /** Commits what is processed, every `autoCommitIntervalMs`. */
  startAutomatic(): void {
    this.#timer ??= this.#clock.setTimer(() => {
      this.#timer = undefined
      this.startAutomatic()
      this.commitProcessed()
    }, this.#settings.autoCommitIntervalMs)
  }

  stopAutomatic(): void {
    this.#timer?.cancel()
  }

  /** Resolves when everything that was asked for has ended, well or not. */
  async settled(): Promise<void> {
    await this.#last
  }

  /** The state of a partition that a user commits. */
  #owned(offset: TopicPartitionOffset): PartitionState {
    const state = this.#subscription.find(offset.topic, offset.partition)
    if (state?.isOwned) return state
    const where = topicPartitionKey(offset)
    if (this.#subscription.kind === 'partitions') {
      throw new KafkaError('PARTITION_NOT_ASSIGNED', `${where} is not assigned to this consumer, so that it cannot commit offsets of it`)
    }
    throw notOwned(where)
  }

  #processedOffset(state: PartitionState): number {
    const offset = this.#stream.processedOffset(state)
    return offset < 0 ? offset : Math.max(offset, state.committedFloor)
  }

  #warn(error: unknown): void {
    this.#logger.warn('what was processed could not be committed', { groupId: this.#settings.groupId, error })
  }

  /** @param member - in whose name, where the partitions are given up before it comes to that */
  #enqueue(select: () => readonly Wanted[], o: CallOptions, member?: GroupMetadata): Promise<void> {
    const { defaultApiTimeoutMs, groupId } = this.#settings
    this.#waiting = undefined
    const run = this.#last.then(() => this.#commit(select(), o, member))
    this.#last = run.catch(() => {})
    const what = `committing offsets of group ${groupId}`
    return withDeadline(this.#clock, abortable(run, o.signal), defaultApiTimeoutMs, { what, deadline: 'defaultApiTimeoutMs' })
  }

  async #commit(wanted: readonly Wanted[], o: CallOptions, givenUp: GroupMetadata | undefined): Promise<void> {
    o.signal?.throwIfAborted()
    if (wanted.length === 0) return
    for (const { state } of wanted) if (!state.isOwned && givenUp === undefined) throw notOwned(String(state))
    const member = givenUp ?? this.#settings.member()
    if (member === undefined) throw notOwned(wanted.map(({ state }) => String(state)).join(', '))
    await this.#send(
      wanted.map(({ offset }) => offset),
      member,
      o,
    )
    for (const { state, seeks, offset } of wanted) {
      state.committed = offset.offset
      if (state.seeks !== seeks) continue
      state.committedFloor = offset.offset
      this.#stream.processedBelow(state, offset.offset)
    }
  }

  async #send(offsets: readonly TopicPartitionOffset[], member: GroupMetadata, o: CallOptions): Promise<void> {
    const { defaultApiTimeoutMs, clientId, groupId } = this.#settings
    const started = this.#clock.monotonic()
    let error: unknown
    try {
      await this.#groupOffsets.commit(offsets, member, defaultApiTimeoutMs, o)
    } catch (cause) {
      error = cause
      throw cause
    } finally {
      if (diagnostics.offsetsCommitted.hasSubscribers) {
        diagnostics.offsetsCommitted.publish({ clientId, groupId, offsets, elapsedMs: this.#clock.monotonic() - started, error })
      }
    }
  }

  #wanted(state: PartitionState, offset: TopicPartitionOffset): Wanted {
    return { state, seeks: state.seeks, offset }
  }

  /** Offsets that differ from what is committed. */
  #dirty(offsetOf: (state: PartitionState) => number): Wanted[] {
    return this.#offsets(offsetOf).filter(({ state, offset }) => offset.offset !== state.committed)
  }

  #offsets(offsetOf: (state: PartitionState) => number): Wanted[] {
    const wanted: Wanted[] = []
    for (const state of this.#subscription.states) {
      const offset = offsetOf(state)
      if (offset < 0 || !state.isOwned) continue
      const { topic, partition } = state
      // The epoch belongs to the position: of an offset before it nobody knows.
      const leaderEpoch = offset === state.position && state.positionEpoch >= 0 ? state.positionEpoch : undefined
      wanted.push(this.#wanted(state, { topic, partition, offset, leaderEpoch }))
    }
    return wanted
  }
}

function notOwned(where: string): KafkaError<'PARTITION_NOT_OWNED'> {
  return new KafkaError(
    'PARTITION_NOT_OWNED',
    `${where} is not (or no longer) owned by this consumer: its group has given it to another member, which reads on from what was committed before`,
  )
}
