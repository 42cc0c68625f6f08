import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, int64, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** A group coordinator opens the state of share partitions (KIP-932). */
export const InitializeShareGroupState = api('InitializeShareGroupState', 83, { versions: [0, 0], flexible: 0 }, () => ({
  request: {
    groupId: string,
    topics: array(
      struct({
        topicId: uuid,
        partitions: array(struct({ partition: int32, stateEpoch: int32, startOffset: int64 })),
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

/** What is asked with {@link InitializeShareGroupState}, decoded: every field is there, in every version. */
export interface InitializeShareGroupStateRequest extends RequestOf<typeof InitializeShareGroupState> {}
/** What is answered to {@link InitializeShareGroupState}, decoded: every field is there, in every version. */
export interface InitializeShareGroupStateResponse extends ResponseOf<typeof InitializeShareGroupState> {}
