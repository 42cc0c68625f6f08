// Appends a batch to each partition, after the checks that a leader makes: checksum, magic, count, sequence numbers, epochs, size, timestamps,
// replicas in sync. Acks 0 is not answered, and ends the connection where something failed. Looks at single records
// only where the topic is compacted, or the header tells of a timestamp that is refused. The first batch of a transaction in a partition is taken only
// if the coordinator knows that partition of it; from version 12 on it is added by that (KIP-890). Messages of old formats (versions 0 to 2) have
// been made batches before they come here.
import { type BrokerErrorCode, Produce, type ProduceRequest, type ProduceResponse, type ResponseInputOf } from '@k/protocol'
import { soleBatch } from '../log/batch-checks.ts'
import { readBatchHeader } from '../log/batch-header.ts'
import { ATTRIBUTES, MAGIC, PRODUCER_ID, RECORDS, TRANSACTIONAL } from '../log/batch-layout.ts'
import { RecordsRefusal } from '../log/record-checks.ts'
import type { Partition } from '../partition.ts'
import { errorCodeOf, Refusal } from '../refusal.ts'
import type { Topic } from '../topic.ts'
import { handler, type RequestContext } from './handler.ts'
import { endpointsOf, hintFor, NO_HINT } from './leader-hint.ts'
import { type Appended, replicated } from './replication.ts'
import { transactionProblem } from './transaction-check.ts'

type TopicData = ProduceRequest['topicData'][number]
type PartitionData = TopicData['partitionData'][number]
type PartitionAnswer = ProduceResponse['responses'][number]['partitionResponses'][number]
type Response = ResponseInputOf<typeof Produce>

export const handleProduce = handler({
  api: Produce,
  // 0 to 2 are told of for the sake of old clients that look for them, and not served.
  versions: [0, 13],
  handle(request, context) {
    const { cluster, version } = context
    if (version < 3) return 'disconnect'
    const { acks, transactionalId, topicData } = request
    const producerIds = producersOfTransactions(topicData)
    if (transactionalId === null && producerIds.size > 0) return refusedAll(request, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', context)
    producerIds.delete(NO_PRODUCER)
    if (producerIds.size > 1) {
      return refusedAll(request, 'INVALID_PRODUCER_ID_MAPPING', context, 'Transactional records contained more than one producer ID')
    }
    const touched: Partition[] = []
    const appended: (Appended & { readonly answer: PartitionAnswer })[] = []
    const responses = request.topicData.map((data) => {
      const topic = version >= 13 ? cluster.topicById(data.topicId) : cluster.topic(data.name)
      const partitionResponses = data.partitionData.map((asked) => {
        const partition = topic?.partitions[asked.index]
        const answer = produced(topic, asked, request, context)
        if (topic === undefined || partition === undefined) return answer
        touched.push(partition)
        const { leaderEpoch, log } = partition
        if (answer.errorCode === 0) appended.push({ partition, leaderEpoch, endOffset: log.endOffset, answer })
        return answer
      })
      return { name: data.name, topicId: data.topicId, partitionResponses }
    })
    // Only now, so that a fetch that waits finds all of the request.
    for (const partition of touched) partition.notify()
    const waiting = acks === -1 ? replicated(appended, request.timeoutMs, context) : undefined
    if (waiting === undefined) return answer(responses, acks, context)
    return waiting.then((problems) => {
      const codes = new Map(appended.map((each, i) => [each.answer, problems[i]]))
      return answer(withCodes(responses, codes), acks, context)
    })
  },
  refuse: (request, code, context) => refusedAll(request, code, context),
})

function refusedAll(request: ProduceRequest, code: BrokerErrorCode, context: RequestContext, errorMessage: string | null = null) {
  const responses = request.topicData.map(({ name, topicId, partitionData }) => ({
    name,
    topicId,
    partitionResponses: partitionData.map(({ index }) => ({ ...refused(index, errorCodeOf(code)), errorMessage })),
  }))
  return answer(responses, request.acks, context)
}

function answer(responses: Response['responses'], acks: number, { cluster }: RequestContext): Response | 'no answer' | 'disconnect' {
  const all = responses.flatMap(({ partitionResponses }) => partitionResponses)
  if (acks === 0) return all.some(({ errorCode }) => errorCode !== 0) ? 'disconnect' : 'no answer'
  return {
    responses,
    nodeEndpoints: endpointsOf(
      cluster,
      all.map(({ currentLeader = NO_HINT }) => ({ ...NO_HINT, ...currentLeader })),
    ),
  }
}

function produced(
  topic: Topic | undefined,
  { index, records }: PartitionData,
  { acks, transactionalId }: ProduceRequest,
  context: RequestContext,
): PartitionAnswer {
  const { cluster, broker, version } = context
  if (topic === undefined) return refused(index, errorCodeOf(version >= 13 ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION'))
  const partition = topic.partitions[index]
  if (partition === undefined) return refused(index, errorCodeOf('UNKNOWN_TOPIC_OR_PARTITION'))
  let batch: Buffer
  try {
    batch = soleBatch(records, version)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { ...refused(index, error.errorCode), errorMessage: error.code === 'CORRUPT_MESSAGE' ? error.message : null }
  }
  if (acks < -1 || acks > 1) return refused(index, errorCodeOf('INVALID_REQUIRED_ACKS'))
  if (partition.leader !== broker.id) {
    const hint = version >= 10 ? hintFor(partition) : NO_HINT
    return { ...refused(index, errorCodeOf('NOT_LEADER_OR_FOLLOWER')), currentLeader: hint }
  }
  if (isTransactional(batch)) {
    const problem = transactionProblemOf(batch, partition, transactionalId as string, context)
    if (problem !== undefined) return { ...refused(index, errorCodeOf(problem.code)), errorMessage: problem.message }
  }
  try {
    if (acks === -1) checkInSync(partition, topic)
    const { baseOffset, logAppendTimeMs } = partition.append(batch, topic.batchRules, cluster.options.clock.now())
    return {
      ...refused(index, 0),
      baseOffset: BigInt(baseOffset),
      logAppendTimeMs: BigInt(logAppendTimeMs),
      logStartOffset: BigInt(partition.log.startOffset),
    }
  } catch (error) {
    if (error instanceof Refusal) return explained(index, partition, error)
    throw error
  }
}

const NO_PRODUCER = -1n

/** Clients that know TRANSACTION_ABORTABLE, and those that leave it to Produce to add partitions to a transaction. */
const KNOWS_ABORTABLE = 11
const ADDS_PARTITIONS = 12

/** Errors of a coordinator that is not to be had, which no producer expects here: it is to try again. */
const coordinatorErrors: readonly BrokerErrorCode[] = [
  'NETWORK_EXCEPTION',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
]

function isTransactional(batch: Buffer): boolean {
  return (batch.readInt16BE(ATTRIBUTES) & TRANSACTIONAL) !== 0
}

/** Whose transactional batches a request has; a batch may say that it is one, and name nobody. */
function producersOfTransactions(topicData: readonly TopicData[]): Set<bigint> {
  const producerIds = new Set<bigint>()
  for (const { partitionData } of topicData) {
    for (const { records } of partitionData) {
      if (records === null || records.length < RECORDS || records[MAGIC] !== 2 || !isTransactional(records)) continue
      producerIds.add(records.readBigInt64BE(PRODUCER_ID))
    }
  }
  return producerIds
}

/** Asks the coordinator whether a batch may be written, unless its transaction is known to be open here. */
function transactionProblemOf(
  batch: Buffer,
  partition: Partition,
  transactionalId: string,
  context: RequestContext,
): { readonly code: BrokerErrorCode; readonly message: string | null } | undefined {
  const { version } = context
  const { producerId, producerEpoch, baseSequence } = readBatchHeader(batch)
  if (producerId < 0n || partition.hasOpenTransaction(producerId, producerEpoch)) return undefined
  if (partition.epochOf(producerId) > producerEpoch) return { code: 'INVALID_PRODUCER_EPOCH', message: null }
  const addsPartitions = version >= ADDS_PARTITIONS
  partition.expectTransaction(producerId, producerEpoch, baseSequence, addsPartitions)
  const where = { topic: partition.topic, partition: partition.index }
  const support = { addsPartitions, knowsAbortable: version >= KNOWS_ABORTABLE }
  const code = transactionProblem(context, transactionalId, { producerId, producerEpoch }, where, support)
  if (code === undefined) return undefined
  if (code === 'INVALID_TXN_STATE') return { code, message: 'Partition was not added to the transaction' }
  // Only clients that leave it to Produce know that their last transaction may still be ending.
  if (!coordinatorErrors.includes(code) && (code !== 'CONCURRENT_TRANSACTIONS' || addsPartitions)) return { code, message: null }
  return {
    code: 'NOT_ENOUGH_REPLICAS',
    message: `Unable to verify the partition has been added to the transaction. Underlying error: ${code}`,
  }
}

function checkInSync(partition: Partition, topic: Topic): void {
  if (!partition.isUnderMinIsr) return
  const { isr } = partition
  throw new Refusal('NOT_ENOUGH_REPLICAS', `${isr.length} replicas are in sync, min.insync.replicas is ${topic.minInsyncReplicas}`)
}

/** The answers with the codes of those that not every replica in sync has got. */
function withCodes(responses: Response['responses'], codes: ReadonlyMap<unknown, BrokerErrorCode | undefined>): Response['responses'] {
  return responses.map((response) => ({
    ...response,
    partitionResponses: response.partitionResponses.map((each) => {
      const code = codes.get(each)
      return code === undefined ? each : { ...each, errorCode: errorCodeOf(code) }
    }),
  }))
}

function refused(index: number, errorCode: number): PartitionAnswer {
  return {
    index,
    errorCode,
    baseOffset: -1n,
    logAppendTimeMs: -1n,
    logStartOffset: -1n,
    recordErrors: [],
    errorMessage: null,
    currentLeader: NO_HINT,
  }
}

/** Kafka tells in words what is wrong with single records, and leaves out where the log starts for what it takes for everyday errors. */
function explained(index: number, partition: Partition, refusal: Refusal): PartitionAnswer {
  const answer = refused(index, refusal.errorCode)
  if (refusal.code === 'CORRUPT_MESSAGE' || refusal.code === 'MESSAGE_TOO_LARGE') return answer
  const logStartOffset = BigInt(partition.log.startOffset)
  if (!(refusal instanceof RecordsRefusal)) return { ...answer, logStartOffset }
  return { ...answer, logStartOffset, recordErrors: refusal.recordErrors, errorMessage: refusal.message }
}
