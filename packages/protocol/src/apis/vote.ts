import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int16, int32, int64, uint16, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** A controller asks another for its vote (KIP-595). */
export const Vote = api('Vote', 52, { versions: [0, 2], flexible: 0 }, () => ({
  request: {
    clusterId: string.nullable().default(null),
    voterId: int32.since(1).default(-1).ignorable(),
    topics: array(
      struct({
        topicName: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            replicaEpoch: int32,
            replicaId: int32,
            replicaDirectoryId: uuid.since(1).ignorable(),
            voterDirectoryId: uuid.since(1).ignorable(),
            lastOffsetEpoch: int32,
            lastOffset: int64,
            /** Ask first, without raising the epoch (KIP-996). */
            preVote: boolean.since(2),
          }),
        ),
      }),
    ),
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
            voteGranted: boolean,
          }),
        ),
      }),
    ),
    nodeEndpoints: array(struct({ nodeId: int32, host: string, port: uint16 }))
      .since(1)
      .tagged(0),
  },
}))

/** What is asked with {@link Vote}, decoded: every field is there, in every version. */
export interface VoteRequest extends RequestOf<typeof Vote> {}
/** What is answered to {@link Vote}, decoded: every field is there, in every version. */
export interface VoteResponse extends ResponseOf<typeof Vote> {}
