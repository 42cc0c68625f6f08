// How transactional ids stand that this broker coordinates. Nobody is kept from seeing them or their topics.
import { type BrokerErrorCode, DescribeTransactions } from '@k/protocol'
import { errorCodeOf } from '../refusal.ts'
import type { Transaction } from '../transaction/transaction.ts'
import { isTransactionCoordinator } from './coordinator-check.ts'
import { handler, type RequestContext } from './handler.ts'

export const handleDescribeTransactions = handler({
  api: DescribeTransactions,
  versions: [0, 0],
  handle: ({ transactionalIds }, context) => ({
    throttleTimeMs: 0,
    transactionStates: transactionalIds.map((transactionalId) => found(transactionalId, context)),
  }),
  refuse: ({ transactionalIds }, code) => ({
    throttleTimeMs: 0,
    transactionStates: transactionalIds.map((transactionalId) => refused(transactionalId, code)),
  }),
})

function found(transactionalId: string, context: RequestContext) {
  if (transactionalId === '') return refused(transactionalId, 'INVALID_REQUEST')
  if (!isTransactionCoordinator(transactionalId, context)) return refused(transactionalId, 'NOT_COORDINATOR')
  const transaction = context.cluster.transactions.get(transactionalId)
  return transaction === undefined ? refused(transactionalId, 'TRANSACTIONAL_ID_NOT_FOUND') : described(transaction)
}

function described({ transactionalId, state, timeoutMs, startedAt, producerId, producerEpoch, partitions }: Transaction) {
  const all = partitions.list()
  return {
    errorCode: 0,
    transactionalId,
    transactionState: state,
    transactionTimeoutMs: timeoutMs,
    transactionStartTimeMs: BigInt(startedAt),
    producerId,
    producerEpoch,
    topics: [...new Set(all.map(({ topic }) => topic))].map((topic) => ({
      topic,
      partitions: all.filter((each) => each.topic === topic).map(({ partition }) => partition),
    })),
  }
}

function refused(transactionalId: string, code: BrokerErrorCode) {
  return {
    errorCode: errorCodeOf(code),
    transactionalId,
    transactionState: '',
    transactionTimeoutMs: 0,
    transactionStartTimeMs: 0n,
    producerId: 0n,
    producerEpoch: 0,
    topics: [],
  }
}
