import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int32, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Whose partitions are described. */
export const ShareGroupStatePartitionMetadataKey = message('ShareGroupStatePartitionMetadataKey', { versions: [0, 0] }, () => ({
  groupId: string,
}))

/** How far the delivery state of a share group's partitions has been set up. */
export const ShareGroupStatePartitionMetadataValue = message(
  'ShareGroupStatePartitionMetadataValue',
  { versions: [0, 0], flexible: 0 },
  () => {
    const topicPartitions = struct({ topicId: uuid, topicName: string, partitions: array(int32) })
    return {
      initializingTopics: array(topicPartitions),
      initializedTopics: array(topicPartitions),
      deletingTopics: array(struct({ topicId: uuid, topicName: string })),
    }
  },
)
