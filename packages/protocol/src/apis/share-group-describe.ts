import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int16, int32, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** States and members of share groups. Answered by their coordinators (KIP-932). */
export const ShareGroupDescribe = api('ShareGroupDescribe', 77, { versions: [1, 1], flexible: 0 }, () => ({
  request: {
    groupIds: array(string),
    includeAuthorizedOperations: boolean,
  },
  response: {
    throttleTimeMs: int32,
    groups: array(
      struct({
        errorCode: int16,
        errorMessage: string.nullable().default(null),
        groupId: string,
        groupState: string,
        groupEpoch: int32,
        assignmentEpoch: int32,
        assignorName: string,
        members: array(
          struct({
            memberId: string,
            rackId: string.nullable().default(null),
            memberEpoch: int32,
            clientId: string,
            clientHost: string,
            subscribedTopicNames: array(string),
            assignment: struct({
              topicPartitions: array(struct({ topicId: uuid, topicName: string, partitions: array(int32) })),
            }),
          }),
        ),
        /** A bit for each allowed operation, by the numbers of ACL operations; the smallest int32 where it was not asked for. */
        authorizedOperations: int32.default(-2147483648),
      }),
    ),
  },
}))

/** What is asked with {@link ShareGroupDescribe}, decoded: every field is there, in every version. */
export interface ShareGroupDescribeRequest extends RequestOf<typeof ShareGroupDescribe> {}
/** What is answered to {@link ShareGroupDescribe}, decoded: every field is there, in every version. */
export interface ShareGroupDescribeResponse extends ResponseOf<typeof ShareGroupDescribe> {}
