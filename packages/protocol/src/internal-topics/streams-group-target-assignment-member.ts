import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Whose part of the assignment of a streams group it is. */
export const StreamsGroupTargetAssignmentMemberKey = message('StreamsGroupTargetAssignmentMemberKey', { versions: [0, 0] }, () => ({
  groupId: string,
  memberId: string,
}))

/** The tasks that a member of a streams group is to have. */
export const StreamsGroupTargetAssignmentMemberValue = message(
  'StreamsGroupTargetAssignmentMemberValue',
  { versions: [0, 0], flexible: 0 },
  () => {
    const taskIds = struct({ subtopologyId: string, partitions: array(int32) })
    return { activeTasks: array(taskIds), standbyTasks: array(taskIds), warmupTasks: array(taskIds) }
  },
)
