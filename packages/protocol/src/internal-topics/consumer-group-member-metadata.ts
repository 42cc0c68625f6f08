import { array } from '../schema/array.ts'
import { bytes, string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Which member of a consumer group is described. */
export const ConsumerGroupMemberMetadataKey = message('ConsumerGroupMemberMetadataKey', { versions: [0, 0] }, () => ({
  groupId: string,
  memberId: string,
}))

/** A member of a consumer group: who it is and what it wants to read. */
export const ConsumerGroupMemberMetadataValue = message('ConsumerGroupMemberMetadataValue', { versions: [0, 0], flexible: 0 }, () => ({
  instanceId: string.nullable(),
  rackId: string.nullable(),
  clientId: string,
  clientHost: string,
  subscribedTopicNames: array(string),
  subscribedTopicRegex: string.nullable(),
  rebalanceTimeoutMs: int32.default(-1),
  serverAssignor: string.nullable(),
  /** Of a member that still speaks the classic protocol; null for the others. */
  classicMemberMetadata: struct({
    sessionTimeoutMs: int32,
    supportedProtocols: array(struct({ name: string, metadata: bytes })),
  })
    .nullable()
    .tagged(0),
}))
