import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, int64, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Commits offsets of a group as part of a transaction. Answered by the coordinator of the group. */
export const TxnOffsetCommit = api('TxnOffsetCommit', 28, { versions: [0, 6], flexible: 3 }, () => ({
  request: {
    transactionalId: string,
    groupId: string,
    producerId: int64,
    producerEpoch: int16,
    /** The generation of a classic group or the epoch of a member; -1: no check (KIP-447). */
    generationIdOrMemberEpoch: int32.since(3).default(-1),
    memberId: string.since(3),
    groupInstanceId: string.since(3).nullable().default(null),
    topics: array(
      struct({
        /** In versions 0 to 5; later ones name the topic by its id. */
        name: string.until(5).ignorable(),
        topicId: uuid.since(6).ignorable(),
        partitions: array(
          struct({
            partitionIndex: int32,
            /** The offset of the next record to read. */
            committedOffset: int64,
            committedLeaderEpoch: int32.since(2).default(-1).ignorable(),
            committedMetadata: string.nullable(),
          }),
        ),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32,
    topics: array(
      struct({
        name: string.until(5).ignorable(),
        topicId: uuid.since(6).ignorable(),
        partitions: array(struct({ partitionIndex: int32, errorCode: int16 })),
      }),
    ),
  },
}))

/** What is asked with {@link TxnOffsetCommit}, decoded: every field is there, in every version. */
export interface TxnOffsetCommitRequest extends RequestOf<typeof TxnOffsetCommit> {}
/** What is answered to {@link TxnOffsetCommit}, decoded: every field is there, in every version. */
export interface TxnOffsetCommitResponse extends ResponseOf<typeof TxnOffsetCommit> {}
