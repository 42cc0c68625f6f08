import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int8, int16, int32, int64 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Of which transactional id the state is. */
export const TransactionLogKey = message('TransactionLogKey', { versions: [0, 0] }, () => ({ transactionalId: string }))

/** Where the transaction of a transactional id stands. */
export const TransactionLogValue = message('TransactionLogValue', { versions: [0, 1], flexible: 1 }, () => ({
  producerId: int64,
  /** Of the transaction that was committed last; -1: none. */
  previousProducerId: int64.since(1).tagged(0).default(-1n),
  /** What the producer was given last; -1: nothing. */
  nextProducerId: int64.since(1).tagged(1).default(-1n),
  producerEpoch: int16,
  /** Belongs to `nextProducerId`. */
  nextProducerEpoch: int16.since(1).tagged(3).default(-1),
  transactionTimeoutMs: int32,
  /**
   * 0: empty, 1: ongoing, 2: prepares to commit, 3: prepares to abort, 4: committed, 5: aborted, 6: dead, 7: prepares to fence an older producer.
   */
  transactionStatus: int8,
  /** Null where no transaction is under way. */
  transactionPartitions: array(struct({ topic: string, partitionIds: array(int32) })).nullable(),
  /** Milliseconds since the epoch. */
  transactionLastUpdateTimestampMs: int64,
  /** Milliseconds since the epoch; -1: not begun. */
  transactionStartTimestampMs: int64,
  /** 2: every transaction has an epoch of its own (KIP-890). */
  clientTransactionVersion: int16.since(1).tagged(2),
}))
