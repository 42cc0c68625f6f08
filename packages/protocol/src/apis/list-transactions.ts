import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, int64 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** The transactions that a broker coordinates (KIP-664). */
export const ListTransactions = api('ListTransactions', 66, { versions: [0, 2], flexible: 0 }, () => ({
  request: {
    /** Empty: all. */
    stateFilters: array(string),
    /** Empty: all. */
    producerIdFilters: array(int64),
    /** Only those that have lasted longer than this, in milliseconds; negative: all (KIP-994). */
    durationFilter: int64.since(1).default(-1n),
    /** A regular expression; null or empty: all (KIP-1152). */
    transactionalIdPattern: string.since(2).nullable().default(null),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    /** States of the filter that the broker does not know. */
    unknownStateFilters: array(string),
    transactionStates: array(struct({ transactionalId: string, producerId: int64, transactionState: string })),
  },
}))

/** What is asked with {@link ListTransactions}, decoded: every field is there, in every version. */
export interface ListTransactionsRequest extends RequestOf<typeof ListTransactions> {}
/** What is answered to {@link ListTransactions}, decoded: every field is there, in every version. */
export interface ListTransactionsResponse extends ResponseOf<typeof ListTransactions> {}
