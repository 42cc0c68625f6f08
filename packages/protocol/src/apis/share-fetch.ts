import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { records, string } from '../schema/blobs.ts'
import { boolean, int8, int16, int32, int64, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Acquires records for a member of a share group, and acknowledges earlier ones on the way (KIP-932). */
export const ShareFetch = api('ShareFetch', 78, { versions: [1, 2], flexible: 0 }, () => ({
  request: {
    groupId: string.nullable().default(null),
    memberId: string.nullable(),
    /** 0 opens a session, -1 closes it. */
    shareSessionEpoch: int32,
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: int32.default(0x7fffffff),
    /** A limit that whole batches may exceed. */
    maxRecords: int32,
    /** The best number of records in a batch of acquired records. */
    batchSize: int32,
    /** 0: in batches; 1: never more than maxRecords. */
    shareAcquireMode: int8.since(2).ignorable(),
    /** Whether any of the acknowledgements is a renewal. */
    isRenewAck: boolean.since(2),
    topics: array(
      struct({
        topicId: uuid,
        partitions: array(
          struct({
            partitionIndex: int32,
            /** What became of records that were acquired before. */
            acknowledgementBatches: array(
              struct({
                firstOffset: int64,
                lastOffset: int64,
                /** One for each record, or one for all. 0: gap; 1: accept; 2: release; 3: reject; 4: renew. */
                acknowledgeTypes: array(int8),
              }),
            ),
          }),
        ),
      }),
    ),
    /** What to take out of the session. */
    forgottenTopicsData: array(struct({ topicId: uuid, partitions: array(int32) })),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    /** After how long records that were not acknowledged go to others. */
    acquisitionLockTimeoutMs: int32,
    responses: array(
      struct({
        topicId: uuid,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            errorMessage: string.nullable().default(null),
            acknowledgeErrorCode: int16,
            acknowledgeErrorMessage: string.nullable().default(null),
            /** A hint where this node is not the leader. */
            currentLeader: struct({ leaderId: int32, leaderEpoch: int32 }),
            /** Whole batches; only acquiredRecords of them belong to the member. */
            records: records,
            acquiredRecords: array(struct({ firstOffset: int64, lastOffset: int64, deliveryCount: int16 })),
          }),
        ),
      }),
    ),
    /** Addresses of the leaders that the hints name. */
    nodeEndpoints: array(
      struct({
        nodeId: int32,
        host: string,
        port: int32,
        rack: string.nullable().default(null),
      }),
    ),
  },
}))

/** What is asked with {@link ShareFetch}, decoded: every field is there, in every version. */
export interface ShareFetchRequest extends RequestOf<typeof ShareFetch> {}
/** What is answered to {@link ShareFetch}, decoded: every field is there, in every version. */
export interface ShareFetchResponse extends ResponseOf<typeof ShareFetch> {}
