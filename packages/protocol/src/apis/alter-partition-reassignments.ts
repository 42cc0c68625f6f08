import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Moves partitions to other brokers, or calls a move off. Answered by the controller (KIP-455). */
export const AlterPartitionReassignments = api('AlterPartitionReassignments', 45, { versions: [0, 1], flexible: 0 }, () => ({
  request: {
    timeoutMs: int32.default(60000),
    /** Whether the number of replicas may change (KIP-860). */
    allowReplicationFactorChange: boolean.since(1).default(true),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            /** Null calls a move off. */
            replicas: array(int32).nullable().default(null),
          }),
        ),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32,
    allowReplicationFactorChange: boolean.since(1).default(true).ignorable(),
    errorCode: int16,
    errorMessage: string.nullable(),
    responses: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            errorMessage: string.nullable(),
          }),
        ),
      }),
    ),
  },
}))

/** What is asked with {@link AlterPartitionReassignments}, decoded: every field is there, in every version. */
export interface AlterPartitionReassignmentsRequest extends RequestOf<typeof AlterPartitionReassignments> {}
/** What is answered to {@link AlterPartitionReassignments}, decoded: every field is there, in every version. */
export interface AlterPartitionReassignmentsResponse extends ResponseOf<typeof AlterPartitionReassignments> {}
