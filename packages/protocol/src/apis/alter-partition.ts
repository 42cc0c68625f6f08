import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { int8, int16, int32, int64, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** A leader tells the controller that its set of replicas in sync changed (KIP-497). */
export const AlterPartition = api('AlterPartition', 56, { versions: [2, 3], flexible: 0 }, () => ({
  request: {
    brokerId: int32,
    brokerEpoch: int64.default(-1n),
    topics: array(
      struct({
        topicId: uuid.ignorable(),
        partitions: array(
          struct({
            partitionIndex: int32,
            leaderEpoch: int32,
            newIsr: array(int32).until(2),
            newIsrWithEpochs: array(struct({ brokerId: int32, brokerEpoch: int64.default(-1n) })).since(3),
            /** 1: recovering from an unclean election. */
            leaderRecoveryState: int8.default(0),
            /** What the leader believes in; the controller refuses another. */
            partitionEpoch: int32,
          }),
        ),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    topics: array(
      struct({
        topicId: uuid.ignorable(),
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            leaderId: int32,
            leaderEpoch: int32,
            isr: array(int32),
            leaderRecoveryState: int8.default(0).ignorable(),
            partitionEpoch: int32,
          }),
        ),
      }),
    ),
  },
}))

/** What is asked with {@link AlterPartition}, decoded: every field is there, in every version. */
export interface AlterPartitionRequest extends RequestOf<typeof AlterPartition> {}
/** What is answered to {@link AlterPartition}, decoded: every field is there, in every version. */
export interface AlterPartitionResponse extends ResponseOf<typeof AlterPartition> {}
