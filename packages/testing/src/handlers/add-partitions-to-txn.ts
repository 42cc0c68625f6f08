// Adds partitions to a transaction, which begins with the first of them: all or none. Version 4 and later are what brokers send each other (KIP-890):
// several transactions at once, to be added to or only asked about; any client may send them here, as there is no authorizer.
import { AddPartitionsToTxn, type AddPartitionsToTxnRequest, type BrokerErrorCode } from '@k/protocol'
import { errorCodeOf, Refusal } from '../refusal.ts'
import { codeFor } from '../transaction/transaction-coordinator.ts'
import { isTransactionCoordinator } from './coordinator-check.ts'
import { handler, type RequestContext } from './handler.ts'

type Asked = AddPartitionsToTxnRequest['transactions'][number]
type TopicAsked = Asked['topics'][number]

/** What is wrong with a partition; undefined where nothing is. */
type Problem = (topic: string, partition: number) => BrokerErrorCode | undefined

export const handleAddPartitionsToTxn = handler({
  api: AddPartitionsToTxn,
  versions: [0, 5],
  handle(request, context) {
    const { version } = context
    if (version >= 4) {
      return {
        throttleTimeMs: 0,
        errorCode: 0,
        resultsByTransaction: request.transactions.map((asked) => ({
          transactionalId: asked.transactionalId,
          topicResults: results(asked.topics, added(asked, context)),
        })),
        resultsByTopicV3AndBelow: [],
      }
    }
    const asked: Asked = {
      transactionalId: request.v3AndBelowTransactionalId,
      producerId: request.v3AndBelowProducerId,
      producerEpoch: request.v3AndBelowProducerEpoch,
      verifyOnly: false,
      topics: request.v3AndBelowTopics,
    }
    return { throttleTimeMs: 0, resultsByTransaction: [], resultsByTopicV3AndBelow: results(asked.topics, added(asked, context)) }
  },
  refuse(request, code, { version }) {
    if (version >= 4) return { throttleTimeMs: 0, errorCode: errorCodeOf(code), resultsByTransaction: [], resultsByTopicV3AndBelow: [] }
    return { throttleTimeMs: 0, resultsByTransaction: [], resultsByTopicV3AndBelow: results(request.v3AndBelowTopics, () => code) }
  },
})

function results(topics: readonly TopicAsked[], problem: Problem) {
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => {
      const code = problem(name, partitionIndex)
      return { partitionIndex, partitionErrorCode: code === undefined ? 0 : errorCodeOf(code) }
    }),
  }))
}

function added({ transactionalId, producerId, producerEpoch, verifyOnly, topics }: Asked, context: RequestContext): Problem {
  const { cluster, version } = context
  const isUnknown = (topic: string, partition: number) => cluster.topic(topic)?.partitions[partition] === undefined
  const partitions = topics.flatMap(({ name, partitions: indexes }) => indexes.map((partition) => ({ topic: name, partition })))
  if (partitions.some(({ topic, partition }) => isUnknown(topic, partition))) {
    return (topic, partition) => (isUnknown(topic, partition) ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'OPERATION_NOT_ATTEMPTED')
  }
  if (transactionalId === '') return () => 'INVALID_REQUEST'
  if (!isTransactionCoordinator(transactionalId, context)) return () => 'NOT_COORDINATOR'
  const producer = { producerId, producerEpoch }
  const codeOf = (act: () => void): BrokerErrorCode | undefined => {
    try {
      act()
      return undefined
    } catch (error) {
      if (error instanceof Refusal) return codeFor(error.code, version >= 2)
      throw error
    }
  }
  if (verifyOnly) {
    return (topic, partition) => codeOf(() => cluster.transactions.verifyPartition(transactionalId, producer, { topic, partition }))
  }
  const code = codeOf(() => cluster.transactions.addPartitions(transactionalId, producer, partitions, version >= 4))
  return () => code
}
