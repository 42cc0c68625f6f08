import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int32, int64 } from '../schema/scalars.ts'

/** Which consumer group (KIP-848) is described. */
export const ConsumerGroupMetadataKey = message('ConsumerGroupMetadataKey', { versions: [0, 0] }, () => ({ groupId: string }))

/** A consumer group: how often what it is made of has changed. */
export const ConsumerGroupMetadataValue = message('ConsumerGroupMetadataValue', { versions: [0, 0], flexible: 0 }, () => ({
  epoch: int32,
  /** Of the topics that it subscribes to, as they were then. */
  metadataHash: int64.tagged(0),
}))
