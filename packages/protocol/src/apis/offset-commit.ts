import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, int64, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Keeps the offsets at which a group goes on reading. Answered by the coordinator of the group. */
export const OffsetCommit = api('OffsetCommit', 8, { versions: [0, 10], flexible: 8 }, () => ({
  request: {
    groupId: string,
    /** The generation of a classic group or the epoch of a member (KIP-848); -1 where nobody is a member. */
    generationIdOrMemberEpoch: int32.since(1).default(-1).ignorable(),
    memberId: string.since(1).ignorable(),
    groupInstanceId: string.since(7).nullable().default(null),
    /** How long to keep them; -1: as the broker is configured. */
    retentionTimeMs: int64.since(2).until(4).default(-1n).ignorable(),
    topics: array(
      struct({
        /** In versions 0 to 9; later ones name the topic by its id. */
        name: string.until(9).ignorable(),
        topicId: uuid.since(10).ignorable(),
        partitions: array(
          struct({
            partitionIndex: int32,
            /** The offset of the next record to read. */
            committedOffset: int64,
            /** The epoch of the record before it; -1: unknown. */
            committedLeaderEpoch: int32.since(6).default(-1).ignorable(),
            /** When it was committed, in milliseconds; -1: now. */
            commitTimestamp: int64.since(1).until(1).default(-1n),
            /** Any text to keep with the offset. */
            committedMetadata: string.nullable(),
          }),
        ),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32.since(3).ignorable(),
    topics: array(
      struct({
        name: string.until(9).ignorable(),
        topicId: uuid.since(10).ignorable(),
        partitions: array(struct({ partitionIndex: int32, errorCode: int16 })),
      }),
    ),
  },
}))

/** What is asked with {@link OffsetCommit}, decoded: every field is there, in every version. */
export interface OffsetCommitRequest extends RequestOf<typeof OffsetCommit> {}
/** What is answered to {@link OffsetCommit}, decoded: every field is there, in every version. */
export interface OffsetCommitResponse extends ResponseOf<typeof OffsetCommit> {}
