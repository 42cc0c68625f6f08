import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { records, string } from '../schema/blobs.ts'
import { int8, int16, int32, int64, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Reads record batches from partitions, waiting a while for enough bytes; within a session only what changed is named (KIP-227). */
export const Fetch = api('Fetch', 1, { versions: [0, 18], flexible: 12 }, () => ({
  request: {
    /** Sent by voters of a Raft quorum alone. */
    clusterId: string.since(12).nullable().tagged(0).default(null).ignorable(),
    /** A follower says who it is; consumers are -1. */
    replicaId: int32.until(14).default(-1),
    /** What replicaId was before version 15. */
    replicaState: struct({ replicaId: int32.default(-1), replicaEpoch: int64.default(-1n) })
      .since(15)
      .tagged(1),
    maxWaitMs: int32,
    minBytes: int32,
    /** A limit on the whole response, that the first batch may exceed so that reading always advances. */
    maxBytes: int32.since(3).default(0x7fffffff).ignorable(),
    /** 0: everything; 1: only what transactions have committed. */
    isolationLevel: int8.since(4).ignorable(),
    /** 0 asks for a new session, or for none where the epoch is -1. */
    sessionId: int32.since(7).ignorable(),
    sessionEpoch: int32.since(7).default(-1).ignorable(),
    topics: array(
      struct({
        /** In versions 0 to 12; later ones name the topic by its id. */
        topic: string.until(12).ignorable(),
        topicId: uuid.since(13).ignorable(),
        partitions: array(
          struct({
            partition: int32,
            /** The epoch that the client believes in: the broker refuses when it knows another. -1: no check. */
            currentLeaderEpoch: int32.since(9).default(-1).ignorable(),
            fetchOffset: int64,
            /** The epoch of the record before fetchOffset, for finding where logs diverge; -1: no check. */
            lastFetchedEpoch: int32.since(12).default(-1),
            /** Said by followers alone. */
            logStartOffset: int64.since(5).default(-1n).ignorable(),
            partitionMaxBytes: int32,
            replicaDirectoryId: uuid.since(17).tagged(0).ignorable(),
            highWatermark: int64.since(18).tagged(1).default(9223372036854775807n).ignorable(),
          }),
        ),
      }),
    ),
    /** What to take out of the session. */
    forgottenTopicsData: array(
      struct({
        topic: string.until(12).ignorable(),
        topicId: uuid.since(13).ignorable(),
        partitions: array(int32),
      }),
    ).since(7),
    /** Lets the broker name a closer replica to read from (KIP-392). */
    rackId: string.since(11).ignorable(),
  },
  response: {
    throttleTimeMs: int32.since(1).ignorable(),
    /** An error of the session; errors of partitions stand with them. */
    errorCode: int16.since(7).ignorable(),
    /** 0 where the broker keeps no session. */
    sessionId: int32.since(7),
    responses: array(
      struct({
        /** In versions 0 to 12; later ones name the topic by its id. */
        topic: string.until(12).ignorable(),
        topicId: uuid.since(13).ignorable(),
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            /** The offset after the last record that every replica in sync has. */
            highWatermark: int64,
            /** The offset before which no transaction is undecided. */
            lastStableOffset: int64.since(4).default(-1n).ignorable(),
            logStartOffset: int64.since(5).default(-1n).ignorable(),
            /** The log that the client read has been cut: the last offset that is still common (KIP-595). */
            divergingEpoch: struct({ epoch: int32.default(-1), endOffset: int64.default(-1n) })
              .since(12)
              .tagged(0),
            /** A hint where this broker is not the leader (KIP-951). */
            currentLeader: struct({ leaderId: int32.default(-1), leaderEpoch: int32.default(-1) })
              .since(12)
              .tagged(1),
            snapshotId: struct({ endOffset: int64.default(-1n), epoch: int32.default(-1) })
              .since(12)
              .tagged(2),
            /** Whose records a reader of committed records has to leave out; null for others. */
            abortedTransactions: array(struct({ producerId: int64, firstOffset: int64 }))
              .since(4)
              .nullable()
              .ignorable(),
            /** A replica to read from instead; -1: none. */
            preferredReadReplica: int32.since(11).default(-1),
            /** Whole batches, the last of which may be cut off. */
            records: records.nullable(),
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
    )
      .since(16)
      .tagged(0),
  },
}))

/** What is asked with {@link Fetch}, decoded: every field is there, in every version. */
export interface FetchRequest extends RequestOf<typeof Fetch> {}
/** What is answered to {@link Fetch}, decoded: every field is there, in every version. */
export interface FetchResponse extends ResponseOf<typeof Fetch> {}
