import { type CallOptions, type Cluster, FencedError, type ItemResult, ItemsError, type Lane, retry } from '@k/network'
import { BrokerError, KafkaError, OffsetCommit, OffsetFetch } from '@k/protocol'
import { UNKNOWN } from '../partition-state.ts'
import { type RetrySettings, retryScope } from '../retry-scope.ts'
import { type TopicPartition, TopicPartitionMap, type TopicPartitionOffset, topicPartitionKey } from '../topic-partition.ts'
import { forgetLostCoordinator } from './coordinator-loss.ts'
import { CoordinatorWitness } from './coordinator-witness.ts'
import type { GroupMetadata } from './group-metadata.ts'
import { NamedTopics } from './named-topics.ts'

/** How a consumer speaks to the coordinator of its group. */
export interface GroupRequestSettings extends RetrySettings {
  readonly groupId: string
  readonly clientId: string
  readonly requestTimeoutMs: number
  readonly lane: Lane
}

const LAST_VERSION_WITH_NAMES = 9
const FIRST_VERSION_WITH_STABLE = 7
const FIRST_VERSION_WITH_GROUPS = 8
const FIRST_VERSION_WITH_MEMBERS = 1
// More than to confirm a coordinator takes, and less than the session of a broker.
const LONG_MS = 2_000
const NO_MEMBER_ANY_MORE = ['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS'] as const

/** The offsets that the coordinator keeps for a group. */
export class GroupOffsets {
  readonly #cluster: Cluster
  readonly #settings: GroupRequestSettings
  readonly #witness: CoordinatorWitness

  constructor(cluster: Cluster, settings: GroupRequestSettings) {
    this.#cluster = cluster
    this.#settings = settings
    this.#witness = new CoordinatorWitness(cluster, settings.groupId)
  }

  /** Committed offsets in the order asked; undefined where there is none. @throws TimeoutError, BrokerError */
  fetch(partitions: readonly TopicPartition[], timeoutMs: number, o: CallOptions): Promise<(TopicPartitionOffset | undefined)[]> {
    const what = `fetching the committed offsets of group ${this.#settings.groupId}`
    return this.#retry(() => this.attemptFetch(partitions, o), timeoutMs, what, o)
  }

  /** One attempt at {@link GroupOffsets.fetch}. */
  async attemptFetch(partitions: readonly TopicPartition[], o: CallOptions): Promise<(TopicPartitionOffset | undefined)[]> {
    const { groupId } = this.#settings
    const { clock } = this.#cluster
    try {
      const { id } = await this.#cluster.coordinator({ group: groupId }, o)
      const started = clock.monotonic()
      const [offsets] = await Promise.all([this.#attemptFetch(id, partitions, o), this.#witness.confirm(id, o)])
      // It may have been frozen with the request, and lost its session since.
      if (clock.monotonic() - started > LONG_MS) await this.#witness.confirm(id, o)
      return offsets
    } catch (error) {
      forgetLostCoordinator(this.#cluster, groupId, error)
      throw error
    }
  }

  async #attemptFetch(
    broker: number,
    partitions: readonly TopicPartition[],
    o: CallOptions,
  ): Promise<(TopicPartitionOffset | undefined)[]> {
    const { groupId } = this.#settings
    const named = new NamedTopics(this.#cluster, partitions)
    const topics = named.map(({ name, topicId, items }) => ({ name, topicId, partitionIndexes: items.map(({ partition }) => partition) }))
    let version = 0
    // On a lane that no JoinGroup holds up.
    const response = await this.#cluster.request(
      OffsetFetch,
      (spoken) => {
        version = spoken
        // What a transaction commits that is undecided may yet be void: to begin before it could process records twice.
        const stable = { requireStable: spoken >= FIRST_VERSION_WITH_STABLE }
        if (spoken >= FIRST_VERSION_WITH_GROUPS) return { groups: [{ groupId, topics }], ...stable }
        return { ...stable, groupId, topics: topics.map(({ name, partitionIndexes }) => ({ name, partitionIndexes })) }
      },
      { ...this.#request(named, o), to: { broker }, lane: 'default' },
    )
    const what = `the committed offsets of group ${groupId} cannot be fetched`
    const answer = version >= FIRST_VERSION_WITH_GROUPS ? response.groups.find((group) => group.groupId === groupId) : response
    if (answer === undefined) throw new KafkaError('MALFORMED_MESSAGE', `${what}: the coordinator tells of other groups`)
    if (answer.errorCode !== 0) throw new BrokerError(answer.errorCode, what)
    const found = new TopicPartitionMap<TopicPartitionOffset | undefined>()
    for (const told of answer.topics) {
      const topic = named.nameOf(told, version > LAST_VERSION_WITH_NAMES)
      if (topic === undefined) continue
      for (const { partitionIndex: partition, errorCode, committedOffset, committedLeaderEpoch, metadata } of told.partitions) {
        if (errorCode !== 0) throw new BrokerError(errorCode, `${what}, of ${topic}-${partition}`)
        if (committedOffset > Number.MAX_SAFE_INTEGER) {
          throw new KafkaError('OFFSET_TOO_LARGE', `${what}: offset ${committedOffset} of ${topic}-${partition} is beyond 2^53 - 1`)
        }
        const leaderEpoch = committedLeaderEpoch < 0 ? undefined : committedLeaderEpoch
        const offset = { topic, partition, offset: Number(committedOffset), metadata: metadata ?? '', leaderEpoch }
        found.set({ topic, partition }, committedOffset < 0n ? undefined : offset)
      }
    }
    for (const partition of partitions) {
      // To begin where the reset policy says could skip records.
      if (found.has(partition)) continue
      throw new KafkaError('MALFORMED_MESSAGE', `${what}: the coordinator left out ${topicPartitionKey(partition)}`, { retriable: true })
    }
    return partitions.map((partition) => found.get(partition))
  }

  /**
   * Commits in the name of a member.
   * @throws KafkaError with `PARTITION_NOT_OWNED` where it is none any more, FencedError, BrokerError, TimeoutError (the outcome is unknown then),
   * and ItemsError where some of several offsets were refused
   */
  async commit(offsets: readonly TopicPartitionOffset[], member: GroupMetadata, timeoutMs: number, o: CallOptions): Promise<void> {
    const refused = new Map<TopicPartitionOffset, KafkaError>()
    let open = offsets
    const attempt = async () => {
      const errors = await this.#attemptCommit(open, member, o)
      for (const [offset, error] of errors) if (!error.retriable) refused.set(offset, error)
      open = open.filter((offset) => errors.get(offset)?.retriable)
      if (open.length > 0) throw errors.get(open[0]!)
    }
    await this.#retry(attempt, timeoutMs, `committing offsets of group ${this.#settings.groupId}`, o)
    if (refused.size === 0) return
    if (offsets.length === 1) throw refused.get(offsets[0]!)
    const results = offsets.map((item): ItemResult<TopicPartitionOffset, void> => {
      const error = refused.get(item)
      return error === undefined ? { ok: true, item, value: undefined } : { ok: false, item, error }
    })
    throw new ItemsError('commit', results)
  }

  async #attemptCommit(
    offsets: readonly TopicPartitionOffset[],
    member: GroupMetadata,
    o: CallOptions,
  ): Promise<Map<TopicPartitionOffset, KafkaError>> {
    const { groupId, generationId, memberId, groupInstanceId } = member
    const named = new NamedTopics(this.#cluster, offsets)
    let version = 0
    const response = await this.#cluster.request(
      OffsetCommit,
      (spoken) => {
        version = spoken
        return {
          groupId,
          generationIdOrMemberEpoch: generationId,
          memberId,
          ...(groupInstanceId !== undefined && { groupInstanceId }),
          topics: named.map(({ name, topicId, items }) => ({
            name,
            topicId,
            partitions: items.map(({ partition, offset, leaderEpoch, metadata }) => ({
              partitionIndex: partition,
              committedOffset: BigInt(offset),
              committedLeaderEpoch: leaderEpoch ?? UNKNOWN,
              committedMetadata: metadata ?? '',
            })),
          })),
        }
      },
      this.#request(named, o),
    )
    const codes = new TopicPartitionMap<number>()
    for (const told of response.topics) {
      const topic = named.nameOf(told, version > LAST_VERSION_WITH_NAMES)
      if (topic === undefined) continue
      for (const { partitionIndex: partition, errorCode } of told.partitions) codes.set({ topic, partition }, errorCode)
    }
    const errors = new Map<TopicPartitionOffset, KafkaError>()
    for (const offset of offsets) {
      const error = this.#refusal(offset, codes.get(offset))
      if (error !== undefined) errors.set(offset, error)
    }
    return errors
  }

  #refusal(offset: TopicPartitionOffset, errorCode: number | undefined): KafkaError | undefined {
    if (errorCode === 0) return undefined
    const what = `offset ${offset.offset} of ${topicPartitionKey(offset)} cannot be committed for group ${this.#settings.groupId}`
    if (errorCode === undefined) {
      return new KafkaError('MALFORMED_MESSAGE', `${what}: the coordinator left it out of its answer`, { retriable: true })
    }
    const error = new BrokerError(errorCode, what)
    // These concern the member, and so every offset.
    if (BrokerError.is(error, ...NO_MEMBER_ANY_MORE)) {
      throw new KafkaError(
        'PARTITION_NOT_OWNED',
        `${what}: the group has gone on without this member, whoever owns the partition now reads it again`,
        {
          cause: error,
        },
      )
    }
    if (BrokerError.is(error, 'FENCED_INSTANCE_ID')) throw new FencedError(error.code, error.message, { cause: error })
    return error
  }

  #request(named: NamedTopics<TopicPartition>, { signal }: CallOptions) {
    const { groupId, clientId, requestTimeoutMs, lane } = this.#settings
    return {
      to: { coordinatorOf: { group: groupId } },
      lane,
      clientId,
      timeoutMs: requestTimeoutMs,
      minVersion: FIRST_VERSION_WITH_MEMBERS,
      maxVersion: named.haveIds ? undefined : LAST_VERSION_WITH_NAMES,
      signal,
    }
  }

  #retry<T>(attempt: () => Promise<T>, timeoutMs: number, what: string, { signal }: CallOptions): Promise<T> {
    const onRetry = (error: KafkaError, number: number) => {
      forgetLostCoordinator(this.#cluster, this.#settings.groupId, error)
      if (!BrokerError.is(error, 'UNSTABLE_OFFSET_COMMIT')) return undefined
      // Mostly a transaction has ended, and its markers are written within milliseconds. One that is open may stay so: the pauses grow on.
      const pauseMs = 2 ** number
      return pauseMs < this.#settings.retryBackoffMs ? { pauseMs } : undefined
    }
    return retry(retryScope(this.#cluster, this.#settings), attempt, { timeoutMs, what, signal, onRetry })
  }
}
