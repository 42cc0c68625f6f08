import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Gives topics more partitions. Answered by the controller. */
export const CreatePartitions = api('CreatePartitions', 37, { versions: [0, 3], flexible: 2 }, () => ({
  request: {
    topics: array(
      struct({
        name: string,
        /** How many the topic is to have in all. */
        count: int32,
        /** Which brokers are to hold the new ones; null: the controller chooses. */
        assignments: array(struct({ brokerIds: array(int32) })).nullable(),
      }),
    ),
    timeoutMs: int32,
    validateOnly: boolean,
  },
  response: {
    throttleTimeMs: int32,
    results: array(
      struct({
        name: string,
        errorCode: int16,
        errorMessage: string.nullable().default(null),
      }),
    ),
  },
}))

/** What is asked with {@link CreatePartitions}, decoded: every field is there, in every version. */
export interface CreatePartitionsRequest extends RequestOf<typeof CreatePartitions> {}
/** What is answered to {@link CreatePartitions}, decoded: every field is there, in every version. */
export interface CreatePartitionsResponse extends ResponseOf<typeof CreatePartitions> {}
