import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Deletes committed offsets of topics that a group no longer subscribes to (KIP-496). */
export const OffsetDelete = api('OffsetDelete', 47, { versions: [0, 0] }, () => ({
  request: {
    groupId: string,
    topics: array(
      struct({
        name: string,
        partitions: array(struct({ partitionIndex: int32 })),
      }),
    ),
  },
  response: {
    errorCode: int16,
    throttleTimeMs: int32.ignorable(),
    topics: array(
      struct({
        name: string,
        partitions: array(struct({ partitionIndex: int32, errorCode: int16 })),
      }),
    ),
  },
}))

/** What is asked with {@link OffsetDelete}, decoded: every field is there, in every version. */
export interface OffsetDeleteRequest extends RequestOf<typeof OffsetDelete> {}
/** What is answered to {@link OffsetDelete}, decoded: every field is there, in every version. */
export interface OffsetDeleteResponse extends ResponseOf<typeof OffsetDelete> {}
