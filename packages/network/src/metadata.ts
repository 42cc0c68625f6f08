import type { Metadata as MetadataApi, MetadataResponse, RequestInputOf } from '@k/protocol'
import { ZERO_UUID } from '@k/protocol'
import { Alarm } from './alarm.ts'
import { abortable, ignore } from './deadline.ts'
import { diagnostics } from './diagnostics.ts'
import { MetadataBatch } from './metadata-batch.ts'
import type { ResolvedOptions } from './options.ts'
import { type BrokerMetadata, mergeTopic, type NodeEndpoint, readBrokers, type TopicMetadata } from './topic-metadata.ts'

/** A metadata request's body. */
export type MetadataBody = RequestInputOf<typeof MetadataApi>

/** Asks some broker for metadata. `version` is the one that is spoken. */
export type FetchMetadata = (body: (version: number) => MetadataBody) => Promise<MetadataResponse>

/** A leader that a broker named when it refused a request (KIP-951). */
export interface LeaderHint {
  /** Id of the broker that leads. */
  readonly leaderId: number
  /** Grows with each new leader. */
  readonly leaderEpoch: number
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
  readonly #alarm: Alarm
  readonly #aborter = new AbortController()
  readonly #brokers = new Map<number, BrokerMetadata>()
  /** Whether any broker has ever answered. */
  loaded = false
  controllerId: number | undefined
  clusterId: string | undefined
  #running: MetadataBatch | undefined
  #next: MetadataBatch | undefined
  /** Whether the alarm is that of {@link refreshSoon}. */
  #isSoon = false

  constructor(options: ResolvedOptions, fetch: FetchMetadata) {
    this.#options = options
    this.#fetch = fetch
    this.#alarm = new Alarm(options.clock, () => {
      if (!this.#isSoon) this.#forgetUnused()
      this.#isSoon = false
      this.refresh(undefined, false).catch(ignore)
    })
  }

  get brokers(): readonly BrokerMetadata[] {
    return [...this.#brokers.values()]
  }

  /** @param id - the address of a bootstrap server is nobody's */
  broker(id: number | string | undefined): BrokerMetadata | undefined {
    return this.#brokers.get(id as number)
  }

  topic(name: string): TopicMetadata | undefined {
    const topic = this.#topics.get(name)
    if (topic === undefined) return undefined
    topic.used = true
    return topic.metadata
  }

  topicById(id: string): TopicMetadata | undefined {
    // Brokers that know no ids say this of all topics.
    if (id === ZERO_UUID) return undefined
    for (const [name, { metadata }] of this.#topics) if (metadata?.topicId === id) return this.topic(name)
    return undefined
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
    for (const name of names ?? []) this.#topics.set(name, { metadata: this.#topics.get(name)?.metadata, used: true })
    const wanted = names ?? [...this.#topics.keys()]
    const mayCreate = allowAutoTopicCreation && names !== undefined
    if (this.#running?.done !== undefined && this.#running.covers(wanted, mayCreate)) return this.#running.done
    this.#next ??= new MetadataBatch()
    const batch = this.#next
    batch.add(wanted, mayCreate)
    batch.done ??= abortable(this.#run(batch), this.#aborter.signal)
    return batch.done
  }

  /** The full list; topics do not become of interest by it. */
  async allTopics(): Promise<readonly TopicMetadata[]> {
    const { topics, version } = await this.#ask(null, false)
    this.#tell()
    return [...topics].map(([name, topic]) => mergeTopic(undefined, name, topic, version))
  }

  /** The picture may be stale: refreshes it soon, once, in the background. */
  refreshSoon(): void {
    const { clock, retryBackoffMs } = this.#options
    // A refresh under way looks for itself who can be reached.
    if (!this.loaded || this.#running !== undefined) return
    this.#isSoon = true
    this.#alarm.ringAt(clock.monotonic() + retryBackoffMs)
  }

  /** Takes a hint where it is newer than what is known. */
  updateLeader(topic: string, partition: number, hint: LeaderHint, endpoints: readonly NodeEndpoint[] = []): void {
    const { leaderId: leader, leaderEpoch } = hint
    const entry = this.#topics.get(topic)
    const known = entry?.metadata?.partitions[partition]
    if (entry?.metadata === undefined || known === undefined || leaderEpoch <= known.leaderEpoch) return
    for (const broker of readBrokers(endpoints)) this.learnBroker(broker)
    // No broker has the id of nobody, -1.
    if (!this.#brokers.has(leader)) return
    const partitions = entry.metadata.partitions.with(partition, { ...known, leader, leaderEpoch, errorCode: 0 })
    entry.metadata = { ...entry.metadata, partitions }
    this.#tell()
  }

  /** Adds a broker that another answer told of, or its new address. */
  learnBroker(broker: BrokerMetadata): BrokerMetadata {
    const { id, rack = this.#brokers.get(id)?.rack } = broker
    const learned = { ...broker, rack }
    this.#brokers.set(id, learned)
    return learned
  }

  /** Stops timers; what waits rejects with `error`. */
  close(error: Error): void {
    this.#listeners.clear()
    this.#alarm.cancel()
    this.#aborter.abort(error)
  }

  async #run(batch: MetadataBatch): Promise<void> {
    if (this.#running !== undefined) {
      await this.#running.done?.catch(ignore)
      this.#aborter.signal.throwIfAborted()
    }
    this.#next = undefined
    this.#running = batch
    const { clientId, clock, metadataMaxAgeMs, retryBackoffMaxMs } = this.#options
    const started = clock.monotonic()
    let error: Error | undefined
    try {
      const { topics, version } = await this.#ask([...batch.names], batch.mayCreate)
      for (const name of batch.names) {
        const ours = this.#topics.get(name)
        // It may have been forgotten meanwhile.
        if (ours !== undefined) ours.metadata = mergeTopic(ours.metadata, name, topics.get(name), version)
      }
    } catch (cause) {
      error = cause as Error
    }
    this.#running = undefined
    const now = clock.monotonic()
    diagnostics.metadataRefreshed.publish({
      clientId,
      clusterId: this.clusterId,
      brokers: this.#brokers.size,
      topics: this.#topics.size,
      elapsedMs: now - started,
      error,
    })
    if (error === undefined) this.#tell()
    if (this.loaded) this.#alarm.ringAt(now + (error === undefined ? metadataMaxAgeMs : Math.min(metadataMaxAgeMs, retryBackoffMaxMs * 10)))
    if (error !== undefined) throw error
  }

  /** Asks for topics by name, or for all, and takes what the answer says of the cluster. */
  async #ask(names: readonly string[] | null, mayCreate: boolean): Promise<{ topics: Map<string, ResponseTopic>; version: number }> {
    let version = 0
    const { brokers, clusterId, controllerId, topics } = await this.#fetch((spoken) => {
      version = spoken
      return metadataBody(spoken, names, mayCreate)
    })
    this.#brokers.clear()
    for (const broker of readBrokers(brokers)) this.learnBroker(broker)
    this.clusterId = clusterId ?? this.clusterId
    this.controllerId = controllerId < 0 ? undefined : controllerId
    this.loaded = true
    const named = new Map(topics.map((topic) => [topic.name, topic]))
    // Of those that are asked for by their ids, which we never do.
    named.delete(null)
    return { topics: named as Map<string, ResponseTopic>, version }
  }

  #forgetUnused(): void {
    for (const [name, topic] of this.#topics) {
      if (!topic.used) this.#topics.delete(name)
      topic.used = false
    }
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

type ResponseTopic = MetadataResponse['topics'][number]

function metadataBody(version: number, names: readonly string[] | null, mayCreate: boolean): MetadataBody {
  // Earlier versions create each topic that is named, where the broker is set to: where that is not wanted they are asked for all.
  const creates = version < 4
  const isForAll = names === null || (creates && !mayCreate && names.length > 0)
  return { topics: isForAll ? null : names.map((name) => ({ name })), allowAutoTopicCreation: creates || mayCreate }
}
