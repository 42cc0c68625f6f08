import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int8, int32, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Which member of a share group is described. */
export const ShareGroupCurrentMemberAssignmentKey = message('ShareGroupCurrentMemberAssignmentKey', { versions: [0, 0] }, () => ({
  groupId: string,
  memberId: string,
}))

/** What a member of a share group has. */
export const ShareGroupCurrentMemberAssignmentValue = message(
  'ShareGroupCurrentMemberAssignmentValue',
  { versions: [0, 0], flexible: 0 },
  () => ({
    memberEpoch: int32,
    previousMemberEpoch: int32,
    /** 0: stable, 127: unknown. */
    state: int8,
    assignedPartitions: array(struct({ topicId: uuid, partitions: array(int32) })),
  }),
)
