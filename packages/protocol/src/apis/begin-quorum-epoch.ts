import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, uint16, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** A new leader of the quorum tells the voters of itself (KIP-595). */
export const BeginQuorumEpoch = api('BeginQuorumEpoch', 53, { versions: [0, 1], flexible: 1 }, () => ({
  request: {
    clusterId: string.nullable().default(null),
    voterId: int32.since(1).default(-1).ignorable(),
    topics: array(
      struct({
        topicName: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            voterDirectoryId: uuid.since(1).ignorable(),
            leaderId: int32,
            leaderEpoch: int32,
          }),
        ),
      }),
    ),
    leaderEndpoints: array(struct({ name: string, host: string, port: uint16 }))
      .since(1)
      .ignorable(),
  },
  response: {
    errorCode: int16,
    topics: array(
      struct({
        topicName: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            leaderId: int32,
            leaderEpoch: int32,
          }),
        ),
      }),
    ),
    nodeEndpoints: array(struct({ nodeId: int32, host: string, port: uint16 }))
      .since(1)
      .tagged(0),
  },
}))

/** What is asked with {@link BeginQuorumEpoch}, decoded: every field is there, in every version. */
export interface BeginQuorumEpochRequest extends RequestOf<typeof BeginQuorumEpoch> {}
/** What is answered to {@link BeginQuorumEpoch}, decoded: every field is there, in every version. */
export interface BeginQuorumEpochResponse extends ResponseOf<typeof BeginQuorumEpoch> {}
