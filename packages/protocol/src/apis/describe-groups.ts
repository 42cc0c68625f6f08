import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { bytes, string } from '../schema/blobs.ts'
import { boolean, int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** States and members of classic groups. Answered by their coordinators. */
export const DescribeGroups = api('DescribeGroups', 15, { versions: [0, 6], flexible: 5 }, () => ({
  request: {
    groups: array(string),
    includeAuthorizedOperations: boolean.since(3),
  },
  response: {
    throttleTimeMs: int32.since(1).ignorable(),
    groups: array(
      struct({
        errorCode: int16,
        errorMessage: string.since(6).nullable().default(null),
        groupId: string,
        groupState: string,
        /** What the members share: "consumer", "connect". */
        protocolType: string,
        /** The assignor in use. */
        protocolData: string,
        members: array(
          struct({
            memberId: string,
            groupInstanceId: string.since(4).nullable().default(null).ignorable(),
            clientId: string,
            clientHost: string,
            /** What JoinGroup carried. */
            memberMetadata: bytes,
            /** What SyncGroup carried. */
            memberAssignment: bytes,
          }),
        ),
        /** A bit for each allowed operation, by the numbers of ACL operations; the smallest int32 where it was not asked for. */
        authorizedOperations: int32.since(3).default(-2147483648),
      }),
    ),
  },
}))

/** What is asked with {@link DescribeGroups}, decoded: every field is there, in every version. */
export interface DescribeGroupsRequest extends RequestOf<typeof DescribeGroups> {}
/** What is answered to {@link DescribeGroups}, decoded: every field is there, in every version. */
export interface DescribeGroupsResponse extends ResponseOf<typeof DescribeGroups> {}
