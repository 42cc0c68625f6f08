// Commits or aborts a transaction: its markers are written before the answer, except to partitions that have no leader, which get theirs
// when they have one (Kafka answers first, and writes them soon). From version 5 on the producer gets a new epoch with each end, or a new id
// when the epochs are used up (KIP-890).
import { EndTxn } from '@k/protocol'
import { errorCodeOf, Refusal } from '../refusal.ts'
import { codeFor } from '../transaction/transaction-coordinator.ts'
import { isTransactionCoordinator } from './coordinator-check.ts'
import { handler } from './handler.ts'

/** Since this version a new epoch comes with the answer. */
const BUMPS_EPOCH = 5

export const handleEndTxn = handler({
  api: EndTxn,
  versions: [0, 5],
  handle({ transactionalId, producerId, producerEpoch, committed }, context) {
    const { cluster, version } = context
    if (transactionalId === '') return refused(errorCodeOf('INVALID_REQUEST'))
    if (!isTransactionCoordinator(transactionalId, context)) return refused(errorCodeOf('NOT_COORDINATOR'))
    const bumpsEpoch = version >= BUMPS_EPOCH
    try {
      const next = cluster.transactions.end(transactionalId, { producerId, producerEpoch }, committed, bumpsEpoch)
      return bumpsEpoch ? { throttleTimeMs: 0, errorCode: 0, ...next } : { throttleTimeMs: 0, errorCode: 0 }
    } catch (error) {
      if (error instanceof Refusal) return refused(errorCodeOf(codeFor(error.code, version >= 2)))
      throw error
    }
  },
  refuse: (_, code) => refused(errorCodeOf(code)),
})

function refused(errorCode: number) {
  return { throttleTimeMs: 0, errorCode, producerId: -1n, producerEpoch: -1 }
}
