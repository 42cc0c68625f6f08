import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, int64, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Where share groups stand in their partitions (KIP-932). */
export const DescribeShareGroupOffsets = api('DescribeShareGroupOffsets', 90, { versions: [0, 1], flexible: 0 }, () => ({
  request: {
    groups: array(
      struct({
        groupId: string,
        /** Null: all. */
        topics: array(struct({ topicName: string, partitions: array(int32) })).nullable(),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32,
    groups: array(
      struct({
        groupId: string,
        topics: array(
          struct({
            topicName: string,
            topicId: uuid,
            partitions: array(
              struct({
                partitionIndex: int32,
                /** -1: the group has no state there. */
                startOffset: int64,
                leaderEpoch: int32,
                lag: int64.since(1).default(-1n).ignorable(),
                errorCode: int16,
                errorMessage: string.nullable().default(null),
              }),
            ),
          }),
        ),
        errorCode: int16,
        errorMessage: string.nullable().default(null),
      }),
    ),
  },
}))

/** What is asked with {@link DescribeShareGroupOffsets}, decoded: every field is there, in every version. */
export interface DescribeShareGroupOffsetsRequest extends RequestOf<typeof DescribeShareGroupOffsets> {}
/** What is answered to {@link DescribeShareGroupOffsets}, decoded: every field is there, in every version. */
export interface DescribeShareGroupOffsetsResponse extends ResponseOf<typeof DescribeShareGroupOffsets> {}
