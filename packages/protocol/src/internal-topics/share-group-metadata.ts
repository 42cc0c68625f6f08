import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int32, int64 } from '../schema/scalars.ts'

/** Which share group (KIP-932) is described. */
export const ShareGroupMetadataKey = message('ShareGroupMetadataKey', { versions: [0, 0] }, () => ({ groupId: string }))

/** A share group: how often what it is made of has changed. */
export const ShareGroupMetadataValue = message('ShareGroupMetadataValue', { versions: [0, 0], flexible: 0 }, () => ({
  epoch: int32,
  /** Of the topics that it subscribes to, as they were then. */
  metadataHash: int64,
}))
