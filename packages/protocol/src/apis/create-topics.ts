import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int8, int16, int32, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Creates topics. Answered by the controller. */
export const CreateTopics = api('CreateTopics', 19, { versions: [0, 7], flexible: 5 }, () => ({
  request: {
    topics: array(
      struct({
        name: string,
        /** -1: as the broker is configured, or as the assignments say. */
        numPartitions: int32,
        /** -1: as the broker is configured, or as the assignments say. */
        replicationFactor: int16,
        /** Which brokers are to hold which partition; empty: the controller chooses. */
        assignments: array(
          struct({
            partitionIndex: int32,
            /** The first is the preferred leader. */
            brokerIds: array(int32),
          }),
        ),
        configs: array(struct({ name: string, value: string.nullable() })),
      }),
    ),
    /** How long to wait until the topics are there; a timeout does not undo them. */
    timeoutMs: int32.default(60000),
    /** Check, and create nothing. */
    validateOnly: boolean.since(1),
  },
  response: {
    throttleTimeMs: int32.since(2).ignorable(),
    topics: array(
      struct({
        name: string,
        topicId: uuid.since(7).ignorable(),
        errorCode: int16,
        errorMessage: string.since(1).nullable().ignorable(),
        /** Why the configs below are missing; 0: they are not (KIP-525). */
        topicConfigErrorCode: int16.since(5).tagged(0).ignorable(),
        numPartitions: int32.since(5).default(-1).ignorable(),
        replicationFactor: int16.since(5).default(-1).ignorable(),
        /** Null where the client may not see them. */
        configs: array(
          struct({
            name: string,
            value: string.nullable(),
            readOnly: boolean,
            /** Where the value comes from, by the numbers of DescribeConfigs. */
            configSource: int8.default(-1).ignorable(),
            isSensitive: boolean,
          }),
        )
          .since(5)
          .nullable()
          .ignorable(),
      }),
    ),
  },
}))

/** What is asked with {@link CreateTopics}, decoded: every field is there, in every version. */
export interface CreateTopicsRequest extends RequestOf<typeof CreateTopics> {}
/** What is answered to {@link CreateTopics}, decoded: every field is there, in every version. */
export interface CreateTopicsResponse extends ResponseOf<typeof CreateTopics> {}
