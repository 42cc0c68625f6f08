import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, int64 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Deletes the records of partitions up to an offset. Answered by their leaders (KIP-107). */
export const DeleteRecords = api('DeleteRecords', 21, { versions: [0, 2], flexible: 2 }, () => ({
  request: {
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            /** The first that stays; -1: the high watermark. */
            offset: int64,
          }),
        ),
      }),
    ),
    timeoutMs: int32,
  },
  response: {
    throttleTimeMs: int32,
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            /** The first offset that is left, on every replica in sync. */
            lowWatermark: int64,
            errorCode: int16,
          }),
        ),
      }),
    ),
  },
}))

/** What is asked with {@link DeleteRecords}, decoded: every field is there, in every version. */
export interface DeleteRecordsRequest extends RequestOf<typeof DeleteRecords> {}
/** What is answered to {@link DeleteRecords}, decoded: every field is there, in every version. */
export interface DeleteRecordsResponse extends ResponseOf<typeof DeleteRecords> {}
