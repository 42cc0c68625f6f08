import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int8, int16, int32, int64, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** A leader of share partitions writes their state (KIP-932). */
export const WriteShareGroupState = api('WriteShareGroupState', 85, { versions: [0, 1], flexible: 0 }, () => ({
  request: {
    groupId: string,
    topics: array(
      struct({
        topicId: uuid,
        partitions: array(
          struct({
            partition: int32,
            stateEpoch: int32,
            leaderEpoch: int32,
            startOffset: int64,
            deliveryCompleteCount: int32.since(1).default(-1).ignorable(),
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

/** What is asked with {@link WriteShareGroupState}, decoded: every field is there, in every version. */
export interface WriteShareGroupStateRequest extends RequestOf<typeof WriteShareGroupState> {}
/** What is answered to {@link WriteShareGroupState}, decoded: every field is there, in every version. */
export interface WriteShareGroupStateResponse extends ResponseOf<typeof WriteShareGroupState> {}
