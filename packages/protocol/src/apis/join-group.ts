import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { bytes, string } from '../schema/blobs.ts'
import { boolean, int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Enters a classic group, or enters it anew in a rebalance; answered once every member has. The leader hears of all members. */
export const JoinGroup = api('JoinGroup', 11, { versions: [0, 9], flexible: 6 }, () => ({
  request: {
    groupId: string,
    /** How long the group waits for a heartbeat. */
    sessionTimeoutMs: int32,
    /** How long it waits for members to join again; the session timeout in version 0. */
    rebalanceTimeoutMs: int32.since(1).default(-1).ignorable(),
    /** Empty at first: the broker gives one. */
    memberId: string,
    /** Makes a static member, which keeps its partitions over a restart (KIP-345). */
    groupInstanceId: string.since(5).nullable().default(null),
    /** What the members share: "consumer", "connect". */
    protocolType: string,
    /** The assignors that the member knows, the best first. */
    protocols: array(
      struct({
        name: string,
        /** A ConsumerProtocolSubscription with its version in front. */
        metadata: bytes,
      }),
    ),
    /** Why, for the logs of the broker (KIP-800). */
    reason: string.since(8).nullable().default(null).ignorable(),
  },
  response: {
    throttleTimeMs: int32.since(2).ignorable(),
    errorCode: int16,
    generationId: int32.default(-1),
    protocolType: string.since(7).nullable().default(null).ignorable(),
    /** The assignor that all have in common. */
    protocolName: string.nullable(7),
    /** The member id of who assigns. */
    leader: string,
    /** The leader is to leave the assignment as it is (KIP-814). */
    skipAssignment: boolean.since(9),
    memberId: string,
    /** Empty for all but the leader. */
    members: array(
      struct({
        memberId: string,
        groupInstanceId: string.since(5).nullable().default(null).ignorable(),
        metadata: bytes,
      }),
    ),
  },
}))

/** What is asked with {@link JoinGroup}, decoded: every field is there, in every version. */
export interface JoinGroupRequest extends RequestOf<typeof JoinGroup> {}
/** What is answered to {@link JoinGroup}, decoded: every field is there, in every version. */
export interface JoinGroupResponse extends ResponseOf<typeof JoinGroup> {}
