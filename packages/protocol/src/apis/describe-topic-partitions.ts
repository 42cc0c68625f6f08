import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int16, int32, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Topics and partitions page by page, with replicas that may be elected (KIP-966). */
export const DescribeTopicPartitions = api('DescribeTopicPartitions', 75, { versions: [0, 0], flexible: 0 }, () => {
  const cursor = struct({ topicName: string, partitionIndex: int32 })
  return {
    request: {
      topics: array(struct({ name: string })),
      /** Partitions a page; the broker may give fewer. */
      responsePartitionLimit: int32.default(2000),
      /** Where the page begins; null: at the start. */
      cursor: cursor.nullable().default(null),
    },
    response: {
      throttleTimeMs: int32.ignorable(),
      topics: array(
        struct({
          errorCode: int16,
          name: string.nullable(),
          topicId: uuid.ignorable(),
          isInternal: boolean.default(false).ignorable(),
          partitions: array(
            struct({
              errorCode: int16,
              partitionIndex: int32,
              leaderId: int32,
              leaderEpoch: int32.default(-1).ignorable(),
              replicaNodes: array(int32),
              isrNodes: array(int32),
              /** Out of sync, but known to have all that is committed. */
              eligibleLeaderReplicas: array(int32).nullable().default(null),
              /** Who could be elected last, where now nobody can. */
              lastKnownElr: array(int32).nullable().default(null),
              offlineReplicas: array(int32).ignorable(),
            }),
          ),
          /** A bit for each allowed operation, by the numbers of ACL operations; the smallest int32 where it was not asked for. */
          topicAuthorizedOperations: int32.default(-2147483648),
        }),
      ),
      /** Where the next page begins; null: this is the last. */
      nextCursor: cursor.nullable().default(null),
    },
  }
})

/** What is asked with {@link DescribeTopicPartitions}, decoded: every field is there, in every version. */
export interface DescribeTopicPartitionsRequest extends RequestOf<typeof DescribeTopicPartitions> {}
/** What is answered to {@link DescribeTopicPartitions}, decoded: every field is there, in every version. */
export interface DescribeTopicPartitionsResponse extends ResponseOf<typeof DescribeTopicPartitions> {}
