// Ends transactions in single partitions, over the head of their coordinator, as an administrator does with a transaction that hangs: what
// coordinators send to leaders. Any client may send it here, as there is no authorizer. What the coordinator knows does not change.
import { type BrokerErrorCode, WriteTxnMarkers, type WriteTxnMarkersRequest } from '@k/protocol'
import type { TransactionMarker } from '../log/producer-states.ts'
import { errorCodeOf, Refusal } from '../refusal.ts'
import { OFFSETS_TOPIC } from '../transaction/transaction-coordinator.ts'
import { handler, type RequestContext } from './handler.ts'

/** Since this transaction version markers have an epoch of their own. */
const BUMPS_EPOCH = 2

export const handleWriteTxnMarkers = handler({
  api: WriteTxnMarkers,
  versions: [0, 2],
  handle(request, context) {
    return answer(request, ({ producerId, producerEpoch, coordinatorEpoch, transactionResult, transactionVersion }, topic, index) => {
      const bumpsEpoch = transactionVersion >= BUMPS_EPOCH
      return write({ producerId, producerEpoch, coordinatorEpoch, isCommit: transactionResult, bumpsEpoch }, topic, index, context)
    })
  },
  refuse: (request, code) => answer(request, () => code),
})

type Marker = WriteTxnMarkersRequest['markers'][number]

function answer({ markers }: WriteTxnMarkersRequest, act: (marker: Marker, topic: string, index: number) => BrokerErrorCode | undefined) {
  return {
    markers: markers.map((marker) => ({
      producerId: marker.producerId,
      topics: marker.topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => {
          const code = act(marker, name, partitionIndex)
          return { partitionIndex, errorCode: code === undefined ? 0 : errorCodeOf(code) }
        }),
      })),
    })),
  }
}

function write(marker: TransactionMarker, topic: string, index: number, { cluster, broker }: RequestContext): BrokerErrorCode | undefined {
  // Kafka does not foresee it.
  if (marker.producerEpoch < 0) return 'UNKNOWN_SERVER_ERROR'
  if (topic === OFFSETS_TOPIC) {
    cluster.transactionalOffsets.end(index, marker, (groupId) => cluster.offsetsPartition(groupId) === index)
    return undefined
  }
  const partition = cluster.topic(topic)?.partitions[index]
  if (!partition?.replicas.includes(broker.id)) return 'UNKNOWN_TOPIC_OR_PARTITION'
  if (partition.leader !== broker.id) return 'NOT_LEADER_OR_FOLLOWER'
  try {
    partition.appendMarker(marker, cluster.options.clock.now())
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}
