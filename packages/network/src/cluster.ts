import { type AnyApi, BrokerError, type Clock, FindCoordinator, KafkaError, type Random } from '@k/protocol'
import type { ApiVersionsTable } from './api-versions-table.ts'
import type { Broker, Lane } from './broker.ts'
import { Brokers } from './brokers.ts'
import { checkCall, checkCoordinatorKey, checkTarget, checkTopics } from './call-checks.ts'
import { type CoordinatorKey, Coordinators } from './coordinators.ts'
import { type CallOptions, withDeadline } from './deadline.ts'
import { ClosedError } from './errors/closed-error.ts'
import type { LeaderHint, Metadata } from './metadata.ts'
import { type ClientOptions, type ClusterOptions, type ResolvedOptions, resolveOptions } from './options.ts'
import type { AnswerOf, RequestBody } from './pending-request.ts'
import {
  type BrokerMetadata,
  LEADER_NOT_AVAILABLE,
  type NodeEndpoint,
  type TopicMetadata,
  UNKNOWN_TOPIC_OR_PARTITION,
} from './topic-metadata.ts'

/** Whom to ask. */
export type RequestTarget =
  | 'any'
  | 'controller'
  | { readonly broker: number }
  | { readonly leaderOf: { readonly topic: string; readonly partition: number } }
  | { readonly coordinatorOf: CoordinatorKey }

/** What a request through a {@link Cluster} takes. */
export interface RequestOptions extends CallOptions {
  /** Whom the request concerns. */
  readonly to: RequestTarget
  /** Which of the broker's connections. Default: `default`. */
  readonly lane?: Lane | undefined
  /** Milliseconds, finding the broker included. Default: `requestTimeoutMs`. */
  readonly timeoutMs?: number | undefined
  /** The lowest version of the API that will do. @default the lowest that both sides speak */
  readonly minVersion?: number | undefined
  /** The highest version of the API that will do. @default the highest that both sides speak */
  readonly maxVersion?: number | undefined
  /** The broker sends no answer (Produce with acks 0): resolves to undefined once the bytes have left. */
  readonly noResponse?: boolean | undefined
  /** The name in the request's header. Default: the cluster's. */
  readonly clientId?: string | undefined
}

/** What {@link Cluster.refresh} takes. */
export interface RefreshOptions extends CallOptions {
  /** Whether brokers may create named topics that do not exist, if they are configured to. Default: true. Kafka: `allow.auto.create.topics` */
  readonly allowAutoTopicCreation?: boolean | undefined
}

/**
 * A Kafka cluster: its brokers, the picture of its topics, and one request at a time to whom it concerns. Connects by itself, shares
 * connections and metadata among all who use it, and never retries: one call, one attempt.
 */
export class Cluster {
  /** What the cluster was made with, and every default. Frozen. */
  readonly options: ResolvedOptions
  /** The time of everybody who shares this cluster. */
  readonly clock: Clock
  /** The chance of everybody who shares this cluster. */
  readonly random: Random
  readonly #metadata: Metadata
  readonly #coordinators: Coordinators
  readonly #brokers: Brokers
  #closing: Promise<void> | undefined

  /** @throws ConfigError for a wrong option; does no I/O */
  constructor(options: ClusterOptions & ClientOptions = {}) {
    this.options = resolveOptions(options)
    this.clock = this.options.clock
    this.random = this.options.random
    this.#brokers = new Brokers(this.options)
    this.#metadata = this.#brokers.metadata
    this.#coordinators = new Coordinators((body) => this.request(FindCoordinator, body, { to: 'any' }))
  }

  /** The brokers, as of the last refresh; empty before the first. */
  get brokers(): readonly BrokerMetadata[] {
    return this.#metadata.brokers
  }

  /** The broker to ask for what the controller decides. */
  get controllerId(): number | undefined {
    return this.#metadata.controllerId
  }

  /** What the cluster calls itself; undefined before the first answer. */
  get clusterId(): string | undefined {
    return this.#metadata.clusterId
  }

  /** Reaches one broker and learns of the others, once. Every other call does it by itself; this is for failing early. @throws ConnectionError, AuthenticationError, TimeoutError */
  async connect(options: CallOptions = {}): Promise<void> {
    this.#check(options)
    await this.#await(this.#connected(), 'connecting to the cluster', options)
  }

  /**
   * Sends one request to whom it concerns and gives the answer: one attempt. Error codes inside the answer are data.
   * @throws ConnectionError, AuthenticationError, TimeoutError, UnsupportedVersionError, DecodeError, ClosedError; BrokerError where nobody
   * can be found to ask
   */
  async request<A extends AnyApi, O extends RequestOptions>(api: A, body: RequestBody<A>, options: O): Promise<AnswerOf<A, O>> {
    this.#check(options)
    checkTarget(options?.to)
    const { to, signal, timeoutMs = this.options.requestTimeoutMs } = options
    const known = this.#known(to)
    if (known !== undefined) return known.request(api, body, options)
    const started = this.clock.monotonic()
    const limits = { what: `finding a broker for ${api.name}`, deadline: 'requestTimeoutMs', signal, sent: false }
    const broker = await withDeadline(this.clock, this.#find(to), timeoutMs, limits)
    return broker.request(api, body, { ...options, timeoutMs: Math.max(0, timeoutMs - (this.clock.monotonic() - started)) })
  }

  /** What is known of a topic: no I/O. Undefined until it was refreshed by name. */
  topic(name: string): TopicMetadata | undefined {
    return this.#metadata.topic(name)
  }

  /** Like {@link topic}, by topic id. */
  topicById(id: string): TopicMetadata | undefined {
    return this.#metadata.topicById(id)
  }

  /**
   * Asks for topics by name, and keeps them fresh as long as somebody looks them up; without names, for all of these. One request is in
   * flight at a time; whoever asks for the same shares it. A topic that does not exist is no error: see its `errorCode`.
   */
  async refresh(topics?: readonly string[], options: RefreshOptions = {}): Promise<void> {
    this.#check(options)
    checkTopics(topics)
    // A few are enough to know what it was about.
    const what = `metadata of ${topics?.slice(0, 5) ?? 'all topics'}`
    await this.#await(this.#metadata.refresh(topics, options.allowAutoTopicCreation), what, options)
  }

  /** All topics of the cluster, internal ones included. */
  async allTopics(options: CallOptions = {}): Promise<readonly TopicMetadata[]> {
    this.#check(options)
    return this.#await(this.#metadata.allTopics(), 'metadata of all topics', options)
  }

  /** Calls `listener` whenever the picture of the cluster may have changed, until the returned function is called. */
  onMetadata(listener: () => void): () => void {
    return this.#metadata.onChange(listener)
  }

  /** Takes what a broker said of a new leader when it refused a request (KIP-951); an older epoch than known is ignored. */
  updateLeader(topic: string, partition: number, leader: LeaderHint, endpoints?: readonly NodeEndpoint[]): void {
    this.#metadata.updateLeader(topic, partition, leader, endpoints)
  }

  /** Who coordinates a group or a transactional id; remembered until {@link forgetCoordinator}. @throws BrokerError */
  async coordinator(key: CoordinatorKey, options: CallOptions = {}): Promise<BrokerMetadata> {
    this.#check(options)
    checkCoordinatorKey(key)
    return this.#await(this.#findCoordinator(key), 'finding a coordinator', options)
  }

  /** The coordinator has moved or died: the next request looks for it again. */
  forgetCoordinator(key: CoordinatorKey): void {
    this.#coordinators.forget(key)
  }

  /** What a broker speaks; connects to it if need be. */
  async apiVersions(brokerId: number, options: CallOptions = {}): Promise<ApiVersionsTable> {
    this.#check(options)
    const versions = this.#find({ broker: brokerId }).then((broker) => broker.connect())
    return this.#await(versions, `connecting to broker ${brokerId}`, options)
  }

  /** The highest version of an API that we and a broker speak: no I/O. Undefined where the broker lacks the API or was never connected. */
  versionOf(api: AnyApi, brokerId: number): number | undefined {
    return this.#brokers.get(brokerId)?.versions?.versionOf(api)
  }

  /** Ends every connection; whatever waits rejects with ClosedError. */
  close(): Promise<void> {
    this.#closing ??= this.#brokers.close(closed())
    return this.#closing
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Why a call is not even begun. @throws ClosedError, KafkaError INVALID_ARGUMENT */
  #check(options: CallOptions): void {
    if (this.#closing !== undefined) throw closed()
    checkCall(options)
  }

  #await<T>(promise: Promise<T>, what: string, { signal }: CallOptions): Promise<T> {
    return withDeadline(this.clock, promise, this.options.defaultApiTimeoutMs, { what, deadline: 'defaultApiTimeoutMs', signal })
  }

  async #connected(): Promise<void> {
    if (!this.#metadata.loaded) await this.#metadata.refresh()
  }

  /** Whom to ask, where that is known already. */
  #known(to: RequestTarget): Broker | undefined {
    if (to === 'any') return this.#brokers.leastBusy()
    return this.#brokers.get(to === 'controller' ? this.controllerId : this.#idOf(to))
  }

  #idOf(to: Exclude<RequestTarget, string>): number | undefined {
    if ('broker' in to) return to.broker
    if ('leaderOf' in to) return this.topic(to.leaderOf.topic)?.partitions[to.leaderOf.partition]?.leader
    return this.#coordinators.known(to.coordinatorOf)?.id
  }

  /** Whom to ask; finds it out. */
  async #find(to: RequestTarget): Promise<Broker> {
    await this.#connected()
    const known = this.#known(to)
    if (known !== undefined) return known
    if (typeof to === 'string') await this.#metadata.refresh()
    else if ('leaderOf' in to) await this.#metadata.refresh([to.leaderOf.topic], false)
    else if ('coordinatorOf' in to) return this.#find({ broker: (await this.#findCoordinator(to.coordinatorOf)).id })
    return this.#known(to) ?? this.#lacks(to)
  }

  /** @throws BrokerError, KafkaError BROKER_UNKNOWN */
  #lacks(to: Exclude<RequestTarget, { coordinatorOf: unknown }>): never {
    if (typeof to === 'object' && 'leaderOf' in to) {
      const { topic: name, partition } = to.leaderOf
      const topic = this.topic(name)
      const errorCode = topic?.errorCode || (topic?.partitions[partition]?.errorCode ?? UNKNOWN_TOPIC_OR_PARTITION) || LEADER_NOT_AVAILABLE
      throw new BrokerError(errorCode, `cannot find the leader of partition ${partition} of topic ${name}`)
    }
    const what = typeof to === 'string' ? to : `broker ${to.broker}`
    const ids = this.brokers.map(({ id }) => id).join(', ')
    throw new KafkaError('BROKER_UNKNOWN', `the cluster has no ${what}; it has ${ids}`, { retriable: true })
  }

  async #findCoordinator(key: CoordinatorKey): Promise<BrokerMetadata> {
    return this.#metadata.learnBroker(await this.#coordinators.find(key))
  }
}

function closed(): ClosedError {
  return new ClosedError('the cluster was closed')
}
