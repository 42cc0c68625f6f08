import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int16, int32, int64, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** The offsets that a group has committed. Answered by the coordinator of the group. */
export const OffsetFetch = api('OffsetFetch', 9, { versions: [0, 10], flexible: 6 }, () => ({
  request: {
    /** In versions 0 to 7, as topics; later ones ask for several groups. */
    groupId: string.until(7),
    /** Null asks for all. */
    topics: array(struct({ name: string, partitionIndexes: array(int32) }))
      .until(7)
      .nullable(2),
    groups: array(
      struct({
        groupId: string,
        memberId: string.since(9).nullable().default(null).ignorable(),
        /** Of a member (KIP-848); -1 where nobody is one. */
        memberEpoch: int32.since(9).default(-1).ignorable(),
        /** Null asks for all. */
        topics: array(
          struct({
            name: string.until(9).ignorable(),
            topicId: uuid.since(10).ignorable(),
            partitionIndexes: array(int32),
          }),
        ).nullable(),
      }),
    ).since(8),
    /** Refuse while a transaction that commits offsets is undecided (KIP-447). */
    requireStable: boolean.since(7),
  },
  response: {
    throttleTimeMs: int32.since(3).ignorable(),
    /** In versions 0 to 7; later ones answer in groups. */
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            /** -1 where none is committed. */
            committedOffset: int64,
            committedLeaderEpoch: int32.since(5).default(-1).ignorable(),
            metadata: string.nullable(),
            errorCode: int16,
          }),
        ),
      }),
    ).until(7),
    errorCode: int16.since(2).until(7).ignorable(),
    groups: array(
      struct({
        groupId: string,
        topics: array(
          struct({
            name: string.until(9).ignorable(),
            topicId: uuid.since(10).ignorable(),
            partitions: array(
              struct({
                partitionIndex: int32,
                /** -1 where none is committed. */
                committedOffset: int64,
                committedLeaderEpoch: int32.default(-1).ignorable(),
                metadata: string.nullable(),
                errorCode: int16,
              }),
            ),
          }),
        ),
        errorCode: int16.default(0),
      }),
    ).since(8),
  },
}))

/** What is asked with {@link OffsetFetch}, decoded: every field is there, in every version. */
export interface OffsetFetchRequest extends RequestOf<typeof OffsetFetch> {}
/** What is answered to {@link OffsetFetch}, decoded: every field is there, in every version. */
export interface OffsetFetchResponse extends ResponseOf<typeof OffsetFetch> {}
