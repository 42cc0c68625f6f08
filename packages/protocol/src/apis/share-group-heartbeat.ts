import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** All of a member in a share group: join, subscribe, leave, and hear the assignment (KIP-932). */
export const ShareGroupHeartbeat = api('ShareGroupHeartbeat', 76, { versions: [1, 1], flexible: 0 }, () => ({
  request: {
    groupId: string,
    memberId: string,
    /** 0 joins, -1 leaves. */
    memberEpoch: int32,
    rackId: string.nullable().default(null),
    /** All of them. Null: as in the last heartbeat. */
    subscribedTopicNames: array(string).nullable().default(null),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    memberId: string.nullable().default(null),
    memberEpoch: int32,
    heartbeatIntervalMs: int32,
    /** Null: as in the last response. */
    assignment: struct({
      topicPartitions: array(struct({ topicId: uuid, partitions: array(int32) })),
    })
      .nullable()
      .default(null),
  },
}))

/** What is asked with {@link ShareGroupHeartbeat}, decoded: every field is there, in every version. */
export interface ShareGroupHeartbeatRequest extends RequestOf<typeof ShareGroupHeartbeat> {}
/** What is answered to {@link ShareGroupHeartbeat}, decoded: every field is there, in every version. */
export interface ShareGroupHeartbeatResponse extends ResponseOf<typeof ShareGroupHeartbeat> {}
