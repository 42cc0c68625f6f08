import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int32, int64 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Which streams group (KIP-1071) is described. */
export const StreamsGroupMetadataKey = message('StreamsGroupMetadataKey', { versions: [0, 0] }, () => ({ groupId: string }))

/** A streams group: how often what it is made of has changed. */
export const StreamsGroupMetadataValue = message('StreamsGroupMetadataValue', { versions: [0, 0], flexible: 0 }, () => ({
  epoch: int32,
  /** Of the topics that it reads, as they were then. */
  metadataHash: int64,
  /** The epoch of the topology whose topics are known to be there; -1: none. */
  validatedTopologyEpoch: int32.tagged(0).default(-1),
  /** The settings of the assignment that was computed last. */
  lastAssignmentConfigs: array(struct({ key: string, value: string }))
    .nullable()
    .tagged(1),
  /** The epoch of the topology whose description is kept; -1: none, -2: uncertain. */
  storedDescriptionTopologyEpoch: int32.tagged(2).default(-1),
  /** The epoch of the topology whose description was refused for good; -1: none. */
  failedDescriptionTopologyEpoch: int32.tagged(3).default(-1),
}))
