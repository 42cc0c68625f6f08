import { type Fetch, type Produce, type RequestInputOf, ZERO_UUID } from '@k/protocol'
import type { StageTopic } from './stage.ts'

type ProduceBody = RequestInputOf<typeof Produce>
type FetchBody = RequestInputOf<typeof Fetch>
type FetchTopics = FetchBody['topics']

/** A Produce request for one partition. */
export function produceTo(
  { name, topicId }: StageTopic,
  records: Uint8Array | null,
  { index = 0, acks = -1, timeoutMs = 30_000, transactionalId = null as string | null } = {},
): ProduceBody {
  return { transactionalId, acks, timeoutMs, topicData: [{ name, topicId, partitionData: [{ index, records }] }] }
}

type FetchPartition = Partial<FetchTopics[number]['partitions'][number]>

/** A partition of a Fetch request, from its beginning where nothing else is said. */
export function fetchOf({ name, topicId }: StageTopic, ...partitions: FetchPartition[]): FetchTopics[number] {
  const filled = (partitions.length === 0 ? [{}] : partitions).map((each) => ({
    partition: 0,
    fetchOffset: 0n,
    currentLeaderEpoch: -1,
    partitionMaxBytes: 1 << 20,
    ...each,
  }))
  return { topic: name, topicId, partitions: filled }
}

/** A Fetch request that does not wait, outside sessions where nothing else is said. */
export function fetchBody(topics: FetchTopics, fields: Partial<FetchBody> = {}): FetchBody {
  const usual = {
    replicaId: -1,
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1 << 20,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    rackId: '',
  }
  return { ...usual, topics, forgottenTopicsData: [], ...fields }
}

/** A topic that is not there. */
export function absent(name: string): StageTopic {
  return { name, topicId: 'bm90IHRoZXJlIGF0IGFsbA' }
}

/** A topic by its name alone. */
export function named(name: string): StageTopic {
  return { name, topicId: ZERO_UUID }
}
