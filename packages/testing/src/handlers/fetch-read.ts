import type { FetchRequest, FetchResponse } from '@k/protocol'
import { ZERO_UUID } from '@k/protocol'
import type { FetchWish } from '../fetch-session.ts'
import type { Partition } from '../partition.ts'
import { errorCodeOf } from '../refusal.ts'
import type { RequestContext } from './handler.ts'
import { epochProblem } from './leader-epoch.ts'
import { hintFor, NO_HINT } from './leader-hint.ts'
import { preferredReplica } from './preferred-replica.ts'

export type PartitionFetched = FetchResponse['responses'][number]['partitions'][number]

/** What was read of all partitions. */
export interface Reading {
  readonly answers: readonly { readonly wish: FetchWish; readonly answer: PartitionFetched; readonly isMissing: boolean }[]
  readonly bytes: number
  /** Whether anything is never kept back: an error, a log that was cut, another replica to ask. */
  readonly isUrgent: boolean
  /** The partitions that there are. */
  readonly watched: readonly Partition[]
}

/** Kafka's `fetch.max.bytes` of a broker. */
export const FETCH_MAX_BYTES: number = 55 * 1024 * 1024
const NOTHING = Buffer.alloc(0)
/** Since this version every replica serves consumers (KIP-392). */
const FOLLOWERS_SERVE = 11
const READ_COMMITTED = 1
const INCONSISTENT: number = errorCodeOf('INCONSISTENT_TOPIC_ID')

/** Reads from one partition after the other, as far as the request has room. */
export function readAll(wishes: readonly FetchWish[], request: FetchRequest, context: RequestContext): Reading {
  const watched: Partition[] = []
  let room = Math.min(request.maxBytes, FETCH_MAX_BYTES)
  let bytes = 0
  let isUrgent = false
  const answers = wishes.map((wish) => {
    const partition = partitionOf(wish, context)
    if (typeof partition === 'number') {
      const answer = fetchRefused(wish.partition, partition)
      // Another topic of the name is looked at first, and found to be the wrong one.
      const isMissing = partition !== INCONSISTENT
      isUrgent ||= !isMissing
      return { wish, answer: isMissing ? { ...answer, abortedTransactions: [] } : answer, isMissing }
    }
    watched.push(partition)
    const answer = readPartition(partition, wish, room, bytes === 0, request, context)
    const size = answer.records?.length ?? 0
    room = Math.max(0, room - size)
    bytes += size
    isUrgent ||= answer.errorCode !== 0 || answer.divergingEpoch.epoch >= 0 || answer.preferredReadReplica >= 0
    return { wish, answer, isMissing: false }
  })
  return { answers, bytes, isUrgent, watched }
}

/** The partition that a client means, or the error code that says why there is none. */
function partitionOf(wish: FetchWish, { cluster, version }: RequestContext): Partition | number {
  const byName = cluster.topic(wish.topic)
  if (version < 13) return byName?.partitions[wish.partition] ?? errorCodeOf('UNKNOWN_TOPIC_OR_PARTITION')
  const topic = cluster.topicById(wish.topicId)
  if (topic === undefined && wish.topic === '') return errorCodeOf('UNKNOWN_TOPIC_ID')
  // The name was known: the topic is gone, and another may have come in its place.
  if (topic === undefined) return byName === undefined ? errorCodeOf('UNKNOWN_TOPIC_OR_PARTITION') : INCONSISTENT
  wish.topic = topic.name
  return topic.partitions[wish.partition] ?? errorCodeOf('UNKNOWN_TOPIC_OR_PARTITION')
}

function readPartition(
  partition: Partition,
  wish: FetchWish,
  room: number,
  minOneBatch: boolean,
  { isolationLevel, rackId, ...request }: FetchRequest,
  { cluster, broker, version }: RequestContext,
): PartitionFetched {
  const { log } = partition
  const replicaId = version >= 15 ? request.replicaState.replicaId : request.replicaId
  const maxBytes = Math.min(room, wish.partitionMaxBytes)
  if (maxBytes < 0) return fetchRefused(wish.partition, errorCodeOf('UNKNOWN_SERVER_ERROR'))
  const offset = Number(wish.fetchOffset)
  // A follower knows no more than it has.
  const endOffset = partition.endOffsetOn(broker.id)
  const highWatermark = Math.min(log.highWatermark, endOffset)
  const lastStableOffset = Math.min(partition.lastStableOffset, endOffset)
  const read: PartitionFetched = {
    ...fetchRefused(wish.partition, 0),
    highWatermark: BigInt(highWatermark),
    lastStableOffset: BigInt(lastStableOffset),
    logStartOffset: BigInt(log.startOffset),
  }
  if (version >= FOLLOWERS_SERVE && partition.leader === broker.id) {
    const preferredReadReplica = preferredReplica(cluster, partition, rackId, offset)
    if (preferredReadReplica !== undefined) return { ...read, preferredReadReplica }
  }
  const isStranger = replicaId >= 0 && !partition.replicas.includes(replicaId)
  const problem = isStranger
    ? 'NOT_LEADER_OR_FOLLOWER'
    : epochProblem(partition, broker.id, Math.max(-1, wish.currentLeaderEpoch), version >= FOLLOWERS_SERVE)
  if (problem !== undefined) {
    const isHint = version >= 16 && (problem === 'NOT_LEADER_OR_FOLLOWER' || problem === 'FENCED_LEADER_EPOCH')
    return { ...fetchRefused(wish.partition, errorCodeOf(problem)), currentLeader: isHint ? hintFor(partition) : NO_HINT }
  }
  const outOfRange = fetchRefused(wish.partition, errorCodeOf('OFFSET_OUT_OF_RANGE'))
  if (wish.lastFetchedEpoch >= 0) {
    const end = log.endOfEpoch(wish.lastFetchedEpoch)
    if (end === undefined || offset < log.startOffset) return outOfRange
    const epochEnd = Math.min(end.endOffset, endOffset)
    if (end.epoch < wish.lastFetchedEpoch || epochEnd < offset) {
      return { ...read, divergingEpoch: { epoch: end.epoch, endOffset: BigInt(epochEnd) } }
    }
  }
  if (offset < log.startOffset || offset > endOffset) return outOfRange
  const isCommitted = isolationLevel === READ_COMMITTED
  const below = isCommitted ? lastStableOffset : highWatermark
  const records = log.read(offset, maxBytes, minOneBatch, below)
  if (!isCommitted) return { ...read, records }
  const aborted = records.length > 0 ? partition.abortedTransactions(offset, below) : []
  return { ...read, records, abortedTransactions: aborted.map((each) => ({ ...each, firstOffset: BigInt(each.firstOffset) })) }
}

const NO_EPOCH = { epoch: -1, endOffset: -1n }

/** The answer for a partition that is not read. */
export function fetchRefused(partitionIndex: number, errorCode: number): PartitionFetched {
  return {
    partitionIndex,
    errorCode,
    highWatermark: -1n,
    lastStableOffset: -1n,
    logStartOffset: -1n,
    divergingEpoch: NO_EPOCH,
    currentLeader: NO_HINT,
    snapshotId: NO_EPOCH,
    abortedTransactions: null,
    preferredReadReplica: -1,
    records: NOTHING,
  }
}

/** What a request says of its partitions; one that is named twice counts once, as it was named last. */
export function wishesOf({ topics }: FetchRequest, version: number): FetchWish[] {
  const wishes = topics.flatMap(({ topic, topicId, partitions }) => {
    return partitions.map((partition) => [partition, version >= 13 ? { topic: '', topicId } : { topic, topicId: ZERO_UUID }] as const)
  })
  const once = new Map<string, FetchWish>()
  for (const [{ partition, fetchOffset, partitionMaxBytes, currentLeaderEpoch, lastFetchedEpoch }, { topic, topicId }] of wishes) {
    const wish = { topic, topicId, partition, fetchOffset, partitionMaxBytes, currentLeaderEpoch, lastFetchedEpoch }
    once.set(`${partition}:${topic}:${topicId}`, wish)
  }
  return [...once.values()]
}
