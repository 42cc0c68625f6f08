import { Refusal } from '../refusal.ts'
import { isExhausted, type ProducerIdAndEpoch, type Transaction } from './transaction.ts'

/**
 * Whether a transaction has ended already as this request wants it; false where it is to be ended now.
 * @throws Refusal where it cannot end so
 */
export function checkEnd(transaction: Transaction, producer: ProducerIdAndEpoch, isCommit: boolean, bumpsEpoch: boolean): boolean {
  return bumpsEpoch ? checkEndWithBump(transaction, producer, isCommit) : checkEndWithoutBump(transaction, producer, isCommit)
}

/** The same epoch stays, so that the state alone tells a request that has come again. */
function checkEndWithoutBump(transaction: Transaction, producer: ProducerIdAndEpoch, isCommit: boolean): boolean {
  transaction.check(producer)
  const { state, transactionalId } = transaction
  if (state === 'Ongoing') return false
  if (state === 'Empty' || transaction.isCommit !== isCommit) throw wrongState(transaction, isCommit)
  if (transaction.isEnding) throw concurrent(transactionalId)
  return true
}

/** Every end has an epoch of its own (KIP-890): what comes with the one before has come again. */
function checkEndWithBump(transaction: Transaction, { producerId, producerEpoch }: ProducerIdAndEpoch, isCommit: boolean): boolean {
  const { state, transactionalId } = transaction
  const isComplete = state === 'CompleteCommit' || state === 'CompleteAbort'
  const isAgainWithBump = transaction.producerEpoch === producerEpoch + 1
  const isAgainWithOther =
    transaction.previousProducerId === producerId && isExhausted(producerEpoch) && producerEpoch < 0x7fff && transaction.producerEpoch === 0
  if (transaction.producerId !== producerId && !isAgainWithOther) throw transaction.otherProducer(producerId)
  const isCurrent = producerEpoch === transaction.producerEpoch
  const isValid = transaction.isEnding ? isAgainWithBump : isCurrent || (isComplete && (isAgainWithBump || isAgainWithOther))
  if (!isValid) throw transaction.fenced(producerEpoch)
  if (state === 'Ongoing') return false
  const isAgain = isAgainWithBump || isAgainWithOther
  if (transaction.isEnding) throw transaction.isCommit === isCommit ? concurrent(transactionalId) : wrongState(transaction, isCommit)
  if (isComplete && isAgain) {
    if (transaction.isCommit === isCommit) return true
    throw wrongState(transaction, isCommit)
  }
  // A transaction that has nothing in it can be aborted.
  if (isCommit) throw wrongState(transaction, isCommit)
  return false
}

function concurrent(transactionalId: string): Refusal {
  return new Refusal('CONCURRENT_TRANSACTIONS', `the transaction of ${transactionalId} is being ended`)
}

function wrongState({ transactionalId, state }: Transaction, isCommit: boolean): Refusal {
  return new Refusal('INVALID_TXN_STATE', `${transactionalId} is ${state}, so that it cannot be ${isCommit ? 'committed' : 'aborted'}`)
}
