import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int8, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Which member of a streams group is described. */
export const StreamsGroupCurrentMemberAssignmentKey = message('StreamsGroupCurrentMemberAssignmentKey', { versions: [0, 0] }, () => ({
  groupId: string,
  memberId: string,
}))

/** The tasks that a member of a streams group has, on its way to those that it is to have. */
export const StreamsGroupCurrentMemberAssignmentValue = message(
  'StreamsGroupCurrentMemberAssignmentValue',
  { versions: [0, 0], flexible: 0 },
  () => {
    const taskIds = struct({
      subtopologyId: string,
      partitions: array(int32),
      /** In which epoch it got each of them; active tasks only. */
      assignmentEpochs: array(int32).nullable().tagged(0),
    })
    return {
      memberEpoch: int32,
      previousMemberEpoch: int32,
      /** 1: stable, 2: gives tasks up, 3: waits for others to do so, 127: unknown. */
      state: int8,
      activeTasks: array(taskIds),
      standbyTasks: array(taskIds),
      warmupTasks: array(taskIds),
      activeTasksPendingRevocation: array(taskIds),
      standbyTasksPendingRevocation: array(taskIds),
      warmupTasksPendingRevocation: array(taskIds),
    }
  },
)
