import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, int64, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Sets where an empty share group goes on (KIP-932). */
export const AlterShareGroupOffsets = api('AlterShareGroupOffsets', 91, { versions: [0, 0], flexible: 0 }, () => ({
  request: {
    groupId: string,
    topics: array(
      struct({
        topicName: string,
        partitions: array(struct({ partitionIndex: int32, startOffset: int64 })),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    responses: array(
      struct({
        topicName: string,
        topicId: uuid,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            errorMessage: string.nullable().default(null),
          }),
        ),
      }),
    ),
  },
}))

/** What is asked with {@link AlterShareGroupOffsets}, decoded: every field is there, in every version. */
export interface AlterShareGroupOffsetsRequest extends RequestOf<typeof AlterShareGroupOffsets> {}
/** What is answered to {@link AlterShareGroupOffsets}, decoded: every field is there, in every version. */
export interface AlterShareGroupOffsetsResponse extends ResponseOf<typeof AlterShareGroupOffsets> {}
