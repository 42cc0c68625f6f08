import { ConfigError } from '@k/protocol'
import { BrokerConfigs } from './broker-configs.ts'
import type { BrokerState } from './broker-state.ts'
import type { ResolvedFakeClusterOptions } from './fake-cluster-options.ts'
import { FetchSessions } from './fetch-sessions.ts'
import { GroupCoordinator } from './group/group-coordinator.ts'
import { TransactionalOffsets } from './group/transactional-offsets.ts'
import { enterIsr, leaveIsr, placeReplicas } from './leaders.ts'
import { Partition } from './partition.ts'
import { randomUuid } from './random-ids.ts'
import { Refusal } from './refusal.ts'
import { Topic, topicNameProblem } from './topic.ts'
import { TopicConfigs } from './topic-configs.ts'
import { TransactionCoordinator } from './transaction/transaction-coordinator.ts'

/** How a topic is to be. What is left out is as the cluster has it. */
export interface NewTopic {
  readonly numPartitions?: number | undefined
  readonly replicationFactor?: number | undefined
  readonly configs?: ReadonlyMap<string, string>
  /** Brokers of each partition, instead of a number of partitions and a factor. */
  readonly assignments?: readonly (readonly number[])[]
}

/** The partitions of Kafka's topic of offsets: groups with one and the same have one coordinator. */
const COORDINATOR_PARTITIONS = 50
const DEFAULT_REPLICATION_FACTOR = 3

/** Everything that the brokers of a cluster share. Handlers read and change it; nothing here knows of connections. */
export class ClusterState {
  readonly options: ResolvedFakeClusterOptions
  readonly clusterId: string
  readonly brokers = new Map<number, BrokerState>()
  readonly brokerConfigs: BrokerConfigs
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly transactionalOffsets: TransactionalOffsets
  readonly #topics = new Map<string, Topic>()
  readonly #topicsById = new Map<string, Topic>()
  readonly #fetchSessions = new Map<number, FetchSessions>()
  readonly #coordinators = new Map<string, number>()
  readonly #listeners = new Set<() => void>()
  #created = 0
  #nextProducerId = 0n

  constructor(options: ResolvedFakeClusterOptions) {
    this.options = options
    this.clusterId = randomUuid(options.random)
    this.brokerConfigs = brokerConfigsOf(options)
    const { clock, random, groups } = options
    this.groups = new GroupCoordinator({
      options: groups,
      catalog: this,
      clock,
      random,
      keepsAssignmentEpochs: options.release.version === '4.4',
      changed: () => this.changed(),
    })
    this.transactionalOffsets = new TransactionalOffsets(this.groups.offsets)
    this.transactions = new TransactionCoordinator({
      clock,
      maxTimeoutMs: options.transactionMaxTimeoutMs,
      bumpsEpoch: (options.features.get('transaction.version') ?? 0) >= 2,
      offsets: this.transactionalOffsets,
      nextProducerId: () => this.nextProducerId(),
      partition: (topic, index) => this.topic(topic)?.partitions[index],
      offsetsPartition: (groupId) => this.offsetsPartition(groupId),
      changed: () => this.changed(),
    })
  }

  /** Calls `listener` whenever something may have changed, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  changed(): void {
    this.transactions.proceed()
    for (const listener of [...this.#listeners]) listener()
  }

  get aliveBrokers(): BrokerState[] {
    return [...this.brokers.values()].filter(({ isAlive }) => isAlive)
  }

  /** The broker that answers for the controller: the first that is up; -1 where none is. */
  get controllerId(): number {
    return this.aliveBrokers[0]?.id ?? -1
  }

  get topics(): Topic[] {
    return [...this.#topics.values()]
  }

  topic(name: string): Topic | undefined {
    return this.#topics.get(name)
  }

  topicById(topicId: string): Topic | undefined {
    return this.#topicsById.get(topicId)
  }

  /**
   * The topic as it would be created, with an id, but not yet in the cluster.
   * @throws Refusal as the controller would
   */
  planTopic(name: string, wanted: NewTopic = {}): Topic {
    const problem = topicNameProblem(name)
    if (problem !== undefined) throw new Refusal('INVALID_TOPIC_EXCEPTION', problem)
    if (this.#topics.has(name)) throw new Refusal('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`)
    const similar = this.topics.find((topic) => metricName(topic.name) === metricName(name))
    if (similar !== undefined) throw new Refusal('INVALID_TOPIC_EXCEPTION', `Topic '${name}' collides with existing topic: ${similar.name}`)
    const configs = new TopicConfigs(wanted.configs ?? new Map(), this.brokerConfigs)
    const partitions = this.#replicasOf(wanted).map((replicas, index) => new Partition(name, index, replicas))
    for (const partition of partitions) this.#startPartition(partition)
    return new Topic(name, randomUuid(this.options.random), partitions, configs, this.options.compression)
  }

  /** @throws Refusal */
  createTopic(name: string, wanted: NewTopic = {}): Topic {
    const topic = this.planTopic(name, wanted)
    this.#created++
    this.#topics.set(name, topic)
    this.#topicsById.set(topic.topicId, topic)
    this.changed()
    return topic
  }

  #replicasOf(
    { numPartitions = Number(this.brokerConfigs.value('num.partitions')), replicationFactor, assignments }: NewTopic,
    start = this.#created,
  ): readonly (readonly number[])[] {
    if (assignments !== undefined) return this.#checkAssignments(assignments)
    const alive = this.aliveBrokers.map(({ id }) => id)
    const factor = replicationFactor ?? Math.min(DEFAULT_REPLICATION_FACTOR, alive.length)
    if (!Number.isInteger(numPartitions) || numPartitions < 1) {
      throw new Refusal('INVALID_PARTITIONS', `Number of partitions was set to an invalid non-positive value.`)
    }
    if (!Number.isInteger(factor) || factor < 1) {
      throw new Refusal('INVALID_REPLICATION_FACTOR', 'Replication factor must be larger than 0, or -1 to use the default value.')
    }
    if (factor > alive.length) {
      throw new Refusal(
        'INVALID_REPLICATION_FACTOR',
        `Unable to replicate the partition ${factor} time(s): The target replication factor of ${factor} cannot be reached because only ${alive.length} broker(s) are registered.`,
      )
    }
    return placeReplicas(alive, numPartitions, factor, start)
  }

  #checkAssignments(assignments: readonly (readonly number[])[], factor = assignments[0]?.length ?? 0): readonly (readonly number[])[] {
    for (const replicas of assignments) {
      const problem = this.#assignmentProblem(replicas, factor)
      if (problem !== undefined) throw new Refusal('INVALID_REPLICA_ASSIGNMENT', `The manual partition assignment includes ${problem}.`)
    }
    return assignments
  }

  #assignmentProblem(replicas: readonly number[], replicationFactor: number): string | undefined {
    if (replicas.length === 0) return 'an empty replica list'
    const twice = replicas.find((id, i) => replicas.indexOf(id) !== i)
    if (twice !== undefined) return `the broker ${twice} more than once`
    const unknown = replicas.find((id) => !this.brokers.has(id))
    if (unknown !== undefined) return `broker ${unknown}, but no such broker is registered`
    if (replicas.length !== replicationFactor) return `a partition with ${replicas.length} replica(s), but others have ${replicationFactor}`
    return undefined
  }

  /** Brokers that are down when a topic is made have no part in it yet. */
  #startPartition(partition: Partition): void {
    const alive = partition.replicas.filter((id) => this.brokers.get(id)?.isAlive)
    if (alive.length === 0)
      throw new Refusal('INVALID_REPLICA_ASSIGNMENT', 'All brokers specified in the manual partition assignment are down.')
    partition.isr = alive
    partition.leader = alive[0] as number
  }

  /**
   * Gives a topic more partitions, `count` in all.
   * @throws Refusal INVALID_PARTITIONS, INVALID_REPLICA_ASSIGNMENT, INVALID_REPLICATION_FACTOR
   */
  addPartitions(topic: Topic, count: number, assignments: readonly (readonly number[])[] | null, validateOnly = false): void {
    const { name, partitions } = topic
    const has = partitions.length
    if (count === has) throw new Refusal('INVALID_PARTITIONS', `Topic already has ${has} partition(s).`)
    if (count < has) {
      throw new Refusal('INVALID_PARTITIONS', `The topic ${name} currently has ${has} partition(s); ${count} would not be an increase.`)
    }
    const more = count - has
    const given = assignments?.length ?? more
    if (given !== more) {
      throw new Refusal(
        'INVALID_REPLICA_ASSIGNMENT',
        `Attempted to add ${more} additional partition(s), but only ${given} assignment(s) were specified.`,
      )
    }
    const factor = partitions[0]!.replicas.length
    const replicas =
      assignments === null
        ? this.#replicasOf({ numPartitions: more, replicationFactor: factor }, partitions[0]!.replicas[0]! - 1 + has)
        : this.#checkAssignments(assignments, factor)
    const added = replicas.map((each, i) => new Partition(name, has + i, each))
    for (const partition of added) this.#startPartition(partition)
    if (validateOnly) return
    topic.addPartitions(added)
    this.changed()
  }

  /** Topics look up again what brokers say. */
  brokerConfigsChanged(): void {
    for (const topic of this.#topics.values()) topic.configs = new TopicConfigs(topic.configs.given, this.brokerConfigs)
    this.changed()
  }

  deleteTopic(topic: Topic): void {
    this.#topics.delete(topic.name)
    this.#topicsById.delete(topic.topicId)
    this.groups.offsets.forgetTopic(topic.name)
    for (const partition of topic.partitions) partition.lead(-1)
    this.changed()
  }

  /** Ids that were never given before. */
  nextProducerId(): bigint {
    return this.#nextProducerId++
  }

  /** The broker that coordinates a group or a transactional id; undefined where none is up. */
  coordinatorOf(kind: 'group' | 'transaction', key: string): BrokerState | undefined {
    const name = `${kind}:${key}`
    const known = this.#coordinators.get(name)
    if (known !== undefined && this.brokers.get(known)?.isAlive) return this.brokers.get(known)
    const ids = [...this.brokers.keys()]
    const start = coordinatorPartition(key)
    const id = ids.map((_, i) => ids[(start + i) % ids.length] as number).find((each) => this.brokers.get(each)?.isAlive)
    if (id === undefined) return undefined
    this.#coordinators.set(name, id)
    return this.brokers.get(id)
  }

  /** The partition of Kafka's topic of offsets that keeps those of a group. */
  offsetsPartition(groupId: string): number {
    return coordinatorPartition(groupId)
  }

  /** Gives a transactional id to another broker, which knows what the one before knew. */
  moveTransactionCoordinator(transactionalId: string, brokerId: number): void {
    this.#coordinators.set(`transaction:${transactionalId}`, brokerId)
    this.transactions.moved(transactionalId)
    this.changed()
  }

  /** Gives a group to another broker, as after a restart of its coordinator. */
  moveCoordinator(groupId: string, brokerId: number): void {
    this.#coordinators.set(`group:${groupId}`, brokerId)
    this.groups.moved(groupId)
    this.changed()
  }

  /** The fetch sessions of a broker. */
  fetchSessions(brokerId: number): FetchSessions {
    const known = this.#fetchSessions.get(brokerId)
    if (known !== undefined) return known
    const slots = () => Number(this.brokerConfigs.value('max.incremental.fetch.session.cache.slots'))
    const sessions = new FetchSessions(this.options.random, slots)
    this.#fetchSessions.set(brokerId, sessions)
    return sessions
  }

  /** A broker has gone: others lead and coordinate what it did. */
  brokerDown(broker: BrokerState): void {
    broker.isAlive = false
    this.#fetchSessions.delete(broker.id)
    for (const { partitions, mayBeUnclean } of this.#topics.values()) {
      for (const partition of partitions) leaveIsr(partition, broker.id, this.brokers, mayBeUnclean)
    }
    for (const [name, id] of this.#coordinators) {
      if (id !== broker.id) continue
      this.#coordinators.delete(name)
      if (name.startsWith('group:')) this.groups.moved(name.slice('group:'.length))
      else this.transactions.moved(name.slice('transaction:'.length))
    }
    this.changed()
  }

  brokerUp(broker: BrokerState): void {
    broker.isAlive = true
    for (const { partitions, mayBeUnclean } of this.#topics.values()) {
      for (const partition of partitions) enterIsr(partition, broker.id, this.brokers, mayBeUnclean)
    }
    this.changed()
  }
}

/** The configs of brokers: what the options say by other names is told as what brokers started with. */
function brokerConfigsOf({ configs, autoCreateTopics, defaultPartitions, racks }: ResolvedFakeClusterOptions): BrokerConfigs {
  const options = [
    ['auto.create.topics.enable', String(autoCreateTopics)],
    ['num.partitions', String(defaultPartitions)],
  ] as const
  try {
    return new BrokerConfigs(new Map([...options, ...configs]), (id) => {
      const rack = racks[id - 1]
      return { 'broker.id': String(id), 'node.id': String(id), ...(rack === undefined ? {} : { 'broker.rack': rack }) }
    })
  } catch (error) {
    if (error instanceof Refusal) throw new ConfigError('configs', `is not what a broker takes: ${error.message}`)
    throw error
  }
}

/** Names that differ in nothing but these two characters would share their metrics in Kafka. */
function metricName(topic: string): string {
  return topic.replaceAll('.', '_')
}

function coordinatorPartition(key: string): number {
  return Math.abs(javaHashCode(key)) % COORDINATOR_PARTITIONS
}

/** Java's `String.hashCode`, by which Kafka spreads groups over coordinators. */
function javaHashCode(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(31, hash) + text.charCodeAt(i)) | 0
  return hash
}
