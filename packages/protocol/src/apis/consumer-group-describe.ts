import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int8, int16, int32, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** States and members of consumer groups. Answered by their coordinators (KIP-848). */
export const ConsumerGroupDescribe = api('ConsumerGroupDescribe', 69, { versions: [0, 1], flexible: 0 }, () => {
  const assignment = struct({
    topicPartitions: array(struct({ topicId: uuid, topicName: string, partitions: array(int32) })),
  })
  return {
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
              instanceId: string.nullable().default(null),
              rackId: string.nullable().default(null),
              memberEpoch: int32,
              clientId: string,
              clientHost: string,
              subscribedTopicNames: array(string),
              subscribedTopicRegex: string.nullable().default(null),
              /** What it has now. */
              assignment: assignment,
              /** What it shall have. */
              targetAssignment: assignment,
              /** -1: unknown; 0: classic; 1: consumer. */
              memberType: int8.since(1).default(-1).ignorable(),
            }),
          ),
          /** A bit for each allowed operation, by the numbers of ACL operations; the smallest int32 where it was not asked for. */
          authorizedOperations: int32.default(-2147483648),
        }),
      ),
    },
  }
})

/** What is asked with {@link ConsumerGroupDescribe}, decoded: every field is there, in every version. */
export interface ConsumerGroupDescribeRequest extends RequestOf<typeof ConsumerGroupDescribe> {}
/** What is answered to {@link ConsumerGroupDescribe}, decoded: every field is there, in every version. */
export interface ConsumerGroupDescribeResponse extends ResponseOf<typeof ConsumerGroupDescribe> {}
