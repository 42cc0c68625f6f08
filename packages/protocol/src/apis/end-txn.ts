import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int16, int32, int64 } from '../schema/scalars.ts'

/** Commits or aborts a transaction. */
export const EndTxn = api('EndTxn', 26, { versions: [0, 5], flexible: 3 }, () => ({
  request: {
    transactionalId: string,
    producerId: int64,
    producerEpoch: int16,
    /** True commits, false aborts. */
    committed: boolean,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    /** For the next transaction (KIP-890); -1 where the old one stays. */
    producerId: int64.since(5).default(-1n).ignorable(),
    /** Belongs to that producer id. */
    producerEpoch: int16.since(5).default(-1).ignorable(),
  },
}))

/** What is asked with {@link EndTxn}, decoded: every field is there, in every version. */
export interface EndTxnRequest extends RequestOf<typeof EndTxn> {}
/** What is answered to {@link EndTxn}, decoded: every field is there, in every version. */
export interface EndTxnResponse extends ResponseOf<typeof EndTxn> {}
