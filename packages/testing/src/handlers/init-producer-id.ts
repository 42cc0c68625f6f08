// Gives an idempotent producer an id that no other has, in epoch 0, or the next epoch of the id that it has already.
// Knows no transactions: a transactional id is refused, for good.
import { InitProducerId } from '@k/protocol'
import { errorCodeOf } from '../refusal.ts'
import { handler } from './handler.ts'

export const handleInitProducerId = handler({
  api: InitProducerId,
  versions: [0, 5],
  handle({ transactionalId }, { cluster }) {
    if (transactionalId !== null) return refused(errorCodeOf(transactionalId === '' ? 'INVALID_REQUEST' : 'UNSUPPORTED_VERSION'))
    // Without a transactional id the broker ignores what the producer has, and gives a new id.
    return { throttleTimeMs: 0, errorCode: 0, producerId: cluster.nextProducerId(), producerEpoch: 0 }
  },
  refuse: (_, code) => refused(errorCodeOf(code)),
})

function refused(errorCode: number) {
  return { throttleTimeMs: 0, errorCode, producerId: -1n, producerEpoch: -1 }
}
