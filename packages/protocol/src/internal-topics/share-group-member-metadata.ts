import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'

/** Which member of a share group is described. */
export const ShareGroupMemberMetadataKey = message('ShareGroupMemberMetadataKey', { versions: [0, 0] }, () => ({
  groupId: string,
  memberId: string,
}))

/** A member of a share group: who it is and what it wants to read. */
export const ShareGroupMemberMetadataValue = message('ShareGroupMemberMetadataValue', { versions: [0, 0], flexible: 0 }, () => ({
  rackId: string.nullable(),
  clientId: string,
  clientHost: string,
  subscribedTopicNames: array(string),
}))
