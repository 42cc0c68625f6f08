// Says that a transaction is going to commit offsets for a group: the partition in which they are kept becomes part of it. The group need not
// exist, and is not looked at.
import { AddOffsetsToTxn } from '@k/protocol'
import { errorCodeOf, Refusal } from '../refusal.ts'
import { codeFor, OFFSETS_TOPIC } from '../transaction/transaction-coordinator.ts'
import { isTransactionCoordinator } from './coordinator-check.ts'
import { handler } from './handler.ts'

export const handleAddOffsetsToTxn = handler({
  api: AddOffsetsToTxn,
  versions: [0, 4],
  handle({ transactionalId, producerId, producerEpoch, groupId }, context) {
    const { cluster, version } = context
    if (transactionalId === '') return answer(errorCodeOf('INVALID_REQUEST'))
    if (!isTransactionCoordinator(transactionalId, context)) return answer(errorCodeOf('NOT_COORDINATOR'))
    const partitions = [{ topic: OFFSETS_TOPIC, partition: cluster.offsetsPartition(groupId) }]
    try {
      cluster.transactions.addPartitions(transactionalId, { producerId, producerEpoch }, partitions, false)
      return answer(0)
    } catch (error) {
      if (error instanceof Refusal) return answer(errorCodeOf(codeFor(error.code, version >= 2)))
      throw error
    }
  },
  refuse: (_, code) => answer(errorCodeOf(code)),
})

function answer(errorCode: number) {
  return { throttleTimeMs: 0, errorCode }
}
