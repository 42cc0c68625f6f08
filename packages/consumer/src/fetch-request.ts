import type { Cluster } from '@k/network'
import { type Fetch, type FetchResponse, type RequestInputOf, ZERO_UUID } from '@k/protocol'
import { type IsolationLevel, isolationByte } from './isolation-level.ts'
import type { PartitionState } from './partition-state.ts'

/** A partition that is asked for, and where it stood then. */
export interface Asked {
  readonly state: PartitionState
  readonly offset: number
  readonly fetchEpoch: number
}

/** Limits of one request. */
export interface FetchLimits {
  readonly minBytes: number
  readonly maxBytes: number
  readonly maxWaitMs: number
  readonly maxPartitionBytes: number
  readonly isolationLevel: IsolationLevel
}

interface AskedTopic {
  readonly topic: string
  readonly topicId: string
  readonly partitions: Map<number, Asked>
}

const LAST_VERSION_WITH_NAMES = 12
const FIRST_VERSION_WITH_ISOLATION = 4
const NO_SESSION = { sessionId: 0, sessionEpoch: -1 }

/** A full fetch (outside any session): what is asked, and who asked, so that each answer finds its partition once. */
export class FetchRequest {
  readonly #topics = new Map<string, AskedTopic>()
  readonly #limits: FetchLimits
  #byId = false

  constructor(cluster: Cluster, wanted: readonly Asked[], limits: FetchLimits) {
    this.#limits = limits
    for (const asked of wanted) {
      const { topic, partition } = asked.state
      let ofTopic = this.#topics.get(topic)
      if (ofTopic === undefined) {
        ofTopic = { topic, topicId: cluster.topic(topic)?.topicId ?? ZERO_UUID, partitions: new Map() }
        this.#topics.set(topic, ofTopic)
      }
      ofTopic.partitions.set(partition, asked)
    }
  }

  /** Brokers of before transactions would hand out everything. */
  get minVersion(): number | undefined {
    return this.#limits.isolationLevel === 'read_committed' ? FIRST_VERSION_WITH_ISOLATION : undefined
  }

  /** Topics whose id nobody told can be asked for by name alone. */
  get maxVersion(): number | undefined {
    for (const { topicId } of this.#topics.values()) if (topicId === ZERO_UUID) return LAST_VERSION_WITH_NAMES
    return undefined
  }

  body(version: number): RequestInputOf<typeof Fetch> {
    const { minBytes, maxBytes, maxWaitMs, maxPartitionBytes, isolationLevel } = this.#limits
    this.#byId = version > LAST_VERSION_WITH_NAMES
    return {
      maxWaitMs,
      minBytes,
      maxBytes,
      isolationLevel: isolationByte(isolationLevel),
      ...NO_SESSION,
      topics: Array.from(this.#topics.values(), ({ topic, topicId, partitions }) => ({
        topic,
        topicId,
        partitions: Array.from(partitions.values(), ({ state, offset }) => ({
          partition: state.partition,
          currentLeaderEpoch: state.leaderEpoch,
          fetchOffset: BigInt(offset),
          partitionMaxBytes: Math.max(maxPartitionBytes, state.maxBytes),
        })),
      })),
    }
  }

  /** Whose answer this is: of a partition that was not asked for, or is answered twice, nobody's. */
  take(topic: FetchResponse['responses'][number], partition: number): Asked | undefined {
    const ofTopic = this.#byId ? this.#withId(topic.topicId) : this.#topics.get(topic.topic)
    const asked = ofTopic?.partitions.get(partition)
    ofTopic?.partitions.delete(partition)
    return asked
  }

  /** Those that {@link FetchRequest.take} was not called for. */
  get unanswered(): Asked[] {
    return Array.from(this.#topics.values()).flatMap(({ partitions }) => [...partitions.values()])
  }

  #withId(topicId: string): AskedTopic | undefined {
    for (const topic of this.#topics.values()) if (topic.topicId === topicId) return topic
    return undefined
  }
}
