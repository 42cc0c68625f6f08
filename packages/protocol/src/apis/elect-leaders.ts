import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int8, int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Elects leaders of partitions. Answered by the controller (KIP-460). */
export const ElectLeaders = api('ElectLeaders', 43, { versions: [0, 2], flexible: 2 }, () => ({
  request: {
    /** 0: the preferred replica; 1: one out of sync where no other lives. */
    electionType: int8.since(1),
    /** Null: all. */
    topicPartitions: array(struct({ topic: string, partitions: array(int32) })).nullable(),
    timeoutMs: int32.default(60000),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16.since(1),
    replicaElectionResults: array(
      struct({
        topic: string,
        partitionResult: array(struct({ partitionId: int32, errorCode: int16, errorMessage: string.nullable() })),
      }),
    ),
  },
}))

/** What is asked with {@link ElectLeaders}, decoded: every field is there, in every version. */
export interface ElectLeadersRequest extends RequestOf<typeof ElectLeaders> {}
/** What is answered to {@link ElectLeaders}, decoded: every field is there, in every version. */
export interface ElectLeadersResponse extends ResponseOf<typeof ElectLeaders> {}
