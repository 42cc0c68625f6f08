// The producers that a replica of a partition knows, be it leader or follower: those that wrote with an id, as long as it has not forgotten them.
import { type BrokerErrorCode, DescribeProducers, type DescribeProducersRequest } from '@k/protocol'
import type { PartitionProducer } from '../partition.ts'
import { errorCodeOf } from '../refusal.ts'
import { handler } from './handler.ts'

const NOT_HERE = 'This server does not host this topic-partition.'

export const handleDescribeProducers = handler({
  api: DescribeProducers,
  versions: [0, 0],
  handle(request, { cluster, broker }) {
    return answer(request, (name, partitionIndex) => {
      const topic = cluster.topic(name)
      if (topic === undefined) return { ...refused(partitionIndex, 'UNKNOWN_TOPIC_OR_PARTITION'), errorMessage: NOT_HERE }
      const partition = topic.partitions[partitionIndex]
      if (partition === undefined) return refused(partitionIndex, 'UNKNOWN_TOPIC_OR_PARTITION')
      if (!partition.replicas.includes(broker.id)) return refused(partitionIndex, 'NOT_LEADER_OR_FOLLOWER')
      return { partitionIndex, errorCode: 0, errorMessage: null, activeProducers: [...partition.producers()].map(described) }
    })
  },
  refuse: (request, code) => answer(request, (_, partitionIndex) => refused(partitionIndex, code)),
})

function answer<P>({ topics }: DescribeProducersRequest, describe: (topic: string, partitionIndex: number) => P) {
  return {
    throttleTimeMs: 0,
    topics: topics.map(({ name, partitionIndexes }) => ({ name, partitions: partitionIndexes.map((index) => describe(name, index)) })),
  }
}

function refused(partitionIndex: number, code: BrokerErrorCode) {
  return { partitionIndex, errorCode: errorCodeOf(code), errorMessage: null, activeProducers: [] }
}

function described({ producerId, epoch, lastSequence, lastTimestamp, coordinatorEpoch, transactionStart }: PartitionProducer) {
  return {
    producerId,
    producerEpoch: epoch,
    lastSequence,
    lastTimestamp: BigInt(lastTimestamp),
    coordinatorEpoch,
    currentTxnStartOffset: BigInt(transactionStart),
  }
}
