import { type CallOptions, type Cluster, retry } from '@k/network'
import { BrokerError, KafkaError, ListOffsets, type ListOffsetsResponse } from '@k/protocol'
import { type IsolationLevel, isolationByte } from './isolation-level.ts'
import { UNKNOWN } from './partition-state.ts'
import { type RetrySettings, retryScope } from './retry-scope.ts'
import { type TopicPartition, topicPartitionKey } from './topic-partition.ts'

/** Instead of a time: the first offset that is there. */
export const EARLIEST = -2
/** Instead of a time: the offset after the last record. */
export const LATEST = -1

/** Which offset of a partition is wanted: that of the first record not older than a time, or the first, or the last. */
export interface OffsetQuery extends TopicPartition {
  /** Milliseconds since the epoch, {@link EARLIEST} or {@link LATEST}. */
  readonly timestamp: number
}

/** An offset that was found. */
export interface FoundOffset {
  readonly offset: number
  /** Of the record there; -1 where no time was asked for. */
  readonly timestamp: number
  readonly leaderEpoch: number
}

/** What became of a query; undefined where no record is as young as that. */
export type OffsetAnswer = FoundOffset | KafkaError | undefined

const CONSUMER_REPLICA_ID = -1
const FIRST_VERSION_WITH_ONE_OFFSET = 1
const FIRST_VERSION_WITH_ISOLATION = 2
const UNKNOWN_TOPIC_OR_PARTITION = 3
const LEADER_NOT_AVAILABLE = 5
const OFFSET_NOT_AVAILABLE = 78

/** How to ask. */
export interface OffsetsSettings extends RetrySettings {
  readonly clientId: string
  readonly requestTimeoutMs: number
  /** With `read_committed` the last offset is that before the first undecided transaction. */
  readonly isolationLevel: IsolationLevel
}

/** Asks leaders for offsets by time. */
export class Offsets {
  readonly #cluster: Cluster
  readonly #options: OffsetsSettings

  constructor(cluster: Cluster, options: OffsetsSettings) {
    this.#cluster = cluster
    this.#options = options
  }

  /** Answers in the order of the queries, tried until all are there. @throws TimeoutError, BrokerError */
  async find(queries: readonly OffsetQuery[], timeoutMs: number, o: CallOptions): Promise<(FoundOffset | undefined)[]> {
    const answers = new Map<OffsetQuery, FoundOffset | undefined>()
    const what = `looking up offsets of ${queries.slice(0, 3).map(topicPartitionKey).join(', ')}${queries.length > 3 ? ' and others' : ''}`
    const attempt = async () => {
      const open = queries.filter((query) => !answers.has(query))
      const found = await this.attempt(open, o)
      const errors: KafkaError[] = []
      open.forEach((query, index) => {
        const answer = found[index]
        if (KafkaError.is(answer)) errors.push(answer)
        else answers.set(query, answer)
      })
      const error = errors.find((one) => !one.retriable) ?? errors[0]
      if (error !== undefined) throw error
    }
    await retry(retryScope(this.#cluster, this.#options), attempt, { timeoutMs, what, signal: o.signal })
    return queries.map((query) => answers.get(query))
  }

  /** One attempt; answers in the order of the queries. @throws KafkaError where not even the leaders could be found */
  async attempt(queries: readonly OffsetQuery[], o: CallOptions = {}): Promise<OffsetAnswer[]> {
    const answers = new Map<OffsetQuery, OffsetAnswer>()
    const leaderless = queries.filter((query) => this.#leaderOf(query) === UNKNOWN)
    if (leaderless.length > 0) {
      const topics = new Set(leaderless.map(({ topic }) => topic))
      // Who asks where a topic ends does not mean to create it.
      await this.#cluster.refresh([...topics], { ...o, allowAutoTopicCreation: false })
    }
    const byLeader = new Map<number, OffsetQuery[]>()
    for (const query of queries) {
      const leader = this.#leaderOf(query)
      if (leader === UNKNOWN) answers.set(query, this.#noLeader(query))
      else byLeader.set(leader, [...(byLeader.get(leader) ?? []), query])
    }
    const asking = Array.from(byLeader, ([leader, ofLeader]) => onceEach(ofLeader).map((part) => this.#ask(leader, part, answers, o)))
    await Promise.all(asking.flat())
    return queries.map((query) => answers.get(query))
  }

  #leaderOf({ topic, partition }: TopicPartition): number {
    return this.#cluster.topic(topic)?.partitions[partition]?.leader ?? UNKNOWN
  }

  #noLeader({ topic, partition }: TopicPartition): BrokerError {
    const metadata = this.#cluster.topic(topic)
    const known = metadata?.partitions[partition]
    const errorCode = metadata?.errorCode || known?.errorCode || (known === undefined ? UNKNOWN_TOPIC_OR_PARTITION : LEADER_NOT_AVAILABLE)
    return new BrokerError(errorCode, `cannot find the leader of ${topic}-${partition}`)
  }

  async #ask(leader: number, queries: readonly OffsetQuery[], answers: Map<OffsetQuery, OffsetAnswer>, o: CallOptions): Promise<void> {
    const byTopic = new Map<string, OffsetQuery[]>()
    for (const query of queries) byTopic.set(query.topic, [...(byTopic.get(query.topic) ?? []), query])
    const { isolationLevel, clientId, requestTimeoutMs: timeoutMs } = this.#options
    const body = {
      replicaId: CONSUMER_REPLICA_ID,
      isolationLevel: isolationByte(isolationLevel),
      timeoutMs,
      topics: Array.from(byTopic, ([name, ofTopic]) => ({
        name,
        partitions: ofTopic.map(({ topic, partition, timestamp }) => ({
          partitionIndex: partition,
          currentLeaderEpoch: this.#cluster.topic(topic)?.partitions[partition]?.leaderEpoch ?? UNKNOWN,
          timestamp: BigInt(timestamp),
        })),
      })),
    }
    try {
      const response = await this.#cluster.request(ListOffsets, body, {
        to: { broker: leader },
        minVersion: isolationLevel === 'read_committed' ? FIRST_VERSION_WITH_ISOLATION : FIRST_VERSION_WITH_ONE_OFFSET,
        clientId,
        timeoutMs,
        signal: o.signal,
      })
      for (const query of queries) answers.set(query, answerOf(query, response, leader))
    } catch (error) {
      if (!KafkaError.is(error)) throw error
      for (const query of queries) answers.set(query, error)
    }
  }
}

/** The queries in as many parts as it takes for no part to name a partition twice, which brokers refuse. */
function onceEach(queries: readonly OffsetQuery[]): OffsetQuery[][] {
  const parts: OffsetQuery[][] = []
  const counts = new Map<string, number>()
  for (const query of queries) {
    const key = topicPartitionKey(query)
    const count = counts.get(key) ?? 0
    counts.set(key, count + 1)
    parts[count] ??= []
    parts[count].push(query)
  }
  return parts
}

function answerOf(query: OffsetQuery, response: ListOffsetsResponse, leader: number): OffsetAnswer {
  const { topic, partition, timestamp } = query
  const ofTopic = response.topics.find(({ name }) => name === topic)
  const answer = ofTopic?.partitions.find(({ partitionIndex }) => partitionIndex === partition)
  const what = `broker ${leader} does not tell an offset of ${topic}-${partition}`
  if (answer === undefined) return new BrokerError(OFFSET_NOT_AVAILABLE, what)
  if (answer.errorCode !== 0) return new BrokerError(answer.errorCode, what)
  const offset = Number(answer.offset)
  if (offset < 0) return timestamp < 0 ? new BrokerError(OFFSET_NOT_AVAILABLE, what) : undefined
  if (!Number.isSafeInteger(offset))
    return new KafkaError('OFFSET_TOO_LARGE', `offset ${answer.offset} of ${topic}-${partition} is beyond 2^53 - 1`)
  return { offset, timestamp: Number(answer.timestamp), leaderEpoch: answer.leaderEpoch }
}
