import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, int64, uint16, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** The Raft quorum of the controllers: leader, voters and observers, and how far each has come (KIP-595). */
export const DescribeQuorum = api('DescribeQuorum', 55, { versions: [0, 2], flexible: 0 }, () => {
  const replicaState = struct({
    replicaId: int32,
    replicaDirectoryId: uuid.since(2),
    logEndOffset: int64,
    lastFetchTimestamp: int64.since(1).default(-1n).ignorable(),
    lastCaughtUpTimestamp: int64.since(1).default(-1n).ignorable(),
  })
  return {
    request: {
      topics: array(
        struct({
          topicName: string,
          partitions: array(struct({ partitionIndex: int32 })),
        }),
      ),
    },
    response: {
      errorCode: int16,
      errorMessage: string.since(2).nullable().ignorable(),
      topics: array(
        struct({
          topicName: string,
          partitions: array(
            struct({
              partitionIndex: int32,
              errorCode: int16,
              errorMessage: string.since(2).nullable().ignorable(),
              leaderId: int32,
              leaderEpoch: int32,
              highWatermark: int64,
              currentVoters: array(replicaState),
              /** They follow and have no vote: the brokers. */
              observers: array(replicaState),
            }),
          ),
        }),
      ),
      nodes: array(
        struct({
          nodeId: int32,
          listeners: array(struct({ name: string, host: string, port: uint16 })),
        }),
      ).since(2),
    },
  }
})

/** What is asked with {@link DescribeQuorum}, decoded: every field is there, in every version. */
export interface DescribeQuorumRequest extends RequestOf<typeof DescribeQuorum> {}
/** What is answered to {@link DescribeQuorum}, decoded: every field is there, in every version. */
export interface DescribeQuorumResponse extends ResponseOf<typeof DescribeQuorum> {}
