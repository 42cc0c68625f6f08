import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int32, uint16 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Which member of a streams group is described. */
export const StreamsGroupMemberMetadataKey = message('StreamsGroupMemberMetadataKey', { versions: [0, 0] }, () => ({
  groupId: string,
  memberId: string,
}))

/** A member of a streams group: who and where it is. */
export const StreamsGroupMemberMetadataValue = message('StreamsGroupMemberMetadataValue', { versions: [0, 0], flexible: 0 }, () => ({
  instanceId: string.nullable(),
  rackId: string.nullable(),
  clientId: string,
  clientHost: string,
  rebalanceTimeoutMs: int32.default(-1),
  topologyEpoch: int32,
  /** One process may run several members. */
  processId: string,
  /** Where its state can be queried. */
  userEndpoint: struct({ host: string, port: uint16 }).nullable().default(null),
  clientTags: array(struct({ key: string, value: string })),
}))
