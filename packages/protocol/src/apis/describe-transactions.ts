import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, int64 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** States of transactions, by transactional id. Answered by their coordinators (KIP-664). */
export const DescribeTransactions = api('DescribeTransactions', 65, { versions: [0, 0], flexible: 0 }, () => ({
  request: {
    transactionalIds: array(string),
  },
  response: {
    throttleTimeMs: int32,
    transactionStates: array(
      struct({
        errorCode: int16,
        transactionalId: string,
        transactionState: string,
        transactionTimeoutMs: int32,
        transactionStartTimeMs: int64,
        producerId: int64,
        producerEpoch: int16,
        topics: array(struct({ topic: string, partitions: array(int32) })),
      }),
    ),
  },
}))

/** What is asked with {@link DescribeTransactions}, decoded: every field is there, in every version. */
export interface DescribeTransactionsRequest extends RequestOf<typeof DescribeTransactions> {}
/** What is answered to {@link DescribeTransactions}, decoded: every field is there, in every version. */
export interface DescribeTransactionsResponse extends ResponseOf<typeof DescribeTransactions> {}
