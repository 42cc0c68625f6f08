import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** A group coordinator deletes the state of share partitions (KIP-932). */
export const DeleteShareGroupState = api('DeleteShareGroupState', 86, { versions: [0, 0], flexible: 0 }, () => ({
  request: {
    groupId: string,
    topics: array(
      struct({
        topicId: uuid,
        partitions: array(struct({ partition: int32 })),
      }),
    ),
  },
  response: {
    results: array(
      struct({
        topicId: uuid,
        partitions: array(
          struct({
            partition: int32,
            errorCode: int16,
            errorMessage: string.nullable().default(null),
          }),
        ),
      }),
    ),
  },
}))

/** What is asked with {@link DeleteShareGroupState}, decoded: every field is there, in every version. */
export interface DeleteShareGroupStateRequest extends RequestOf<typeof DeleteShareGroupState> {}
/** What is answered to {@link DeleteShareGroupState}, decoded: every field is there, in every version. */
export interface DeleteShareGroupStateResponse extends ResponseOf<typeof DeleteShareGroupState> {}
