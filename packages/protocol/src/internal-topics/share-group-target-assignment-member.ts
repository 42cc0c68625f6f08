import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int32, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Whose part of the assignment of a share group it is. */
export const ShareGroupTargetAssignmentMemberKey = message('ShareGroupTargetAssignmentMemberKey', { versions: [0, 0] }, () => ({
  groupId: string,
  memberId: string,
}))

/** What a member of a share group is to have. */
export const ShareGroupTargetAssignmentMemberValue = message(
  'ShareGroupTargetAssignmentMemberValue',
  { versions: [0, 0], flexible: 0 },
  () => ({
    topicPartitions: array(struct({ topicId: uuid, partitions: array(int32) })),
  }),
)
