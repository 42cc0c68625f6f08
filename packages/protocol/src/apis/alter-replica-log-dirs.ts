import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Moves replicas between the log directories of one broker. */
export const AlterReplicaLogDirs = api('AlterReplicaLogDirs', 34, { versions: [0, 2], flexible: 2 }, () => ({
  request: {
    dirs: array(
      struct({
        /** Absolute. */
        path: string,
        topics: array(struct({ name: string, partitions: array(int32) })),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32,
    results: array(
      struct({
        topicName: string,
        partitions: array(struct({ partitionIndex: int32, errorCode: int16 })),
      }),
    ),
  },
}))

/** What is asked with {@link AlterReplicaLogDirs}, decoded: every field is there, in every version. */
export interface AlterReplicaLogDirsRequest extends RequestOf<typeof AlterReplicaLogDirs> {}
/** What is answered to {@link AlterReplicaLogDirs}, decoded: every field is there, in every version. */
export interface AlterReplicaLogDirsResponse extends ResponseOf<typeof AlterReplicaLogDirs> {}
