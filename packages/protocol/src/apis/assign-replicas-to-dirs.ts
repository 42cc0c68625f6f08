import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { int16, int32, int64, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** A broker tells the controller in which of its directories replicas are (KIP-858). */
export const AssignReplicasToDirs = api('AssignReplicasToDirs', 73, { versions: [0, 0], flexible: 0 }, () => ({
  request: {
    brokerId: int32,
    brokerEpoch: int64.default(-1n),
    directories: array(
      struct({
        id: uuid,
        topics: array(
          struct({
            topicId: uuid,
            partitions: array(struct({ partitionIndex: int32 })),
          }),
        ),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    directories: array(
      struct({
        id: uuid,
        topics: array(
          struct({
            topicId: uuid,
            partitions: array(struct({ partitionIndex: int32, errorCode: int16 })),
          }),
        ),
      }),
    ),
  },
}))

/** What is asked with {@link AssignReplicasToDirs}, decoded: every field is there, in every version. */
export interface AssignReplicasToDirsRequest extends RequestOf<typeof AssignReplicasToDirs> {}
/** What is answered to {@link AssignReplicasToDirs}, decoded: every field is there, in every version. */
export interface AssignReplicasToDirsResponse extends ResponseOf<typeof AssignReplicasToDirs> {}
