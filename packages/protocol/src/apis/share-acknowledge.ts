import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int8, int16, int32, int64, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Acknowledges acquired records of a share group (KIP-932). */
export const ShareAcknowledge = api('ShareAcknowledge', 79, { versions: [1, 2], flexible: 0 }, () => ({
  request: {
    groupId: string.nullable().default(null),
    memberId: string.nullable(),
    /** 0 opens a session, -1 closes it. */
    shareSessionEpoch: int32,
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
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    acquisitionLockTimeoutMs: int32.since(2).ignorable(),
    responses: array(
      struct({
        topicId: uuid,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            errorMessage: string.nullable().default(null),
            /** A hint where this node is not the leader. */
            currentLeader: struct({ leaderId: int32, leaderEpoch: int32 }),
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

/** What is asked with {@link ShareAcknowledge}, decoded: every field is there, in every version. */
export interface ShareAcknowledgeRequest extends RequestOf<typeof ShareAcknowledge> {}
/** What is answered to {@link ShareAcknowledge}, decoded: every field is there, in every version. */
export interface ShareAcknowledgeResponse extends ResponseOf<typeof ShareAcknowledge> {}
