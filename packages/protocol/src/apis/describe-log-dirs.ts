import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int16, int32, int64 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** The log directories of one broker, with sizes and lags of the replicas in them. */
export const DescribeLogDirs = api('DescribeLogDirs', 35, { versions: [0, 5], flexible: 2 }, () => ({
  request: {
    /** Null: all. */
    topics: array(struct({ topic: string, partitions: array(int32) })).nullable(),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16.since(3).ignorable(),
    results: array(
      struct({
        errorCode: int16,
        logDir: string,
        topics: array(
          struct({
            name: string,
            partitions: array(
              struct({
                partitionIndex: int32,
                /** In bytes. */
                partitionSize: int64,
                /** How far the log is behind its partition, or, where it is to replace another, behind that one. */
                offsetLag: int64,
                /** Whether AlterReplicaLogDirs made it, to replace the current log. */
                isFutureKey: boolean,
              }),
            ),
          }),
        ),
        /** Of the volume (KIP-827); -1: unknown. */
        totalBytes: int64.since(4).default(-1n).ignorable(),
        usableBytes: int64.since(4).default(-1n).ignorable(),
        /** Whether it takes no new replicas. */
        isCordoned: boolean.since(5).ignorable(),
      }),
    ),
  },
}))

/** What is asked with {@link DescribeLogDirs}, decoded: every field is there, in every version. */
export interface DescribeLogDirsRequest extends RequestOf<typeof DescribeLogDirs> {}
/** What is answered to {@link DescribeLogDirs}, decoded: every field is there, in every version. */
export interface DescribeLogDirsResponse extends ResponseOf<typeof DescribeLogDirs> {}
