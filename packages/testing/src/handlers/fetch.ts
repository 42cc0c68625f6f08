// Reads whole batches, waiting for minBytes up to maxWaitMs; the first batch is served even if it is larger than the limits (KIP-74).
// Keeps no sessions: a request for one is answered with session 0, which means that there is none (KIP-227). Any replica serves,
// but none is ever named as the closer one. Knows no requests of followers. Logs are never cut,
// so that they never diverge (lastFetchedEpoch is not looked at).
import { type BrokerErrorCode, Fetch, type FetchRequest, type FetchResponse, type ResponseInputOf } from '@k/protocol'
import type { AbortedTransaction } from '../log/transaction-index.ts'
import type { Partition } from '../partition.ts'
import { errorCodeOf } from '../refusal.ts'
import { handler, type RequestContext } from './handler.ts'
import { epochProblem } from './leader-epoch.ts'
import { endpointsOf, hintFor, NO_HINT } from './leader-hint.ts'

type PartitionAsked = FetchRequest['topics'][number]['partitions'][number]
type PartitionAnswer = FetchResponse['responses'][number]['partitions'][number]
type Response = ResponseInputOf<typeof Fetch>

/** Kafka's `fetch.max.bytes` of a broker. */
const FETCH_MAX_BYTES = 55 * 1024 * 1024
const NOTHING = Buffer.alloc(0)
const READ_COMMITTED = 1
/** Since this version every replica serves consumers (KIP-392). */
const FOLLOWERS_SERVE = 11
/** Errors of the session, which stand at the top of a response. */
const SESSION_ERRORS: readonly BrokerErrorCode[] = [
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'FETCH_SESSION_TOPIC_ID_ERROR',
]

export const handleFetch = handler({
  api: Fetch,
  versions: [4, 18],
  handle(request, context) {
    // Epochs 0 and -1 ask for everything, so that no session is needed; later ones go on with a session, and there is none.
    if (request.sessionEpoch > 0) return sessionRefused('FETCH_SESSION_ID_NOT_FOUND')
    const first = read(request, context)
    const minBytes = Math.min(request.minBytes, request.maxBytes, FETCH_MAX_BYTES)
    const isAnswer = (result: ReadResult) => result.failed || result.bytes >= minBytes || result.watched.length === 0
    if (request.maxWaitMs <= 0 || isAnswer(first)) return first.response
    return waitForMore(request, context, first, isAnswer)
  },
  refuse(request, code, context) {
    if (SESSION_ERRORS.includes(code)) return sessionRefused(code)
    const errorCode = errorCodeOf(code)
    return {
      responses: request.topics.map(({ topic, topicId, partitions }) => ({
        topic,
        topicId,
        partitions: partitions.map(({ partition }) => refused(partition, errorCode)),
      })),
      errorCode: request.topics.length === 0 && context.version >= 7 ? errorCode : 0,
    }
  },
})

function sessionRefused(code: BrokerErrorCode): Response {
  return { errorCode: errorCodeOf(code), responses: [] }
}

interface ReadResult {
  readonly response: Response
  readonly bytes: number
  /** Whether any partition has an error, which is never kept back. */
  readonly failed: boolean
  readonly watched: readonly Partition[]
}

/** Answers when there is enough, or an error, or the time is over; never once the client has gone. */
function waitForMore(
  request: FetchRequest,
  context: RequestContext,
  first: ReadResult,
  isAnswer: (result: ReadResult) => boolean,
): Promise<Response> {
  return new Promise((resolve) => {
    const finish = (result: ReadResult) => {
      for (const stop of stops) stop()
      resolve(result.response)
    }
    const timer = context.cluster.options.clock.setTimer(() => finish(read(request, context)), request.maxWaitMs)
    const look = () => {
      const result = read(request, context)
      if (isAnswer(result)) finish(result)
    }
    const stops = [() => timer.cancel(), ...first.watched.map((partition) => partition.watch(look)), context.onClose(() => finish(first))]
  })
}

function read(request: FetchRequest, context: RequestContext): ReadResult {
  const { cluster, version } = context
  const watched: Partition[] = []
  let room = Math.min(request.maxBytes, FETCH_MAX_BYTES)
  let bytes = 0
  let failed = false
  const responses = request.topics.map(({ topic: name, topicId, partitions }) => {
    const topic = version >= 13 ? cluster.topicById(topicId) : cluster.topic(name)
    const unknown = errorCodeOf(version >= 13 && topic === undefined ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION')
    // A partition that is named twice counts once, as it was named last.
    const once = [...new Map(partitions.map((asked) => [asked.partition, asked])).values()]
    const answers = once.map((asked) => {
      const partition = topic?.partitions[asked.partition]
      if (partition === undefined) {
        failed = true
        return { ...refused(asked.partition, unknown), abortedTransactions: [] }
      }
      watched.push(partition)
      const answer = readPartition(partition, asked, room, bytes === 0, request.isolationLevel, context)
      const size = answer.records?.length ?? 0
      room = Math.max(0, room - size)
      bytes += size
      failed ||= answer.errorCode !== 0
      return answer
    })
    return { topic: name, topicId, partitions: answers }
  })
  const hints = responses.flatMap(({ partitions }) => partitions.map(({ currentLeader }) => currentLeader))
  return { response: { responses, nodeEndpoints: version >= 16 ? endpointsOf(cluster, hints) : [] }, bytes, failed, watched }
}

function readPartition(
  partition: Partition,
  asked: PartitionAsked,
  room: number,
  minOneBatch: boolean,
  isolationLevel: number,
  { broker, version }: RequestContext,
): PartitionAnswer {
  const problem = epochProblem(partition, broker.id, asked.currentLeaderEpoch, version >= FOLLOWERS_SERVE)
  if (problem !== undefined) {
    const isHint = version >= 16 && (problem === 'NOT_LEADER_OR_FOLLOWER' || problem === 'FENCED_LEADER_EPOCH')
    return { ...refused(asked.partition, errorCodeOf(problem)), currentLeader: isHint ? hintFor(partition) : NO_HINT }
  }
  const { log } = partition
  const offset = Number(asked.fetchOffset)
  if (offset < log.startOffset || offset > log.endOffset) return refused(asked.partition, errorCodeOf('OFFSET_OUT_OF_RANGE'))
  const isCommitted = isolationLevel === READ_COMMITTED
  const end = isCommitted ? partition.lastStableOffset : log.highWatermark
  return {
    ...refused(asked.partition, 0),
    highWatermark: BigInt(log.highWatermark),
    lastStableOffset: BigInt(partition.lastStableOffset),
    logStartOffset: BigInt(log.startOffset),
    abortedTransactions: isCommitted ? partition.abortedTransactions(offset, end).map(toAborted) : null,
    records: log.read(offset, Math.min(room, asked.partitionMaxBytes), minOneBatch, end),
  }
}

function toAborted({ producerId, firstOffset }: AbortedTransaction) {
  return { producerId, firstOffset: BigInt(firstOffset) }
}

const NO_EPOCH = { epoch: -1, endOffset: -1n }

function refused(partitionIndex: number, errorCode: number): PartitionAnswer {
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
