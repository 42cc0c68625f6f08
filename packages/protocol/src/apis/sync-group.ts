import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { bytes, string } from '../schema/blobs.ts'
import { int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** The leader of a classic group hands in the assignment, and every member hears its part. */
export const SyncGroup = api('SyncGroup', 14, { versions: [0, 5], flexible: 4 }, () => ({
  request: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: string.since(3).nullable().default(null),
    protocolType: string.since(5).nullable().default(null).ignorable(),
    protocolName: string.since(5).nullable().default(null).ignorable(),
    /** Empty for all but the leader. */
    assignments: array(
      struct({
        memberId: string,
        /** A ConsumerProtocolAssignment with its version in front. */
        assignment: bytes,
      }),
    ),
  },
  response: {
    throttleTimeMs: int32.since(1).ignorable(),
    errorCode: int16,
    protocolType: string.since(5).nullable().default(null).ignorable(),
    protocolName: string.since(5).nullable().default(null).ignorable(),
    /** A ConsumerProtocolAssignment with its version in front. */
    assignment: bytes,
  },
}))

/** What is asked with {@link SyncGroup}, decoded: every field is there, in every version. */
export interface SyncGroupRequest extends RequestOf<typeof SyncGroup> {}
/** What is answered to {@link SyncGroup}, decoded: every field is there, in every version. */
export interface SyncGroupResponse extends ResponseOf<typeof SyncGroup> {}
