import { type Metadata as MetadataApi, type MetadataResponse, type RequestInputOf, type Timer, ZERO_UUID } from '@k/protocol'
import { ignore } from './deadline.ts'
import { diagnostics } from './diagnostics.ts'
import { MetadataBatch } from './metadata-batch.ts'
import type { ResolvedOptions } from './options.ts'
import { type BrokerMetadata, isBroker, mergeTopic, readBrokers, type TopicMetadata } from './topic-metadata.ts'

/** A metadata request's body. */
export type MetadataBody = RequestInputOf<typeof MetadataApi>

/** Asks some broker for metadata. `version` is the one that was spoken. */
export type FetchMetadata = (body: (version: number) => MetadataBody) => Promise<{ response: MetadataResponse; version: number }>

/** A leader that a broker named when it refused a request (KIP-951). */
export interface LeaderHint {
  /** Id of the broker that leads. */
  readonly leaderId: number
  /** Grows with each new leader. */
  readonly leaderEpoch: number
}

/** A broker that such a hint speaks of. */
export interface NodeEndpoint {
  /** Its id. */
  readonly nodeId: number
  /** Where clients reach it. */
  readonly host: string
  /** The port of the listener on which the client came. */
  readonly port: number
  /** Kafka: `broker.rack` */
  readonly rack?: string | null
}

interface TopicOfInterest {
  /** Undefined until a broker has told of it. */
  metadata: TopicMetadata | undefined
  /** Whether it was looked up since the last refresh by age; a topic that nobody looks up is forgotten. */
  used: boolean
}

/**
 * The picture of the cluster: brokers, controller, and the topics that somebody asked for. One request is in flight at a time, and whoever
 * wants the same shares it.
 */
export class Metadata {
  readonly #options: ResolvedOptions
  readonly #fetch: FetchMetadata
  readonly #topics = new Map<string, TopicOfInterest>()
  readonly #listeners = new Set<() => void>()
  /** Names by topic id, made when somebody asks by id; undefined when topics have changed since. */
  #names: Map<string, string> | undefined
  #brokers: ReadonlyMap<number, BrokerMetadata> = new Map()
  /** Whether any broker has ever answered. */
  loaded = false
  controllerId: number | undefined
  clusterId: string | undefined
  #running: MetadataBatch | undefined
  #next: MetadataBatch | undefined
  #timer: Timer | undefined
  /** Whether the timer is that of {@link refreshSoon}. */
  #isSoon = false
  #closed: Error | undefined

  constructor(options: ResolvedOptions, fetch: FetchMetadata) {
    this.#options = options
    this.#fetch = fetch
  }

  get brokers(): readonly BrokerMetadata[] {
    return [...this.#brokers.values()]
  }

  broker(id: number | undefined): BrokerMetadata | undefined {
    return id === undefined ? undefined : this.#brokers.get(id)
  }

  topic(name: string): TopicMetadata | undefined {
    const topic = this.#topics.get(name)
    if (topic === undefined) return undefined
    topic.used = true
    return topic.metadata
  }

  topicById(id: string): TopicMetadata | undefined {
    this.#names ??= new Map([...this.#topics].map(([name, { metadata = { topicId: ZERO_UUID } }]) => [metadata.topicId, name]))
    const name = id === ZERO_UUID ? undefined : this.#names.get(id)
    return name === undefined ? undefined : this.topic(name)
  }

  /** Calls `listener` after each refresh that succeeded, and each hint that was taken, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /** Fetches the named topics, which become of interest; without names all that are. */
  refresh(names?: readonly string[], allowAutoTopicCreation = true): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    for (const name of names ?? []) {
      const topic = this.#topics.get(name)
      if (topic === undefined) this.#topics.set(name, { metadata: undefined, used: true })
      else topic.used = true
    }
    if (this.#running?.covers(names, allowAutoTopicCreation)) return this.#running.done
    this.#next ??= new MetadataBatch()
    const batch = this.#next
    batch.add(names, allowAutoTopicCreation)
    if (this.#running === undefined) this.#runNext()
    return batch.done
  }

  /** The full list; topics do not become of interest by it. */
  async allTopics(): Promise<readonly TopicMetadata[]> {
    const { response, version } = await this.#fetch((version) => metadataBody(version, null, false))
    this.#learn(response)
    this.#tell()
    return response.topics.filter(({ name }) => name !== null).map((topic) => mergeTopic(undefined, topic, version))
  }

  /** The picture may be stale: refreshes it soon, once, in the background. */
  refreshSoon(): void {
    // A refresh under way looks for itself who can be reached.
    if (this.#closed !== undefined || !this.loaded || this.#isSoon || this.#running !== undefined) return
    this.#isSoon = true
    this.#refreshIn(this.#options.retryBackoffMs)
  }

  /** Takes a hint where it is newer than what is known. */
  updateLeader(topic: string, partition: number, hint: LeaderHint, endpoints: readonly NodeEndpoint[] = []): void {
    const entry = this.#topics.get(topic)
    const known = entry?.metadata?.partitions[partition]
    if (entry?.metadata === undefined || known === undefined) return
    if (hint.leaderId < 0 || hint.leaderEpoch <= known.leaderEpoch) return
    for (const { nodeId: id, host, port, rack } of endpoints) this.learnBroker({ id, host, port, rack: rack ?? undefined })
    if (!this.#brokers.has(hint.leaderId)) return
    const partitions = [...entry.metadata.partitions]
    partitions[partition] = { ...known, leader: hint.leaderId, leaderEpoch: hint.leaderEpoch, errorCode: 0 }
    entry.metadata = { ...entry.metadata, partitions }
    this.#tell()
  }

  /** Adds a broker that another answer told of, or its new address. */
  learnBroker(broker: BrokerMetadata): void {
    const { id, host, port } = broker
    const known = this.#brokers.get(id)
    if (!isBroker(id, host, port) || (known?.host === host && known.port === port)) return
    this.#brokers = new Map(this.#brokers).set(id, { ...broker, rack: broker.rack ?? known?.rack })
  }

  /** Stops timers; what waits rejects with `error`. */
  close(error: Error): void {
    this.#closed = error
    this.#timer?.cancel()
    this.#running?.reject(error)
    this.#next?.reject(error)
    this.#listeners.clear()
  }

  #runNext(): void {
    const batch = this.#next
    if (batch === undefined) return
    this.#next = undefined
    this.#running = batch
    this.#run(batch)
  }

  async #run(batch: MetadataBatch): Promise<void> {
    const { clientId, clock } = this.#options
    const started = clock.monotonic()
    const names = batch.everything ? [...new Set([...this.#topics.keys(), ...batch.names])] : [...batch.names]
    let error: Error | undefined
    try {
      const { response, version } = await this.#fetch((version) => metadataBody(version, names, batch.allowAutoTopicCreation))
      this.#learn(response)
      this.#names = undefined
      const topics = asksByName(version, batch.allowAutoTopicCreation) ? response.topics : withMissing(response.topics, names)
      for (const topic of topics) {
        const ours = this.#topics.get(topic.name ?? '')
        // Nobody asked for others.
        if (ours !== undefined) ours.metadata = mergeTopic(ours.metadata, topic, version)
      }
    } catch (cause) {
      error = cause as Error
    }
    const facts = { clientId, clusterId: this.clusterId, brokers: this.#brokers.size, topics: this.#topics.size }
    diagnostics.metadataRefreshed.publish({ ...facts, elapsedMs: clock.monotonic() - started, error })
    this.#ended(batch, error)
  }

  #ended(batch: MetadataBatch, error: Error | undefined): void {
    this.#running = undefined
    if (this.#closed !== undefined) return
    const { metadataMaxAgeMs, retryBackoffMaxMs } = this.#options
    if (error === undefined) {
      this.#tell()
      batch.resolve()
    } else {
      batch.reject(error)
    }
    if (this.loaded && !this.#isSoon)
      this.#refreshIn(error === undefined ? metadataMaxAgeMs : Math.min(metadataMaxAgeMs, retryBackoffMaxMs * 10))
    this.#runNext()
  }

  #refreshIn(ms: number): void {
    this.#timer?.cancel()
    if (ms === Number.POSITIVE_INFINITY) return
    this.#timer = this.#options.clock.setTimer(() => {
      if (!this.#isSoon) this.#forgetUnused()
      this.#isSoon = false
      this.refresh(undefined, false).catch(ignore)
    }, ms)
  }

  #forgetUnused(): void {
    for (const [name, topic] of this.#topics) {
      if (!topic.used) this.#topics.delete(name)
      topic.used = false
    }
    this.#names = undefined
  }

  #learn(response: MetadataResponse): void {
    this.#brokers = readBrokers(response)
    this.clusterId = response.clusterId ?? this.clusterId
    this.controllerId = response.controllerId < 0 ? undefined : response.controllerId
    this.loaded = true
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener()
      } catch (error) {
        this.#options.logger.error('a metadata listener threw', { error })
      }
    }
  }
}

/** The lowest version that can ask for no topic at all and name the controller. */
export const METADATA_MIN_VERSION = 1

const FIRST_WITHOUT_CREATION = 4
const UNKNOWN_TOPIC_OR_PARTITION = 3

/** Earlier versions would create a topic that is asked for by name, where the broker is set to: where that is not wanted they are asked for all. */
function asksByName(version: number, allowAutoTopicCreation: boolean): boolean {
  return version >= FIRST_WITHOUT_CREATION || allowAutoTopicCreation
}

function metadataBody(version: number, names: readonly string[] | null, allowAutoTopicCreation: boolean): MetadataBody {
  const isForAll = names === null || (names.length > 0 && !asksByName(version, allowAutoTopicCreation))
  const topics = isForAll ? null : names.map((name) => ({ name }))
  return version < FIRST_WITHOUT_CREATION ? { topics } : { topics, allowAutoTopicCreation }
}

type Topics = MetadataResponse['topics']

/** All topics of a cluster, and with them those that were asked for and are not there. */
function withMissing(topics: Topics, names: readonly string[]): Topics {
  const found = new Set(topics.map(({ name }) => name))
  const none = {
    errorCode: UNKNOWN_TOPIC_OR_PARTITION,
    topicId: ZERO_UUID,
    isInternal: false,
    partitions: [],
    topicAuthorizedOperations: 0,
  }
  return [...topics, ...names.filter((name) => !found.has(name)).map((name) => ({ name, ...none }))]
}
