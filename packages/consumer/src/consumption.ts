import { type Cluster, type Lane, openCluster, type ResolvedClientOptions, retry, withDeadline } from '@k/network'
import { BrokerError, KafkaError } from '@k/protocol'
import { Calls } from './calls.ts'
import { ChunkSource } from './chunk-source.ts'
import { Deserialization } from './deserialization.ts'
import { type ConsumerFacts, diagnostics } from './diagnostics.ts'
import { FetchBuffer } from './fetch-buffer.ts'
import { Fetchers } from './fetchers.ts'
import { GroupOffsets } from './group/group-offsets.ts'
import { Listening } from './listening.ts'
import { OffsetCommits } from './offset-commits.ts'
import { Offsets } from './offsets.ts'
import { type ConsumerOptions, checkConsumerNames, type ResolvedSettings, resolveSettings } from './options.ts'
import { Participation } from './participation.ts'
import type { PartitionState } from './partition-state.ts'
import { PositionResolver } from './position-resolver.ts'
import { Positions } from './positions.ts'
import { RecordStream } from './record-stream.ts'
import { retryScope } from './retry-scope.ts'
import { SubscriptionState } from './subscription-state.ts'
import { TopicRefresh } from './topic-refresh.ts'

/** What a consumer is doing. */
export type ConsumerState = 'idle' | 'joining' | 'running' | 'rebalancing' | 'failed' | 'closed'

/** What `close` takes. */
export interface ConsumerCloseOptions {
  /** Milliseconds that it may take; what is not done then is left. Default: 30000. */
  readonly timeoutMs?: number | undefined
  /** Whether the group is told, so that it need not wait for the session to end. Default: true, but for static members. */
  readonly leaveGroup?: boolean | undefined
}

const CLIENT_ID = '@k/consumer'
const CLOSE_TIMEOUT_MS = 30_000
const UNKNOWN_TOPIC_OR_PARTITION = 3
// INVALID_TOPIC_EXCEPTION, TOPIC_AUTHORIZATION_FAILED
const NEVER_READABLE = [17, 29]

let sharedClusterUsers = 0

/** The rooms of a consumer, how they are wired, and its life from the first read to the end. */
export class Consumption<K, V> {
  readonly cluster: Cluster
  readonly settings: ResolvedSettings<K, V>
  readonly client: ResolvedClientOptions
  readonly subscription: SubscriptionState = new SubscriptionState()
  readonly participation: Participation
  readonly stream: RecordStream<K, V>
  readonly positions: Positions
  readonly offsets: Offsets
  readonly listening: Listening
  readonly calls: Calls
  /** These two are undefined without a group. */
  readonly groupOffsets: GroupOffsets | undefined
  readonly commits: OffsetCommits | undefined
  readonly #ownsCluster: boolean
  readonly #fetchers: Fetchers
  readonly #resolver: PositionResolver
  readonly #refresh: TopicRefresh
  #unwatch: (() => void) | undefined
  #starting: Promise<void> | undefined
  #isStarted = false
  #isOverlapWarned = false
  #isOver = false
  readonly #ending = new AbortController()
  readonly #missing = new Set<string>()
  #failure: unknown
  #closing: Promise<void> | undefined

  constructor(options: ConsumerOptions<K, V>) {
    checkConsumerNames(options)
    const settings = resolveSettings(options)
    const { cluster, owned, options: client } = openCluster(options, { clientId: CLIENT_ID })
    this.cluster = cluster
    this.settings = settings
    this.client = client
    this.#ownsCluster = owned
    // On a shared cluster everybody has connections of his own for what takes long.
    const lane = (name: 'fetch' | 'group'): Lane => (owned ? name : `${name}:${sharedClusterUsers}`)
    if (!owned) sharedClusterUsers++
    const { clock } = cluster
    const { logger, clientId, defaultApiTimeoutMs } = client
    const { groupId, autoCommitIntervalMs } = settings
    const { subscription } = this
    const buffer = new FetchBuffer(settings.fetchMaxBytes, () => this.#fetchers.poll())
    const deserialization = new Deserialization(settings.keyDeserializer, settings.valueDeserializer, settings.onDeserializationError)
    const stream = new RecordStream(
      new ChunkSource(buffer, deserialization, settings.maxPollRecords),
      clock,
      !settings.enableAutoOffsetStore,
    )
    this.stream = stream
    this.#refresh = new TopicRefresh(cluster, { ...client, allowAutoTopicCreation: settings.allowAutoCreateTopics })
    const fetching = { ...settings, ...client, lane: lane('fetch'), decode: settings }
    this.#fetchers = new Fetchers(cluster, subscription, buffer, fetching, this.#refresh, logger, {
      arrived: () => stream.arrival.wake(),
      lost: (state, why) => this.#resetPosition(state, why),
      failed: (error) => this.fail(error),
    })
    this.offsets = new Offsets(cluster, { ...client, isolationLevel: settings.isolationLevel })
    this.listening = new Listening(clock, settings.maxPollIntervalMs, logger, (error) => stream.raise(error))
    this.calls = new Calls(clock, defaultApiTimeoutMs)
    if (groupId !== undefined) {
      this.groupOffsets = new GroupOffsets(cluster, { ...client, groupId, lane: lane('group') })
      const member = () => this.participation.member
      const committing = { clientId, groupId, defaultApiTimeoutMs, autoCommitIntervalMs, member }
      this.commits = new OffsetCommits(this.groupOffsets, subscription, stream, clock, logger, committing)
    }
    this.#resolver = new PositionResolver(cluster, subscription, this.offsets, this.groupOffsets, settings.autoOffsetReset, client, () => {
      this.#fetchers.poll()
      stream.arrival.wake()
    })
    this.positions = new Positions(subscription, stream, this.#fetchers, this.#resolver)
    this.participation = new Participation({
      cluster,
      client,
      settings: settings as ResolvedSettings<unknown, unknown>,
      groupLane: lane('group'),
      subscription,
      stream,
      listening: this.listening,
      refresh: this.#refresh,
      automatic: () => this.automatic,
      changed: () => this.#changed(),
      failed: (error) => this.fail(error),
    })
    if (settings.topics !== undefined) this.participation.subscribe(settings.topics, undefined)
  }

  get state(): ConsumerState {
    if (this.#closing !== undefined) return 'closed'
    if (this.#failure !== undefined) return 'failed'
    if (!this.#isStarted) return this.#starting === undefined ? 'idle' : 'joining'
    return this.participation.state ?? (this.subscription.kind === 'partitions' ? 'running' : 'idle')
  }

  /** Whether closing has ended. */
  get isOver(): boolean {
    return this.#isOver
  }

  get #facts(): ConsumerFacts {
    return { clientId: this.client.clientId, groupId: this.settings.groupId }
  }

  /** Commits by itself, where that is wanted. */
  get automatic(): OffsetCommits | undefined {
    return this.settings.enableAutoCommit ? this.commits : undefined
  }

  /** Begins to read, at the first call; later ones do nothing. */
  start(): void {
    this.#starting ??= this.#start()
  }

  /** @throws KafkaError where there is nothing to read, or what there is cannot be read */
  checkReadable(): void {
    this.listening.refuseInside('reading')
    const { kind, topics } = this.subscription
    if (kind === 'none') {
      throw new KafkaError(
        'NO_SUBSCRIPTION',
        'there is nothing to read: give topics to the consumer, or call subscribe() or assign() first',
      )
    }
    for (const topic of topics) {
      const errorCode = this.cluster.topic(topic)?.errorCode ?? 0
      if (NEVER_READABLE.includes(errorCode)) {
        this.#refresh.doubt(topic)
        throw new BrokerError(errorCode, `topic ${topic} cannot be read`)
      }
    }
    const failure = this.#resolver.takeFailure()
    if (failure !== undefined) throw failure
  }

  /** Rejects the current and every later read. */
  fail(error: unknown): void {
    if (this.#failure !== undefined || this.#closing !== undefined) return
    this.#failure = error
    this.client.logger.error('the consumer has failed and reads no more', { groupId: this.settings.groupId, error })
    diagnostics.consumerFailed.publish({ ...this.#facts, error })
    this.#fetchers.close()
    this.stream.fail(error)
    // Others may have the partitions.
    this.participation.leave(true)
  }

  /** Somebody asks for the next record before he has this one. */
  warnOfOverlap(): void {
    if (!this.#isOverlapWarned) {
      this.client.logger.warn(
        'next() was called while another was pending: it is queued, and counts the record before as processed. For work side by side set ' +
          'enableAutoOffsetStore to false and call processed(record)',
      )
    }
    this.#isOverlapWarned = true
  }

  close(o: ConsumerCloseOptions): Promise<void> {
    this.#closing ??= this.#close(o)
    return this.#closing
  }

  async #start(): Promise<void> {
    const { defaultApiTimeoutMs, logger } = this.client
    const onRetry = (error: KafkaError, attempt: number) => {
      if (attempt === 1) logger.warn('the cluster cannot be reached; it is tried again', { error })
    }
    const connect = () => this.cluster.connect()
    try {
      await retry(retryScope(this.cluster, this.client), connect, {
        timeoutMs: defaultApiTimeoutMs,
        what: 'connecting to the cluster',
        signal: this.#ending.signal,
        onRetry,
      })
    } catch (error) {
      // The next read tries again, unless that is hopeless.
      this.#starting = undefined
      if (KafkaError.is(error) && error.retriable) this.stream.raise(error)
      else this.fail(error)
      return
    }
    if (this.#closing !== undefined) return
    this.#isStarted = true
    this.#unwatch = this.cluster.onMetadata(() => {
      this.#fetchers.update()
      this.#warnOfMissingTopics()
      // Who waits looks whether what he waits for can be read at all.
      this.stream.arrival.wake()
    })
    this.#fetchers.start()
    this.participation.start()
    this.automatic?.startAutomatic()
    this.#changed()
  }

  #warnOfMissingTopics(): void {
    for (const topic of this.subscription.topics) {
      if (this.cluster.topic(topic)?.errorCode !== UNKNOWN_TOPIC_OR_PARTITION || this.#missing.has(topic)) continue
      this.#missing.add(topic)
      this.client.logger.warn('a subscribed topic does not exist; it is read as soon as it does', { topic })
    }
  }

  #changed(): void {
    if (this.#closing !== undefined) return
    this.#fetchers.update()
    this.#resolver.settled.wake()
    if (this.#isStarted) this.#resolver.resolve()
  }

  /** The position is no good any more: begins where the policy says. */
  #resetPosition(state: PartitionState, why: string): void {
    const { topic, partition, position } = state
    const { autoOffsetReset } = this.settings
    this.client.logger.warn('a position is reset', { topic, partition, position, why, autoOffsetReset })
    diagnostics.positionReset.publish({ ...this.#facts, topic, partition, position, why })
    state.unresolve('policy')
    this.stream.drop([state])
    this.#resolver.resolve()
  }

  async #close({
    timeoutMs = CLOSE_TIMEOUT_MS,
    leaveGroup = this.settings.groupInstanceId === undefined,
  }: ConsumerCloseOptions): Promise<void> {
    const { clock } = this.cluster
    this.stream.close()
    this.#ending.abort()
    this.#fetchers.close()
    this.calls.close()
    this.commits?.stopAutomatic()
    const end = async () => {
      await this.participation.leave(leaveGroup)
      await this.commits?.settled()
      for (const closer of this.settings.closers) await closer.close?.()
    }
    await withDeadline(clock, end(), timeoutMs, { what: 'closing the consumer' }).catch((error) => {
      this.client.logger.warn('the consumer was not closed in good order', { groupId: this.settings.groupId, error })
    })
    this.listening.close()
    this.participation.close()
    this.#unwatch?.()
    this.#resolver.close()
    this.#refresh.close()
    if (this.#ownsCluster) await this.cluster.close()
    this.#isOver = true
  }
}
