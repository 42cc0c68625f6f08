import type { AnyApi, Transport } from '@k/protocol'
import type { Truthy, WaitOptions } from './awaiting.ts'
import { BrokerServers } from './broker-servers.ts'
import { ClusterState } from './cluster-state.ts'
import type { FaultChoice } from './control/fault-choice.ts'
import type { RecordedRequest, RecordedRequests } from './control/recorded-requests.ts'
import type { RuleFilter } from './control/rule.ts'
import { checkFilter } from './control/rule-filter.ts'
import { Rules } from './control/rules.ts'
import type { FakeBroker } from './fake-broker.ts'
import { type FakeClusterOptions, type FakeTopicOptions, type ResolvedFakeClusterOptions, resolveOptions } from './fake-cluster-options.ts'
import type { FakeGroup } from './fake-group.ts'
import type { FakeRecord, FakeRecordsOptions } from './fake-record.ts'
import { type FakeSnapshot, snapshotOf } from './fake-snapshot.ts'
import { type FakeCommittedOffset, type FakeLag, GroupControl } from './group-control.ts'
import { checkServed } from './handlers/handler-table.ts'
import { LogControl } from './log-control.ts'
import { type FakeTopicPartition, TopicControl } from './topic-control.ts'
import { type FakeTransaction, TransactionControl } from './transaction-control.ts'
import { awaitChange, awaitRequest, waitingClockOf } from './waits.ts'

/**
 * A Kafka cluster inside this process: it speaks the real protocol, over TCP on loopback and in memory, and keeps everything in memory. For tests
 * and demonstrations; no database.
 *
 * ```ts
 * const kafka = await FakeCluster.start({ brokers: 3 })
 * await kafka.createTopic('orders', { numPartitions: 3 })
 * // ... clients with { bootstrapServers: kafka.bootstrapServers }
 * await kafka.close()
 * ```
 */
export class FakeCluster {
  readonly #state: ClusterState
  readonly #topics: TopicControl
  readonly #logs: LogControl
  readonly #groups: GroupControl
  readonly #transactions: TransactionControl
  readonly #rules: Rules
  readonly #brokers: BrokerServers
  #closing: Promise<void> | undefined

  private constructor(options: ResolvedFakeClusterOptions) {
    this.#state = new ClusterState(options)
    this.#rules = new Rules(options.random, () => waitingClockOf(this.#state))
    this.#brokers = new BrokerServers(this.#state, this.#rules)
    this.#topics = new TopicControl(this.#state)
    this.#logs = new LogControl(this.#state, this.#topics)
    this.#groups = new GroupControl(this.#state)
    this.#transactions = new TransactionControl(this.#state)
  }

  /**
   * Starts a cluster; when the promise resolves, clients can come.
   * @throws ConfigError for a wrong option; what the operating system says where a port is taken; BrokerError for a topic that cannot be
   */
  static async start(options: FakeClusterOptions = {}): Promise<FakeCluster> {
    const resolved = resolveOptions(options)
    const cluster = new FakeCluster(resolved)
    try {
      await cluster.#brokers.listen(resolved.port)
      for (const [name, topic] of resolved.topics) await cluster.createTopic(name, topic)
    } catch (error) {
      await cluster.close()
      throw error
    }
    return cluster
  }

  /** The addresses of all brokers, for the option `bootstrapServers`. Without TCP they exist for {@link transport} alone. */
  get bootstrapServers(): string {
    return this.brokers.map(({ host, port }) => `${host}:${port}`).join(',')
  }

  /** Leads clients to the brokers inside the process, with no socket; also where there is TCP. */
  get transport(): Transport {
    return this.#brokers.network
  }

  /** 22 characters of base64url. */
  get clusterId(): string {
    return this.#state.clusterId
  }

  /** All brokers, killed ones included, by id. */
  get brokers(): readonly FakeBroker[] {
    return this.#brokers.all
  }

  /**
   * One broker, by its id.
   * @throws KafkaError BROKER_UNKNOWN
   */
  broker(id: number): FakeBroker {
    return this.#brokers.get(id)
  }

  /** The requests that brokers have seen, the latest ones. */
  get requests(): RecordedRequests {
    return this.#brokers.recorder
  }

  /** What went wrong inside, the first 1,000 of it: requests that could not be read, whose connections were ended, and bugs of this package. */
  get failures(): readonly unknown[] {
    return this.#brokers.failures
  }

  /**
   * Creates a topic.
   * @throws BrokerError as Kafka would answer: TOPIC_ALREADY_EXISTS, INVALID_TOPIC_EXCEPTION, INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_CONFIG
   */
  async createTopic(name: string, options: FakeTopicOptions = {}): Promise<void> {
    this.#topics.create(name, options)
  }

  /**
   * Deletes a topic with all its records.
   * @throws BrokerError UNKNOWN_TOPIC_OR_PARTITION
   */
  async deleteTopic(name: string): Promise<void> {
    this.#topics.delete(name)
  }

  /**
   * Gives a topic other configs, by Kafka's names; null takes one away. Those that are not named stay.
   * @throws BrokerError UNKNOWN_TOPIC_OR_PARTITION, INVALID_CONFIG
   */
  alterConfigs(topic: string, configs: Readonly<Record<string, string | number | boolean | null>>): void {
    this.#topics.alterConfigs(topic, configs)
  }

  /**
   * Gives a topic more partitions, `count` in all.
   * @throws BrokerError UNKNOWN_TOPIC_OR_PARTITION, INVALID_PARTITIONS
   */
  createPartitions(topic: string, count: number): void {
    this.#topics.createPartitions(topic, count)
  }

  /**
   * Chooses requests of one API for which something is to go wrong: `kafka.on(Produce).once().fail('NOT_LEADER_OR_FOLLOWER')`.
   * @throws ConfigError for an API that this cluster does not serve, or a filter that nothing can fit
   */
  on<A extends AnyApi>(api: A, filter: RuleFilter<A> = {}): FaultChoice<A> {
    checkServed(api, this.#state.options.release)
    this.#checkFilter(filter)
    return this.#rules.on(api, filter)
  }

  /** Like {@link on}, for requests of every API: `kafka.onAny({ clientId: 'shop' }).blackhole()`, and nobody hears of that client any more. */
  onAny(filter: RuleFilter<AnyApi> = {}): FaultChoice {
    this.#checkFilter(filter)
    return this.#rules.on<AnyApi>(undefined, filter)
  }

  #checkFilter(filter: RuleFilter<AnyApi>): void {
    const ids = this.brokers.map(({ id }) => id)
    checkFilter(filter, ids)
  }

  /** Ends every fault that was set with {@link on} and {@link onAny}. */
  clearFaults(): void {
    this.#rules.clear()
  }

  /**
   * Gives a partition another leader, in the next epoch.
   * @throws KafkaError INVALID_ARGUMENT where the broker holds no replica of it or is down
   */
  moveLeader(partition: FakeTopicPartition, brokerId: number): void {
    this.#topics.moveLeader(partition, this.broker(brokerId).id)
  }

  /** Leaves a partition without a leader, in the next epoch, until {@link moveLeader} or a broker that is revived gives it one. */
  removeLeader(partition: FakeTopicPartition): void {
    this.#topics.removeLeader(partition)
  }

  /**
   * Cuts a log at `offset`, as the election of a leader does that has no more (an unclean one): what came later is lost, and the leader is in
   * the next epoch.
   * @throws KafkaError INVALID_ARGUMENT for an offset that the log does not have
   */
  truncate(partition: FakeTopicPartition, offset: number): void {
    this.#logs.truncate(partition, offset)
  }

  /**
   * Deletes the records below `beforeOffset`, which becomes the log's first.
   * @throws KafkaError INVALID_ARGUMENT for an offset that the log does not have, or that is above the high watermark
   */
  deleteRecords(partition: FakeTopicPartition, beforeOffset: number): void {
    this.#logs.deleteRecords(partition, beforeOffset)
  }

  /**
   * Deletes what a topic keeps no longer by `retention.ms` and `retention.bytes`, batch by batch from the front. Nothing is deleted until this
   * is called.
   * @throws BrokerError UNKNOWN_TOPIC_OR_PARTITION; KafkaError INVALID_ARGUMENT where `cleanup.policy` is not to delete
   */
  applyRetention(topic: string): void {
    this.#logs.applyRetention(topic)
  }

  /**
   * Compacts a topic: of each key the last record stays, with its offset. Tombstones stay until a compaction that comes `delete.retention.ms`
   * after the first that saw them; markers of transactions stay for good. Nothing is compacted until this is called.
   * @throws BrokerError UNKNOWN_TOPIC_OR_PARTITION; KafkaError INVALID_ARGUMENT where `cleanup.policy` is not to compact, or for a codec that answers
   * with a promise
   */
  compact(topic: string): void {
    this.#logs.compact(topic)
  }

  /**
   * A follower gets no more records. As long as it is in sync it holds back the high watermark: nobody can read what it has not got, and producers
   * with acks -1 wait. Where it becomes the leader, what it has not got is lost. See {@link catchUpReplica}; a broker that is revived catches up
   * by itself.
   * @throws KafkaError INVALID_ARGUMENT where the broker does not follow, or is down
   */
  lagReplica(partition: FakeTopicPartition, brokerId: number): void {
    this.#logs.lagReplica(partition, brokerId)
  }

  /**
   * A follower that lagged gets all that it has missed, and is in sync.
   * @throws KafkaError INVALID_ARGUMENT where the broker does not follow, or is down
   */
  catchUpReplica(partition: FakeTopicPartition, brokerId: number): void {
    this.#logs.catchUpReplica(partition, brokerId)
  }

  /**
   * A follower falls out of sync, and gets no more records, until {@link catchUpReplica}.
   * @throws KafkaError INVALID_ARGUMENT where the broker does not follow, or is down
   */
  shrinkIsr(partition: FakeTopicPartition, brokerId: number): void {
    this.#logs.shrinkIsr(partition, brokerId)
  }

  /**
   * Gives a group another coordinator. What was under way is lost, as when a coordinator restarts: JoinGroup and SyncGroup requests that wait
   * are answered with NOT_COORDINATOR; members, generation and offsets are kept.
   * @throws KafkaError INVALID_ARGUMENT where the broker is down
   */
  moveCoordinator(group: string, brokerId: number): void {
    this.#groups.moveCoordinator(group, this.broker(brokerId).id)
  }

  /**
   * Gives a transactional id another coordinator, which knows what the one before knew: a transaction goes on.
   * @throws KafkaError INVALID_ARGUMENT where the broker is down
   */
  moveTransactionCoordinator(transactionalId: string, brokerId: number): void {
    this.#transactions.moveCoordinator(transactionalId, this.broker(brokerId).id)
  }

  /** The broker that leads a partition; -1 where none does. */
  leaderOf(partition: FakeTopicPartition): number {
    return this.#topics.partition(partition).leader
  }

  /** The broker that coordinates a group; -1 where none is up. */
  coordinatorOf(group: string): number {
    return this.#state.coordinatorOf('group', group)?.id ?? -1
  }

  /** The broker that coordinates a transactional id; -1 where none is up. */
  transactionCoordinatorOf(transactionalId: string): number {
    return this.#state.coordinatorOf('transaction', transactionalId)?.id ?? -1
  }

  /** Every transactional id and how it stands, in the order in which producers first came with them. */
  transactions(): FakeTransaction[] {
    return this.#transactions.all()
  }

  /**
   * Aborts a transaction as if its time were up: its producer is fenced.
   * @throws KafkaError INVALID_ARGUMENT where there is no open transaction
   */
  expireTransaction(transactionalId: string): void {
    this.#transactions.expire(transactionalId)
  }

  /**
   * Makes the brokers of a partition forget every producer that has written to it, as when all that they wrote was deleted: the next
   * sequence number of each may be any, unless its transaction tells it (KIP-890). What is open stays open.
   */
  forgetProducers(partition: FakeTopicPartition): void {
    this.#topics.partition(partition).forgetProducers()
  }

  /**
   * Every record of a topic, by partition and in the order of the log; those of transactions too, unless only committed ones are asked for.
   * @throws BrokerError UNKNOWN_TOPIC_OR_PARTITION
   * @throws DecodeError UNKNOWN_CODEC for a codec that was not handed in
   */
  records(topic: string, options?: FakeRecordsOptions): FakeRecord[] {
    return this.#topics.records(topic, options)
  }

  /** What a group has committed; empty where it has nothing. */
  committed(group: string): FakeCommittedOffset[] {
    return this.#groups.committed(group)
  }

  /** How far a group is behind, in the partitions that it has committed an offset of and those that its members hold; empty where there are none. */
  lag(group: string): FakeLag[] {
    return this.#groups.lag(group)
  }

  /** How a group stands now; undefined where there is none of this id. */
  group(groupId: string): FakeGroup | undefined {
    return this.#groups.snapshot(groupId)
  }

  /**
   * Ends the session of a member, as if the coordinator had not heard of it for too long: it is out of the group, and hears of that with its next
   * request (UNKNOWN_MEMBER_ID).
   * @param member - its id, or the name of a static member
   * @throws KafkaError INVALID_ARGUMENT where there is no such member
   */
  expireSession(group: string, member: string): void {
    this.#groups.expireSession(group, member)
  }

  /**
   * Fences a member: a static member of a classic group as if another of its name had come (FENCED_INSTANCE_ID), a member of a consumer group by an
   * epoch that it has not heard of (FENCED_MEMBER_EPOCH).
   * @param member - its id, or the name of a static member
   * @throws KafkaError INVALID_ARGUMENT where there is no such member; for a member of a classic group that is not static, which nothing can fence
   */
  fenceMember(group: string, member: string): void {
    this.#groups.fenceMember(group, member)
  }

  /** How everything stands now: brokers, topics, groups, transactions, in plain values that JSON can hold. */
  snapshot(): FakeSnapshot {
    return snapshotOf(this.#state, this.#groups, this.#transactions)
  }

  /**
   * Waits for a request, or finds it among those that were seen already (see {@link requests}: `clear()` forgets them).
   * @throws KafkaError TIMED_OUT; ConfigError for an API that this cluster does not serve
   */
  async sawRequest<A extends AnyApi>(
    api: A,
    predicate: (request: RecordedRequest<A>) => boolean = () => true,
    options?: WaitOptions,
  ): Promise<RecordedRequest<A>> {
    checkServed(api, this.#state.options.release)
    return awaitRequest(api, predicate, this.requests, waitingClockOf(this.#state), options)
  }

  /**
   * Waits until `predicate` returns something that counts as true, and returns that. It is asked after each change of the cluster, and every 10 ms.
   * @throws KafkaError TIMED_OUT
   */
  async until<T>(predicate: () => T | Promise<T>, options?: WaitOptions): Promise<Truthy<T>> {
    return awaitChange(predicate, this.#state, options)
  }

  /** Ends all connections and timers. Clients see what they see when every broker dies. A second call waits for the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#state.groups.close()
    this.#state.transactions.close()
    await this.#brokers.close()
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
