import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { records, string } from '../schema/blobs.ts'
import { int16, int32, int64, uint16, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Reads a snapshot of the metadata log in pieces (KIP-630). */
export const FetchSnapshot = api('FetchSnapshot', 59, { versions: [0, 1], flexible: 0 }, () => {
  const snapshotId = struct({ endOffset: int64, epoch: int32 })
  return {
    request: {
      clusterId: string.nullable().tagged(0).default(null),
      replicaId: int32.default(-1),
      maxBytes: int32.default(0x7fffffff),
      topics: array(
        struct({
          name: string,
          partitions: array(
            struct({
              partition: int32,
              currentLeaderEpoch: int32,
              snapshotId: snapshotId,
              /** In bytes. */
              position: int64,
              replicaDirectoryId: uuid.since(1).tagged(0).ignorable(),
            }),
          ),
        }),
      ),
    },
    response: {
      throttleTimeMs: int32.ignorable(),
      errorCode: int16,
      topics: array(
        struct({
          name: string,
          partitions: array(
            struct({
              index: int32,
              errorCode: int16,
              snapshotId: snapshotId,
              currentLeader: struct({ leaderId: int32, leaderEpoch: int32 }).tagged(0),
              /** Of the whole snapshot, in bytes. */
              size: int64,
              position: int64,
              /** Batches that may begin and end anywhere. */
              unalignedRecords: records,
            }),
          ),
        }),
      ),
      nodeEndpoints: array(struct({ nodeId: int32, host: string, port: uint16 }))
        .since(1)
        .tagged(0),
    },
  }
})

/** What is asked with {@link FetchSnapshot}, decoded: every field is there, in every version. */
export interface FetchSnapshotRequest extends RequestOf<typeof FetchSnapshot> {}
/** What is answered to {@link FetchSnapshot}, decoded: every field is there, in every version. */
export interface FetchSnapshotResponse extends ResponseOf<typeof FetchSnapshot> {}
