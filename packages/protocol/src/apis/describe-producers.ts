import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, int64 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** The producers that a partition knows. Answered by its leader (KIP-664). */
export const DescribeProducers = api('DescribeProducers', 61, { versions: [0, 0], flexible: 0 }, () => ({
  request: {
    topics: array(struct({ name: string, partitionIndexes: array(int32) })),
  },
  response: {
    throttleTimeMs: int32,
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            errorMessage: string.nullable().default(null),
            activeProducers: array(
              struct({
                producerId: int64,
                producerEpoch: int32,
                lastSequence: int32.default(-1),
                lastTimestamp: int64.default(-1n),
                coordinatorEpoch: int32,
                /** -1: no transaction. */
                currentTxnStartOffset: int64.default(-1n),
              }),
            ),
          }),
        ),
      }),
    ),
  },
}))

/** What is asked with {@link DescribeProducers}, decoded: every field is there, in every version. */
export interface DescribeProducersRequest extends RequestOf<typeof DescribeProducers> {}
/** What is answered to {@link DescribeProducers}, decoded: every field is there, in every version. */
export interface DescribeProducersResponse extends ResponseOf<typeof DescribeProducers> {}
