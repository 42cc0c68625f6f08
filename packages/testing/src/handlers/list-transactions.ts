// The transactional ids that this broker coordinates, by state, producer, how long their transaction has lasted, and a regular expression for the id.
import { type BrokerErrorCode, ListTransactions, type ListTransactionsRequest } from '@k/protocol'
import { topicRegex } from '../consumer-group/topic-regex.ts'
import { errorCodeOf, Refusal } from '../refusal.ts'
import type { Transaction } from '../transaction/transaction.ts'
import { isTransactionCoordinator } from './coordinator-check.ts'
import { handler, type RequestContext } from './handler.ts'

/** Every state that Kafka has a word for, those included that nothing is in here for longer than a request. */
const states = ['Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort', 'Dead', 'PrepareEpochFence']

export const handleListTransactions = handler({
  api: ListTransactions,
  versions: [0, 2],
  handle(request, context) {
    try {
      const isAsked = filterOf(request, context)
      const transactions = context.cluster.transactions.all().filter((each) => {
        return isTransactionCoordinator(each.transactionalId, context) && isAsked(each)
      })
      return {
        throttleTimeMs: 0,
        errorCode: 0,
        unknownStateFilters: request.stateFilters.filter((state) => !states.includes(state)),
        transactionStates: transactions.map(({ transactionalId, producerId, state }) => {
          return { transactionalId, producerId, transactionState: state }
        }),
      }
    } catch (error) {
      if (error instanceof Refusal) return refused(error.code)
      throw error
    }
  },
  refuse: (_, code) => refused(code),
})

function refused(code: BrokerErrorCode) {
  return { throttleTimeMs: 0, errorCode: errorCodeOf(code), unknownStateFilters: [], transactionStates: [] }
}

function filterOf(
  { stateFilters, producerIdFilters, durationFilter, transactionalIdPattern }: ListTransactionsRequest,
  { cluster }: RequestContext,
): (transaction: Transaction) => boolean {
  const now = cluster.options.clock.now()
  const pattern = transactionalIdPattern ? topicRegex(transactionalIdPattern) : undefined
  return ({ state, producerId, startedAt, transactionalId }) =>
    (stateFilters.length === 0 || stateFilters.includes(state)) &&
    (producerIdFilters.length === 0 || producerIdFilters.includes(producerId)) &&
    (durationFilter < 0n || BigInt(now - startedAt) > durationFilter) &&
    (pattern === undefined || pattern.test(transactionalId))
}
