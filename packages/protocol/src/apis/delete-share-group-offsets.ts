import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Deletes what a share group knows of topics (KIP-932). */
export const DeleteShareGroupOffsets = api('DeleteShareGroupOffsets', 92, { versions: [0, 0], flexible: 0 }, () => ({
  request: {
    groupId: string,
    topics: array(struct({ topicName: string })),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    responses: array(
      struct({
        topicName: string,
        topicId: uuid,
        errorCode: int16,
        errorMessage: string.nullable().default(null),
      }),
    ),
  },
}))

/** What is asked with {@link DeleteShareGroupOffsets}, decoded: every field is there, in every version. */
export interface DeleteShareGroupOffsetsRequest extends RequestOf<typeof DeleteShareGroupOffsets> {}
/** What is answered to {@link DeleteShareGroupOffsets}, decoded: every field is there, in every version. */
export interface DeleteShareGroupOffsetsResponse extends ResponseOf<typeof DeleteShareGroupOffsets> {}
