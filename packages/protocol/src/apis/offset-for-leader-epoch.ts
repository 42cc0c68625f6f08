import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, int64 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Where an epoch of a leader ended: lets a client find out that the log it read was cut (KIP-320). */
export const OffsetForLeaderEpoch = api('OffsetForLeaderEpoch', 23, { versions: [0, 4], flexible: 4 }, () => ({
  request: {
    /** A follower says who it is; consumers are -1. */
    replicaId: int32.since(3).default(-2).ignorable(),
    topics: array(
      struct({
        topic: string,
        partitions: array(
          struct({
            partition: int32,
            /** The epoch that the client believes in: the broker refuses when it knows another. -1: no check. */
            currentLeaderEpoch: int32.since(2).default(-1).ignorable(),
            /** The epoch in question. */
            leaderEpoch: int32,
          }),
        ),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32.since(2).ignorable(),
    topics: array(
      struct({
        topic: string,
        partitions: array(
          struct({
            errorCode: int16,
            partition: int32,
            /** The largest epoch that is not beyond the one in question. */
            leaderEpoch: int32.since(1).default(-1).ignorable(),
            /** The offset after its last record; -1: unknown. */
            endOffset: int64.default(-1n),
          }),
        ),
      }),
    ),
  },
}))

/** What is asked with {@link OffsetForLeaderEpoch}, decoded: every field is there, in every version. */
export interface OffsetForLeaderEpochRequest extends RequestOf<typeof OffsetForLeaderEpoch> {}
/** What is answered to {@link OffsetForLeaderEpoch}, decoded: every field is there, in every version. */
export interface OffsetForLeaderEpochResponse extends ResponseOf<typeof OffsetForLeaderEpoch> {}
