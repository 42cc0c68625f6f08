// Appends a batch to each partition, after the checks that a leader makes: checksum, magic, count, sequence numbers, epochs, size, timestamps,
// replicas in sync. Acks 0 is not answered, and ends the connection where something failed. Looks at single records
// only where the topic is compacted, or the header tells of a timestamp that is refused. Knows no transactions, so transactional batches are
// refused; takes no old formats (versions 0 to 2).
import { Produce, type ProduceRequest, type ProduceResponse, type ResponseInputOf } from '@k/protocol'
import { soleBatch } from '../log/batch-checks.ts'
import { ATTRIBUTES, TRANSACTIONAL } from '../log/batch-layout.ts'
import { RecordsRefusal } from '../log/record-checks.ts'
import type { Partition } from '../partition.ts'
import { errorCodeOf, Refusal } from '../refusal.ts'
import type { Topic } from '../topic.ts'
import { handler, type RequestContext } from './handler.ts'
import { endpointsOf, hintFor, NO_HINT } from './leader-hint.ts'

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
    const { acks } = request
    const touched: Partition[] = []
    const responses = request.topicData.map((data) => {
      const topic = version >= 13 ? cluster.topicById(data.topicId) : cluster.topic(data.name)
      const partitionResponses = data.partitionData.map((asked) => {
        const partition = topic?.partitions[asked.index]
        if (partition !== undefined) touched.push(partition)
        return produced(topic, asked, acks, context)
      })
      return { name: data.name, topicId: data.topicId, partitionResponses }
    })
    // Only now, so that a fetch that waits finds all of the request.
    for (const partition of touched) partition.notify()
    return answer(responses, acks, context)
  },
  refuse(request, code, context) {
    const responses = request.topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index }) => refused(index, errorCodeOf(code))),
    }))
    return answer(responses, request.acks, context)
  },
})

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

function produced(topic: Topic | undefined, { index, records }: PartitionData, acks: number, context: RequestContext): PartitionAnswer {
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
  // No coordinator knows of the transaction.
  if ((batch.readInt16BE(ATTRIBUTES) & TRANSACTIONAL) !== 0) return refused(index, errorCodeOf('INVALID_PRODUCER_ID_MAPPING'))
  if (partition.leader !== broker.id) {
    const hint = version >= 10 ? hintFor(partition) : NO_HINT
    return { ...refused(index, errorCodeOf('NOT_LEADER_OR_FOLLOWER')), currentLeader: hint }
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

/** No topic can ask for more replicas in sync than it has. */
function checkInSync({ isr, replicas }: Partition, { minInsyncReplicas }: Topic): void {
  if (isr.length >= Math.min(minInsyncReplicas, replicas.length)) return
  throw new Refusal('NOT_ENOUGH_REPLICAS', `${isr.length} replicas are in sync, min.insync.replicas is ${minInsyncReplicas}`)
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
