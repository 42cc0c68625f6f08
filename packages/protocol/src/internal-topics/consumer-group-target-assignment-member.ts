import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int32, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Whose part of the assignment of a consumer group it is. */
export const ConsumerGroupTargetAssignmentMemberKey = message('ConsumerGroupTargetAssignmentMemberKey', { versions: [0, 0] }, () => ({
  groupId: string,
  memberId: string,
}))

/** What a member of a consumer group is to have. */
export const ConsumerGroupTargetAssignmentMemberValue = message(
  'ConsumerGroupTargetAssignmentMemberValue',
  { versions: [0, 0], flexible: 0 },
  () => ({
    topicPartitions: array(struct({ topicId: uuid, partitions: array(int32) })),
  }),
)
