import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Leaves a classic group at once, so that the others need not wait for a timeout; since version 3 also in the name of other members. */
export const LeaveGroup = api('LeaveGroup', 13, { versions: [0, 5], flexible: 4 }, () => ({
  request: {
    groupId: string,
    /** In versions 0 to 2; later ones take several members. */
    memberId: string.until(2),
    members: array(
      struct({
        memberId: string,
        /** Names a static member, with or without its member id. */
        groupInstanceId: string.nullable().default(null),
        /** Why, for the logs of the broker (KIP-800). */
        reason: string.since(5).nullable().default(null).ignorable(),
      }),
    ).since(3),
  },
  response: {
    throttleTimeMs: int32.since(1).ignorable(),
    errorCode: int16,
    members: array(struct({ memberId: string, groupInstanceId: string.nullable(), errorCode: int16 })).since(3),
  },
}))

/** What is asked with {@link LeaveGroup}, decoded: every field is there, in every version. */
export interface LeaveGroupRequest extends RequestOf<typeof LeaveGroup> {}
/** What is answered to {@link LeaveGroup}, decoded: every field is there, in every version. */
export interface LeaveGroupResponse extends ResponseOf<typeof LeaveGroup> {}
