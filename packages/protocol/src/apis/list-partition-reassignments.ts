import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** The moves of partitions that are under way. Answered by the controller (KIP-455). */
export const ListPartitionReassignments = api('ListPartitionReassignments', 46, { versions: [0, 0], flexible: 0 }, () => ({
  request: {
    timeoutMs: int32.default(60000),
    /** Null: all. */
    topics: array(struct({ name: string, partitionIndexes: array(int32) }))
      .nullable()
      .default(null),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            /** Old and new ones together. */
            replicas: array(int32),
            addingReplicas: array(int32),
            removingReplicas: array(int32),
          }),
        ),
      }),
    ),
  },
}))

/** What is asked with {@link ListPartitionReassignments}, decoded: every field is there, in every version. */
export interface ListPartitionReassignmentsRequest extends RequestOf<typeof ListPartitionReassignments> {}
/** What is answered to {@link ListPartitionReassignments}, decoded: every field is there, in every version. */
export interface ListPartitionReassignmentsResponse extends ResponseOf<typeof ListPartitionReassignments> {}
