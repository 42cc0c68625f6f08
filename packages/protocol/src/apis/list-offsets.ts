import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int8, int16, int32, int64 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** The offset that belongs to a timestamp, or the first, the last or another marked one, of partitions. Answered by their leaders. */
export const ListOffsets = api('ListOffsets', 2, { versions: [0, 11], flexible: 6 }, () => ({
  request: {
    /** A follower says who it is; consumers are -1. */
    replicaId: int32,
    /** What the end is: 0: the high watermark; 1: the last stable offset. */
    isolationLevel: int8.since(2),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            currentLeaderEpoch: int32.since(4).default(-1).ignorable(),
            /**
             * Milliseconds; or -1: the end; -2: the start; -3: the record with the largest timestamp; -4, -5, -6: bounds of tiered storage.
             */
            timestamp: int64,
            /** How many offsets to list at most, newest first. */
            maxNumOffsets: int32.until(0).default(1),
          }),
        ),
      }),
    ),
    /** How long the broker may take, where it must ask tiered storage. */
    timeoutMs: int32.since(10).ignorable(),
  },
  response: {
    throttleTimeMs: int32.since(2).ignorable(),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            /** The starts of segments, newest first. */
            oldStyleOffsets: array(int64).until(0),
            /** That of the record found; -1 where none was found, or the question was for a mark. */
            timestamp: int64.since(1).default(-1n),
            /** -1 where no record is as young as that. */
            offset: int64.since(1).default(-1n),
            leaderEpoch: int32.since(4).default(-1),
          }),
        ),
      }),
    ),
  },
}))

/** What is asked with {@link ListOffsets}, decoded: every field is there, in every version. */
export interface ListOffsetsRequest extends RequestOf<typeof ListOffsets> {}
/** What is answered to {@link ListOffsets}, decoded: every field is there, in every version. */
export interface ListOffsetsResponse extends ResponseOf<typeof ListOffsets> {}
