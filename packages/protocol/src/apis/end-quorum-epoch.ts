import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, uint16, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** A leader of the quorum steps down (KIP-595). */
export const EndQuorumEpoch = api('EndQuorumEpoch', 54, { versions: [0, 1], flexible: 1 }, () => ({
  request: {
    clusterId: string.nullable().default(null),
    topics: array(
      struct({
        topicName: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            leaderId: int32,
            leaderEpoch: int32,
            /** In the order of their progress. */
            preferredSuccessors: array(int32).until(0).ignorable(),
            preferredCandidates: array(struct({ candidateId: int32, candidateDirectoryId: uuid }))
              .since(1)
              .ignorable(),
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

/** What is asked with {@link EndQuorumEpoch}, decoded: every field is there, in every version. */
export interface EndQuorumEpochRequest extends RequestOf<typeof EndQuorumEpoch> {}
/** What is answered to {@link EndQuorumEpoch}, decoded: every field is there, in every version. */
export interface EndQuorumEpochResponse extends ResponseOf<typeof EndQuorumEpoch> {}
