import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, int64 } from '../schema/scalars.ts'

/** Takes the offsets of a group into a transaction, before TxnOffsetCommit. */
export const AddOffsetsToTxn = api('AddOffsetsToTxn', 25, { versions: [0, 4], flexible: 3 }, () => ({
  request: {
    transactionalId: string,
    producerId: int64,
    producerEpoch: int16,
    groupId: string,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
  },
}))

/** What is asked with {@link AddOffsetsToTxn}, decoded: every field is there, in every version. */
export interface AddOffsetsToTxnRequest extends RequestOf<typeof AddOffsetsToTxn> {}
/** What is answered to {@link AddOffsetsToTxn}, decoded: every field is there, in every version. */
export interface AddOffsetsToTxnResponse extends ResponseOf<typeof AddOffsetsToTxn> {}
