import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int32, int64 } from '../schema/scalars.ts'

/** Which streams group a new assignment is for. */
export const StreamsGroupTargetAssignmentMetadataKey = message('StreamsGroupTargetAssignmentMetadataKey', { versions: [0, 0] }, () => ({
  groupId: string,
}))

/** For which epoch of a streams group the assignment was computed. */
export const StreamsGroupTargetAssignmentMetadataValue = message(
  'StreamsGroupTargetAssignmentMetadataValue',
  { versions: [0, 0], flexible: 0 },
  () => ({
    assignmentEpoch: int32,
    /** When it was computed: milliseconds since the epoch. */
    assignmentTimestamp: int64.tagged(0).ignorable(),
  }),
)
