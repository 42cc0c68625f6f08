import type { CallOptions } from '@k/network'
import { KafkaError } from '@k/protocol'
import { ConsumerRecord } from './consumer-record.ts'
import { type ConsumerCloseOptions, type ConsumerState, Consumption } from './consumption.ts'
import type { GroupMetadata } from './group/group-metadata.ts'
import type { GroupOffsets } from './group/group-offsets.ts'
import type { OffsetCommits } from './offset-commits.ts'
import { EARLIEST, LATEST } from './offsets.ts'
import { type ConsumerOptions, checkListener, checkTopics } from './options.ts'
import type { PartitionRecords } from './partition-records.ts'
import { ReaderIterator } from './reader-iterator.ts'
import { ReaderSeat } from './reader-seat.ts'
import type { RebalanceListener } from './rebalance-listener.ts'
import { checkOffset, checkOffsets, checkTopicPartitions, type TopicPartition, type TopicPartitionOffset } from './topic-partition.ts'

/** A time whose offset is wanted. */
export interface TimestampQuery extends TopicPartition {
  /** Milliseconds since the epoch, or a date. */
  readonly timestamp: number | Date
}

/** The first record that is not older than the time that was asked for. */
export interface OffsetAndTimestamp extends TopicPartition {
  /** The first offset at or after the time that was asked for. */
  readonly offset: number
  /** The record's, in milliseconds since the epoch. */
  readonly timestamp: number
  /** Of the leader that wrote it; undefined where the broker does not say. */
  readonly leaderEpoch: number | undefined
}

/**
 * Reads records: `for await (const record of consumer)`. Connects, joins its group and fetches by itself with the first read.
 *
 * A record counts as processed when the next is asked for; what is processed is committed by itself. `break`, `return` and a throw do not ask:
 * the record in hand does not count, and comes again.
 * @typeParam K - what keys are: Buffers unless there is a `keyDeserializer`
 * @typeParam V - what values are: Buffers unless there is a `valueDeserializer`
 */
export class Consumer<K = Buffer, V = Buffer> implements AsyncIterable<ConsumerRecord<K, V>> {
  readonly #consumption: Consumption<K, V>
  readonly #seat: ReaderSeat<K, V>

  /** Does no I/O. @throws ConfigError for a wrong option */
  constructor(options: ConsumerOptions<K, V>) {
    this.#consumption = new Consumption(options)
    this.#seat = new ReaderSeat(this.#consumption)
  }

  /** What the consumer is doing. No I/O. */
  get state(): ConsumerState {
    return this.#consumption.state
  }

  /** Reaches the cluster: for failing early, everything else does it by itself. @throws ConnectionError, AuthenticationError, TimeoutError */
  connect(o: CallOptions = {}): Promise<void> {
    return this.#consumption.calls.run('connecting to the cluster', o, (signal) => this.#consumption.cluster.connect({ signal }))
  }

  /**
   * Reads these topics: a share of them within a group, all of them without one. Replaces an earlier subscription.
   * @param listener - hears which partitions come and go. Default: the option `listener`
   * @throws KafkaError with `SUBSCRIPTION_CONFLICT` while partitions are assigned by hand, `CALLED_IN_LISTENER`
   */
  subscribe(subscription: { readonly topics: readonly string[] }, listener?: RebalanceListener): void {
    const { listening, participation } = this.#open()
    listening.refuseInside('subscribe()')
    participation.subscribe(checkTopics('topics', subscription?.topics), listener === undefined ? undefined : checkListener(listener))
  }

  /** Gives up what was subscribed or assigned, at once; resolves when the group knows of it. */
  async unsubscribe(): Promise<void> {
    const { listening, participation } = this.#open()
    listening.refuseInside('unsubscribe()')
    await participation.unsubscribe()
  }

  /** The subscribed topics. */
  subscription(): readonly string[] {
    return this.#consumption.subscription.topics
  }

  /**
   * Reads these partitions, instead of those before, with no group dealing them out. With a `groupId` offsets are committed nevertheless.
   * @throws KafkaError with `SUBSCRIPTION_CONFLICT` while topics are subscribed
   */
  assign(partitions: readonly TopicPartition[]): void {
    this.#open().participation.assign(checkTopicPartitions(partitions))
  }

  /** The partitions that are ours now. */
  assignment(): TopicPartition[] {
    return this.#consumption.subscription.states.map(({ topic, partition }) => ({ topic, partition }))
  }

  /** Record by record. One reader at a time. @throws (from `next`) whatever fails the read */
  records(o: CallOptions = {}): ReaderIterator<ConsumerRecord<K, V>> {
    const { stream } = this.#consumption
    return new ReaderIterator(
      this.#seat.reading(() => stream.takeRecord()),
      o.signal,
    )
  }

  /** Batch by batch: records of one partition each. A batch counts as processed as a whole, when the next is asked for. */
  batches(o: CallOptions = {}): ReaderIterator<PartitionRecords<K, V>> {
    const { stream } = this.#consumption
    return new ReaderIterator(
      this.#seat.reading(() => stream.takeBatch()),
      o.signal,
    )
  }

  /** The same as {@link Consumer.records}. */
  [Symbol.asyncIterator](): ReaderIterator<ConsumerRecord<K, V>> {
    return this.records()
  }

  /** The record is processed: with `enableAutoOffsetStore: false` nothing else says so. Ignored for partitions that are gone. */
  processed(record: ConsumerRecord<K, V>): void {
    if (!(record instanceof ConsumerRecord))
      throw new KafkaError('INVALID_ARGUMENT', 'processed() takes a record that this consumer handed out')
    this.#consumption.stream.processed(record)
  }

  /** Whether the record's partition is still ours: if not, whoever owns it now reads the record again. */
  owns(record: ConsumerRecord<K, V>): boolean {
    return this.#consumption.stream.owns(record)
  }

  /** Up to where each partition is processed: what a commit would commit, and what a transaction sends. */
  processedOffsets(): TopicPartitionOffset[] {
    return this.#commits('processedOffsets()').processedOffsets()
  }

  /**
   * Commits these offsets; without any, everything that was handed out, the record in hand included.
   * @throws KafkaError with `NO_GROUP`, `PARTITION_NOT_OWNED`, `PARTITION_NOT_ASSIGNED`; TimeoutError (the outcome is unknown then), BrokerError, ItemsError
   */
  async commit(offsets?: readonly TopicPartitionOffset[], o: CallOptions = {}): Promise<void> {
    const commits = this.#commits('commit()')
    if (this.#consumption.isOver) this.#consumption.calls.checkOpen()
    await (offsets === undefined ? commits.commitHandedOut(o) : commits.commit(checkOffsets(offsets), o))
  }

  /** As whom the consumer is known to its group, for transactions. @throws KafkaError with `NO_GROUP` */
  groupMetadata(): GroupMetadata {
    const { participation, settings } = this.#consumption
    if (settings.groupId === undefined) throw noGroup('groupMetadata()')
    const { groupId, groupInstanceId, enableAutoCommit } = settings
    return { ...(participation.member ?? { groupId, groupInstanceId, generationId: -1, memberId: '' }), enableAutoCommit }
  }

  /** The offset of the next record to be handed out. Waits until it is known. @throws KafkaError with `PARTITION_NOT_ASSIGNED`, PartitionError, TimeoutError */
  async position(partition: TopicPartition, o: CallOptions = {}): Promise<number> {
    const { subscription, positions, calls } = this.#consumption
    const state = subscription.require(partition)
    return calls.run(`finding the position of ${state}`, o, (signal) => positions.position(state, signal))
  }

  /** The committed offsets, in the order asked; undefined where there is none. Always asks the broker. @throws KafkaError with `NO_GROUP` */
  async committed(partitions: readonly TopicPartition[], o: CallOptions = {}): Promise<(TopicPartitionOffset | undefined)[]> {
    const groupOffsets = this.#groupOffsets('committed()')
    const asked = checkTopicPartitions(partitions)
    const found = await this.#consumption.calls.run('fetching committed offsets', o, (signal, timeoutMs) => {
      return groupOffsets.fetch(asked, timeoutMs, { signal })
    })
    return partitions.map((partition) => found.find((offset) => offset !== undefined && isSame(offset, partition)))
  }

  /** Goes to an offset: it is the next to be handed out, and the one to commit. No I/O. @throws KafkaError with `PARTITION_NOT_ASSIGNED`, `INVALID_ARGUMENT` */
  seek(partition: TopicPartition, offset: number): void {
    this.#consumption.positions.seek(partition, offset)
  }

  /** Goes to the first offset that is there. @param partitions - default: all that are assigned */
  async seekToBeginning(partitions?: readonly TopicPartition[], o: CallOptions = {}): Promise<void> {
    const { positions, calls } = this.#consumption
    const states = positions.states(partitions)
    await calls.run('seeking to the beginning', o, (signal) => positions.seekTo('earliest', states, signal))
  }

  /** Goes to the end: only what comes from now on is read. @param partitions - default: all that are assigned */
  async seekToEnd(partitions?: readonly TopicPartition[], o: CallOptions = {}): Promise<void> {
    const { positions, calls } = this.#consumption
    const states = positions.states(partitions)
    await calls.run('seeking to the end', o, (signal) => positions.seekTo('latest', states, signal))
  }

  /**
   * Goes to what the group has committed, and where that is nothing, to where `autoOffsetReset` says.
   * @param partitions - default: all that are assigned
   * @returns what was committed, in the order asked
   */
  async seekToCommitted(partitions?: readonly TopicPartition[], o: CallOptions = {}): Promise<(TopicPartitionOffset | undefined)[]> {
    const { positions, calls } = this.#consumption
    const groupOffsets = this.#groupOffsets('seekToCommitted()')
    const states = positions.states(partitions)
    return calls.run('seeking to what is committed', o, (signal, timeoutMs) =>
      positions.seekToCommitted(groupOffsets, states, timeoutMs, signal),
    )
  }

  /** Hands nothing out of these partitions until {@link Consumer.resume}; the group hears nothing of it. */
  pause(partitions: readonly TopicPartition[]): void {
    this.#consumption.positions.pause(partitions)
  }

  /** Hands out records of partitions again that were paused. @throws KafkaError PARTITION_NOT_ASSIGNED for others */
  resume(partitions: readonly TopicPartition[]): void {
    this.#consumption.positions.resume(partitions)
  }

  /** The partitions that are paused. */
  paused(): TopicPartition[] {
    const paused = this.#consumption.subscription.states.filter((state) => state.paused)
    return paused.map(({ topic, partition }) => ({ topic, partition }))
  }

  /** The offset after the last record that all replicas in sync have, as the latest fetch told; undefined before the first. No I/O. */
  highWatermark(partition: TopicPartition): number | undefined {
    const { highWatermark } = this.#consumption.subscription.require(partition)
    return highWatermark < 0 ? undefined : highWatermark
  }

  /** The offset before which no transaction is undecided, as the latest fetch told; undefined before the first. No I/O. */
  lastStableOffset(partition: TopicPartition): number | undefined {
    const { lastStableOffset } = this.#consumption.subscription.require(partition)
    return lastStableOffset < 0 ? undefined : lastStableOffset
  }

  /**
   * Records between the position and the high watermark, with `read_committed` the last stable offset; undefined while either is unknown. No I/O.
   */
  lag(partition: TopicPartition): number | undefined {
    const { highWatermark, lastStableOffset, position } = this.#consumption.subscription.require(partition)
    const end = this.#consumption.settings.isolationLevel === 'read_committed' ? lastStableOffset : highWatermark
    return end < 0 || position < 0 ? undefined : Math.max(0, end - position)
  }

  /** The first offset of each partition, in the order asked; they need not be assigned. @throws TimeoutError where one does not exist */
  beginningOffsets(partitions: readonly TopicPartition[], o: CallOptions = {}): Promise<TopicPartitionOffset[]> {
    return this.#ends(partitions, EARLIEST, o)
  }

  /** The offset after the last record of each partition, in the order asked; they need not be assigned. @throws TimeoutError where one does not exist */
  endOffsets(partitions: readonly TopicPartition[], o: CallOptions = {}): Promise<TopicPartitionOffset[]> {
    return this.#ends(partitions, LATEST, o)
  }

  /** The first record of each partition that is not older than a time, in the order asked; undefined where there is none. */
  async offsetsForTimes(queries: readonly TimestampQuery[], o: CallOptions = {}): Promise<(OffsetAndTimestamp | undefined)[]> {
    const { offsets, calls } = this.#consumption
    checkTopicPartitions(queries)
    const asked = queries.map(({ topic, partition, timestamp }) => {
      return {
        topic,
        partition,
        timestamp: checkOffset(timestamp instanceof Date ? timestamp.getTime() : timestamp, `the timestamp for ${topic}-${partition}`),
      }
    })
    const found = await calls.run('looking up offsets by time', o, (signal, timeoutMs) => offsets.find(asked, timeoutMs, { signal }))
    return found.map((answer, index) => {
      if (answer === undefined) return undefined
      const { topic, partition } = asked[index]!
      return {
        topic,
        partition,
        offset: answer.offset,
        timestamp: answer.timestamp,
        leaderEpoch: answer.leaderEpoch < 0 ? undefined : answer.leaderEpoch,
      }
    })
  }

  /**
   * Ends: loops end, what is processed is committed, partitions go to others, connections are closed. Never rejects but inside a listener; a second
   * call waits for the first.
   * @throws KafkaError with `CALLED_IN_LISTENER`
   */
  async close(o: ConsumerCloseOptions = {}): Promise<void> {
    this.#consumption.listening.refuseInside('close()')
    await this.#consumption.close(o)
  }

  /** {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** @throws ClosedError */
  #open(): Consumption<K, V> {
    this.#consumption.calls.checkOpen()
    return this.#consumption
  }

  #commits(what: string): OffsetCommits {
    const { commits } = this.#consumption
    if (commits === undefined) throw noGroup(what)
    return commits
  }

  #groupOffsets(what: string): GroupOffsets {
    const { groupOffsets } = this.#consumption
    if (groupOffsets === undefined) throw noGroup(what)
    return groupOffsets
  }

  async #ends(partitions: readonly TopicPartition[], timestamp: number, o: CallOptions): Promise<TopicPartitionOffset[]> {
    const { offsets, calls } = this.#consumption
    checkTopicPartitions(partitions)
    const queries = partitions.map(({ topic, partition }) => ({ topic, partition, timestamp }))
    const found = await calls.run('looking up offsets', o, (signal, timeoutMs) => offsets.find(queries, timeoutMs, { signal }))
    return queries.map(({ topic, partition }, index) => ({ topic, partition, offset: found[index]!.offset }))
  }
}

function noGroup(what: string): KafkaError<'NO_GROUP'> {
  return new KafkaError('NO_GROUP', `${what} needs a consumer with a groupId: offsets are kept for a group`)
}

function isSame(a: TopicPartition, b: TopicPartition): boolean {
  return a.topic === b.topic && a.partition === b.partition
}
