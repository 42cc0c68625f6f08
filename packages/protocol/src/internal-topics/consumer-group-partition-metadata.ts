import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int32, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Whose topics are described. */
export const ConsumerGroupPartitionMetadataKey = message('ConsumerGroupPartitionMetadataKey', { versions: [0, 0] }, () => ({
  groupId: string,
}))

/** The topics that a consumer group subscribes to, as brokers before 4.1 wrote them down. */
export const ConsumerGroupPartitionMetadataValue = message(
  'ConsumerGroupPartitionMetadataValue',
  { versions: [0, 0], flexible: 0 },
  () => ({
    topics: array(
      struct({
        topicId: uuid,
        topicName: string,
        numPartitions: int32,
        /** Where partitions are kept; not in use since 4.0. */
        partitionMetadata: array(struct({ partition: int32, racks: array(string) })),
      }),
    ),
  }),
)
