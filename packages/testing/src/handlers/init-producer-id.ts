// Gives an idempotent producer an id that no other has, in epoch 0, or a transactional id the next epoch of its producer: whoever had it before
// is fenced, and its transaction aborted, which the request has to wait for by coming again. A producer that says what it has goes on with
// it (KIP-360). Knows no two-phase commit (KIP-939), which Kafka 4.3 does not tell of either.
import { InitProducerId } from '@k/protocol'
import { errorCodeOf, Refusal } from '../refusal.ts'
import { codeFor } from '../transaction/transaction-coordinator.ts'
import { isTransactionCoordinator } from './coordinator-check.ts'
import { handler } from './handler.ts'

export const handleInitProducerId = handler({
  api: InitProducerId,
  versions: [0, 5],
  handle({ transactionalId, transactionTimeoutMs, producerId, producerEpoch }, context) {
    const { cluster, version } = context
    // Without a transactional id the broker ignores what the producer has, and gives a new id.
    if (transactionalId === null) return given({ producerId: cluster.nextProducerId(), producerEpoch: 0 })
    if (transactionalId === '') return refused(errorCodeOf('INVALID_REQUEST'))
    if ((producerId === -1n) !== (producerEpoch === -1)) return refused(errorCodeOf('INVALID_REQUEST'))
    if (!isTransactionCoordinator(transactionalId, context)) return refused(errorCodeOf('NOT_COORDINATOR'))
    const former = producerId === -1n ? undefined : { producerId, producerEpoch }
    try {
      return given(cluster.transactions.initProducerId(transactionalId, transactionTimeoutMs, former))
    } catch (error) {
      if (error instanceof Refusal) return refused(errorCodeOf(codeFor(error.code, version >= 4)))
      throw error
    }
  },
  refuse: (_, code) => refused(errorCodeOf(code)),
})

function given({ producerId, producerEpoch }: { producerId: bigint; producerEpoch: number }) {
  return { throttleTimeMs: 0, errorCode: 0, producerId, producerEpoch }
}

function refused(errorCode: number) {
  return { throttleTimeMs: 0, errorCode, producerId: -1n, producerEpoch: -1 }
}
