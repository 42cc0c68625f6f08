import {
  CreateTopics,
  encodeSubscription,
  Fetch,
  type FetchResponse,
  Heartbeat,
  JoinGroup,
  type JoinGroupResponse,
  Metadata,
  OffsetCommit,
  Produce,
  type ProduceResponse,
  type RequestInputOf,
  SyncGroup,
  type SyncGroupResponse,
} from '@k/protocol'
import type { RawClient } from './raw-client.ts'

type PartitionProduced = ProduceResponse['responses'][number]['partitionResponses'][number]
type PartitionFetched = FetchResponse['responses'][number]['partitions'][number]

/** The body of a Produce request for one partition. */
export function produceBody(topic: string, index: number, records: Uint8Array | null, acks = -1): RequestInputOf<typeof Produce> {
  return { acks, timeoutMs: 1000, topicData: [{ name: topic, partitionData: [{ index, records }] }] }
}

/** Produces one batch and returns what became of it. */
export async function produce(
  client: RawClient,
  topic: string,
  index: number,
  records: Uint8Array | null,
  { version = 12, acks = -1 } = {},
): Promise<PartitionProduced> {
  const response = await client.request(Produce, version, produceBody(topic, index, records, acks))
  return response.responses[0]!.partitionResponses[0]!
}

/** What a fetch may say besides topic, partition and offset. */
export interface FetchExtras {
  readonly version?: number
  readonly maxWaitMs?: number
  readonly minBytes?: number
  readonly maxBytes?: number
  readonly partitionMaxBytes?: number
  readonly currentLeaderEpoch?: number
  readonly isolationLevel?: number
}

/** The body of a Fetch request for one partition, by name. */
export function fetchBody(topic: string, partition: number, offset: number, extras: FetchExtras = {}): RequestInputOf<typeof Fetch> {
  const { maxWaitMs = 0, minBytes = 1, maxBytes = 10_000_000, partitionMaxBytes = 1_000_000, currentLeaderEpoch = -1 } = extras
  const partitions = [{ partition, fetchOffset: BigInt(offset), partitionMaxBytes, currentLeaderEpoch }]
  return { maxWaitMs, minBytes, maxBytes, isolationLevel: extras.isolationLevel ?? 0, topics: [{ topic, partitions }] }
}

/** Fetches from one partition. */
export async function fetch(
  client: RawClient,
  topic: string,
  partition: number,
  offset: number,
  extras: FetchExtras = {},
): Promise<PartitionFetched> {
  const response = await client.request(Fetch, extras.version ?? 12, fetchBody(topic, partition, offset, extras))
  return response.responses[0]!.partitions[0]!
}

/** Creates a topic over the wire. */
export async function createTopic(client: RawClient, name: string, numPartitions = 1, replicationFactor = -1): Promise<void> {
  const topic = { name, numPartitions, replicationFactor, assignments: [], configs: [] }
  const response = await client.request(CreateTopics, 7, { topics: [topic] })
  if (response.topics[0]!.errorCode !== 0) throw new Error(`error ${response.topics[0]!.errorCode}`)
}

/** The leaders of a topic's partitions, as this broker tells. */
export async function leadersOf(client: RawClient, topic: string): Promise<number[]> {
  const response = await client.request(Metadata, 12, { topics: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name: topic }] })
  return response.topics[0]!.partitions.map(({ leaderId }) => leaderId)
}

/** What a JoinGroup may say besides group and member. */
export interface JoinExtras {
  readonly version?: number
  readonly sessionTimeoutMs?: number
  readonly rebalanceTimeoutMs?: number
  readonly groupInstanceId?: string | null
  readonly protocolType?: string
  readonly protocols?: readonly string[]
  readonly topics?: readonly string[]
}

/** Sends one JoinGroup. */
export function join(client: RawClient, groupId: string, memberId = '', extras: JoinExtras = {}): Promise<JoinGroupResponse> {
  const { version = 9, sessionTimeoutMs = 10_000, rebalanceTimeoutMs = 60_000, protocols = ['range'], topics = ['t'] } = extras
  return client.request(JoinGroup, version, {
    groupId,
    memberId,
    sessionTimeoutMs,
    rebalanceTimeoutMs,
    groupInstanceId: extras.groupInstanceId ?? null,
    protocolType: extras.protocolType ?? 'consumer',
    protocols: protocols.map((name) => ({ name, metadata: encodeSubscription({ topics }) })),
  })
}

/** Enters a group for the first time: asks for a member id, and comes back with it. */
export async function enter(client: RawClient, groupId: string, extras: JoinExtras = {}): Promise<JoinGroupResponse> {
  const first = await join(client, groupId, '', extras)
  return first.errorCode === 79 ? join(client, groupId, first.memberId, extras) : first
}

/** Sends SyncGroup; `assignments` by member id are the leader's. */
export function sync(
  client: RawClient,
  groupId: string,
  { memberId, generationId }: { memberId: string; generationId: number },
  assignments: Readonly<Record<string, string>> = {},
): Promise<SyncGroupResponse> {
  return client.request(SyncGroup, 5, {
    groupId,
    memberId,
    generationId,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: Object.entries(assignments).map(([member, text]) => ({ memberId: member, assignment: Buffer.from(text) })),
  })
}

/** The error code of a heartbeat. */
export async function heartbeat(
  client: RawClient,
  groupId: string,
  { memberId, generationId }: { memberId: string; generationId: number },
  groupInstanceId: string | null = null,
): Promise<number> {
  const { errorCode } = await client.request(Heartbeat, 4, { groupId, memberId, generationId, groupInstanceId })
  return errorCode
}

/** The error code of a commit of one offset. */
export async function commit(
  client: RawClient,
  groupId: string,
  topic: string,
  partition: number,
  offset: number,
  member: { memberId: string; generationId: number } = { memberId: '', generationId: -1 },
): Promise<number> {
  const { topics } = await client.request(OffsetCommit, 9, {
    groupId,
    memberId: member.memberId,
    generationIdOrMemberEpoch: member.generationId,
    topics: [{ name: topic, partitions: [{ partitionIndex: partition, committedOffset: BigInt(offset), committedMetadata: null }] }],
  })
  return topics[0]!.partitions[0]!.errorCode
}
