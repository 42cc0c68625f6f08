import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, int64, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** A group coordinator reads where share partitions stand (KIP-932). */
export const ReadShareGroupStateSummary = api('ReadShareGroupStateSummary', 87, { versions: [0, 1], flexible: 0 }, () => ({
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
            leaderEpoch: int32,
            startOffset: int64,
            deliveryCompleteCount: int32.since(1).default(-1).ignorable(),
          }),
        ),
      }),
    ),
  },
}))

/** What is asked with {@link ReadShareGroupStateSummary}, decoded: every field is there, in every version. */
export interface ReadShareGroupStateSummaryRequest extends RequestOf<typeof ReadShareGroupStateSummary> {}
/** What is answered to {@link ReadShareGroupStateSummary}, decoded: every field is there, in every version. */
export interface ReadShareGroupStateSummaryResponse extends ResponseOf<typeof ReadShareGroupStateSummary> {}
