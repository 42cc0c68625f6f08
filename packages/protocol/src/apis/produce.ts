import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { records, string } from '../schema/blobs.ts'
import { int16, int32, int64, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Appends record batches to partitions. With acks 0 the broker sends no response. */
export const Produce = api('Produce', 0, { versions: [0, 13], flexible: 9 }, () => ({
  request: {
    /** Null outside transactions. */
    transactionalId: string.since(3).nullable().default(null),
    /** 0: none; 1: the leader alone; -1: every replica that is in sync. */
    acks: int16,
    /** How long the broker may wait for those acks. */
    timeoutMs: int32,
    topicData: array(
      struct({
        /** In versions 0 to 12; later ones name the topic by its id. */
        name: string.until(12).ignorable(),
        topicId: uuid.since(13).ignorable(),
        partitionData: array(
          struct({
            index: int32,
            /** One batch of magic 2 since version 3; message sets of magic 0 before version 2, of magic 1 in version 2. */
            records: records.nullable(),
          }),
        ),
      }),
    ),
  },
  response: {
    responses: array(
      struct({
        name: string.until(12).ignorable(),
        topicId: uuid.since(13).ignorable(),
        partitionResponses: array(
          struct({
            /** The partition. */
            index: int32,
            errorCode: int16,
            /** The offset of the first record; -1 where nothing was appended. */
            baseOffset: int64,
            /** When the broker appended, for topics whose timestamps mean that; else -1. */
            logAppendTimeMs: int64.since(2).default(-1n).ignorable(),
            logStartOffset: int64.since(5).default(-1n).ignorable(),
            /** The records for whose sake the broker refused the whole batch (KIP-467). */
            recordErrors: array(
              struct({
                /** The index of a record in the batch. */
                batchIndex: int32,
                batchIndexErrorMessage: string.nullable().default(null),
              }),
            )
              .since(8)
              .ignorable(),
            errorMessage: string.since(8).nullable().default(null).ignorable(),
            /** A hint where this broker is not the leader (KIP-951). */
            currentLeader: struct({ leaderId: int32.default(-1), leaderEpoch: int32.default(-1) })
              .since(10)
              .tagged(0),
          }),
        ),
      }),
    ),
    throttleTimeMs: int32.since(1).ignorable(),
    /** Addresses of the leaders that the hints name. */
    nodeEndpoints: array(
      struct({
        nodeId: int32,
        host: string,
        port: int32,
        rack: string.nullable().default(null),
      }),
    )
      .since(10)
      .tagged(0),
  },
}))

/** What is asked with {@link Produce}, decoded: every field is there, in every version. */
export interface ProduceRequest extends RequestOf<typeof Produce> {}
/** What is answered to {@link Produce}, decoded: every field is there, in every version. */
export interface ProduceResponse extends ResponseOf<typeof Produce> {}
