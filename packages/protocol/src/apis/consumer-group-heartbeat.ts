import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** All of a member in a consumer group: join, subscribe, own, revoke, leave, and hear the assignment (KIP-848). */
export const ConsumerGroupHeartbeat = api('ConsumerGroupHeartbeat', 68, { versions: [0, 1], flexible: 0 }, () => {
  const topicPartitions = struct({ topicId: uuid, partitions: array(int32) })
  return {
    request: {
      groupId: string,
      /** Made by the member itself, and kept as long as it lives. */
      memberId: string,
      /** 0 joins, -1 leaves, -2 leaves for a while as a static member. */
      memberEpoch: int32,
      /** Makes a static member. Null: none, or as in the last heartbeat. */
      instanceId: string.nullable().default(null),
      rackId: string.nullable().default(null),
      /** How long the coordinator waits for revoked partitions; -1: as in the last heartbeat. */
      rebalanceTimeoutMs: int32.default(-1),
      /** All of them. Null: as in the last heartbeat. */
      subscribedTopicNames: array(string).nullable().default(null),
      /** In the syntax of RE2/J. Null: as in the last heartbeat. */
      subscribedTopicRegex: string.since(1).nullable().default(null),
      /** "uniform" or "range". Null: as in the last heartbeat. */
      serverAssignor: string.nullable().default(null),
      /** What the member holds. Null: as in the last heartbeat. */
      topicPartitions: array(topicPartitions).nullable().default(null),
    },
    response: {
      throttleTimeMs: int32,
      errorCode: int16,
      errorMessage: string.nullable().default(null),
      /** In version 0 the coordinator may make one. */
      memberId: string.nullable().default(null),
      memberEpoch: int32,
      heartbeatIntervalMs: int32,
      /** Null: as in the last response. */
      assignment: struct({
        topicPartitions: array(topicPartitions),
      })
        .nullable()
        .default(null),
    },
  }
})

/** What is asked with {@link ConsumerGroupHeartbeat}, decoded: every field is there, in every version. */
export interface ConsumerGroupHeartbeatRequest extends RequestOf<typeof ConsumerGroupHeartbeat> {}
/** What is answered to {@link ConsumerGroupHeartbeat}, decoded: every field is there, in every version. */
export interface ConsumerGroupHeartbeatResponse extends ResponseOf<typeof ConsumerGroupHeartbeat> {}
