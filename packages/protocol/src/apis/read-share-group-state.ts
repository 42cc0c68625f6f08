import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int8, int16, int32, int64, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** A leader of share partitions reads their state (KIP-932). */
export const ReadShareGroupState = api('ReadShareGroupState', 84, { versions: [0, 0], flexible: 0 }, () => ({
  request: {
    groupId: string,
    topics: array(
      struct({
        topicId: uuid,
        partitions: array(struct({ partition: int32, leaderEpoch: int32 })),
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
            stateEpoch: int32,
            startOffset: int64,
            stateBatches: array(
              struct({
                firstOffset: int64,
                lastOffset: int64,
                /** 0: available; 2: acknowledged; 4: archived. */
                deliveryState: int8,
                deliveryCount: int16,
              }),
            ),
          }),
        ),
      }),
    ),
  },
}))

/** What is asked with {@link ReadShareGroupState}, decoded: every field is there, in every version. */
export interface ReadShareGroupStateRequest extends RequestOf<typeof ReadShareGroupState> {}
/** What is answered to {@link ReadShareGroupState}, decoded: every field is there, in every version. */
export interface ReadShareGroupStateResponse extends ResponseOf<typeof ReadShareGroupState> {}
