import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int8, int32, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Which member of a consumer group is described. */
export const ConsumerGroupCurrentMemberAssignmentKey = message('ConsumerGroupCurrentMemberAssignmentKey', { versions: [0, 0] }, () => ({
  groupId: string,
  memberId: string,
}))

/** What a member of a consumer group has, on its way to what it is to have. */
export const ConsumerGroupCurrentMemberAssignmentValue = message(
  'ConsumerGroupCurrentMemberAssignmentValue',
  { versions: [0, 0], flexible: 0 },
  () => {
    const topicPartitions = struct({
      topicId: uuid,
      partitions: array(int32),
      /** In which epoch it got each of them. */
      assignmentEpochs: array(int32).nullable().tagged(0),
    })
    return {
      memberEpoch: int32,
      previousMemberEpoch: int32,
      /** 0: stable, 1: gives partitions up, 2: waits for others to do so, 127: unknown. */
      state: int8,
      assignedPartitions: array(topicPartitions),
      partitionsPendingRevocation: array(topicPartitions),
    }
  },
)
