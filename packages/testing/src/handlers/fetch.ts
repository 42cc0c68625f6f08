// Reads whole batches, waiting for minBytes up to maxWaitMs; the first batch is served even if it is larger than the limits (KIP-74).
// Sessions (KIP-227) are kept by each broker, and lost with it. Any replica serves; the leader names the one in the client's rack where brokers
// are configured so (KIP-392). Says where the client's log and this one part (KIP-320), and who leads instead (KIP-951).
// Knows no requests of followers: whoever asks is a consumer, unless he says that he is a replica where there is none.
import { type BrokerErrorCode, Fetch, type FetchRequest, type FetchResponse, type ResponseInputOf } from '@k/protocol'
import type { FetchSession, FetchWish } from '../fetch-session.ts'
import { errorCodeOf } from '../refusal.ts'
import { FETCH_MAX_BYTES, fetchRefused, type PartitionFetched, type Reading, readAll, wishesOf } from './fetch-read.ts'
import { handler, type RequestContext } from './handler.ts'
import { endpointsOf } from './leader-hint.ts'

type Response = ResponseInputOf<typeof Fetch>

/** Errors of the session, which stand at the top of a response. */
const sessionErrors: readonly number[] = (
  ['FETCH_SESSION_ID_NOT_FOUND', 'INVALID_FETCH_SESSION_EPOCH', 'FETCH_SESSION_TOPIC_ID_ERROR'] as const
).map(errorCodeOf)
/** The epoch of a request that names everything, and wants a new session. */
const INITIAL_EPOCH = 0
/** The epoch of a request that names everything, and wants no session. */
const FINAL_EPOCH = -1

export const handleFetch = handler({
  api: Fetch,
  versions: [4, 18],
  handle(request, context) {
    const { sessionEpoch, isolationLevel } = request
    if (isolationLevel !== 0 && isolationLevel !== 1) return unreadable(request)
    const isFull = sessionEpoch === INITIAL_EPOCH || sessionEpoch === FINAL_EPOCH
    const wishes = wishesOf(request, context.version)
    if (!isFull) return resume(request, wishes, context)
    context.cluster.fetchSessions(context.broker.id).remove(request.sessionId)
    const respond = (reading: Reading) => respondInFull(reading, request, context)
    return fetch(wishes, request, context, respond)
  },
  refuse(request, code, context) {
    const errorCode = errorCodeOf(code)
    if (sessionErrors.includes(errorCode)) return { errorCode, responses: [] }
    return {
      responses: request.topics.map(({ topic, topicId, partitions }) => ({
        topic,
        topicId,
        partitions: partitions.map(({ partition }) => fetchRefused(partition, errorCode)),
      })),
      errorCode: request.topics.length === 0 && context.version >= 7 ? errorCode : 0,
    }
  },
})

/** Kafka stumbles over an isolation level that there is not. */
function unreadable({ topics }: FetchRequest): Response {
  const errorCode = errorCodeOf('UNKNOWN_SERVER_ERROR')
  const responses = topics.map(({ topic, topicId, partitions }) => ({
    topic,
    topicId,
    partitions: partitions.map(({ partition }) => ({ ...fetchRefused(partition, errorCode), abortedTransactions: [] })),
  }))
  return { errorCode, responses }
}

function sessionRefused(code: BrokerErrorCode): Response {
  return { errorCode: errorCodeOf(code), responses: [] }
}

/** Goes on with a session. */
function resume(request: FetchRequest, wishes: readonly FetchWish[], context: RequestContext): Response | Promise<Response> {
  const { cluster, broker, version } = context
  const sessions = cluster.fetchSessions(broker.id)
  const session = sessions.get(request.sessionId)
  if (session === undefined) return sessionRefused('FETCH_SESSION_ID_NOT_FOUND')
  if (session.epoch !== request.sessionEpoch) return sessionRefused('INVALID_FETCH_SESSION_EPOCH')
  if (session.usesTopicIds !== version >= 13) return sessionRefused('FETCH_SESSION_TOPIC_ID_ERROR')
  session.want(wishes)
  for (const { topic, topicId, partitions } of request.forgottenTopicsData) {
    for (const partition of partitions) session.forget(topic, topicId, partition)
  }
  if (session.size === 0) {
    sessions.remove(session.id)
    return { responses: [] }
  }
  session.next(cluster.options.clock.now())
  const { epoch } = session
  return fetch(session.wishes, request, context, (reading) => {
    if (session.epoch !== epoch) return sessionRefused('INVALID_FETCH_SESSION_EPOCH')
    return response(
      reading.answers.filter(({ wish, answer }) => session.tell(wish, answer)),
      session,
      context,
    )
  })
}

function respondInFull(reading: Reading, { sessionEpoch }: FetchRequest, context: RequestContext): Response {
  const { cluster, broker, version } = context
  // What is not there comes last.
  const answers = reading.answers.toSorted((a, b) => Number(a.isMissing) - Number(b.isMissing))
  if (sessionEpoch === FINAL_EPOCH || version < 7) return response(answers, undefined, context)
  const wishes = answers.map(({ wish }) => wish)
  const session = cluster.fetchSessions(broker.id).create(wishes, version >= 13, cluster.options.clock.now())
  if (session !== undefined) for (const { wish, answer } of answers) session.tell(wish, { ...answer, records: null })
  return response(answers, session, context)
}

/** By topic; a topic comes again where the turn of partitions has others between. */
function response(answers: Reading['answers'], session: FetchSession | undefined, { cluster, version }: RequestContext): Response {
  const responses: { topic: string; topicId: string; partitions: PartitionFetched[] }[] = []
  for (const { wish, answer } of answers) {
    const last = responses.at(-1)
    if (last !== undefined && last.topicId === wish.topicId && (version >= 13 || last.topic === wish.topic)) last.partitions.push(answer)
    else responses.push({ topic: wish.topic, topicId: wish.topicId, partitions: [answer] })
  }
  const hints = answers.map(({ answer }) => answer.currentLeader)
  return {
    sessionId: session?.id ?? 0,
    responses,
    nodeEndpoints: version >= 16 ? endpointsOf(cluster, hints) : [],
  } satisfies Partial<FetchResponse>
}

/** Answers at once where there is enough, or when there is, or something urgent, or the time is over; never once the client has gone. */
function fetch(
  wishes: readonly FetchWish[],
  request: FetchRequest,
  context: RequestContext,
  respond: (reading: Reading) => Response,
): Response | Promise<Response> {
  const first = readAll(wishes, request, context)
  const minBytes = Math.min(request.minBytes, request.maxBytes, FETCH_MAX_BYTES)
  // Partitions that were not there from the beginning keep nobody from waiting for the others; one that has gone does.
  const isEnough = ({ bytes, isUrgent, watched }: Reading) => isUrgent || bytes >= minBytes || watched.length < first.watched.length
  if (request.maxWaitMs <= 0 || first.watched.length === 0 || isEnough(first)) return respond(first)
  return new Promise((resolve) => {
    const finish = (reading: Reading) => {
      for (const stop of stops) stop()
      resolve(respond(reading))
    }
    const timer = context.cluster.options.clock.setTimer(() => finish(readAll(wishes, request, context)), request.maxWaitMs)
    const look = () => {
      const reading = readAll(wishes, request, context)
      if (isEnough(reading)) finish(reading)
    }
    const stops = [() => timer.cancel(), ...first.watched.map((partition) => partition.watch(look)), context.onClose(() => finish(first))]
  })
}
