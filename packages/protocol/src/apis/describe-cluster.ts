import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int8, int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/**
 * The brokers or the controllers of a cluster, and its id. Answered by either, as the client has reached one or the other (KIP-700,
 * KIP-919).
 */
export const DescribeCluster = api('DescribeCluster', 60, { versions: [0, 2], flexible: 0 }, () => ({
  request: {
    includeClusterAuthorizedOperations: boolean,
    /** 1: brokers; 2: controllers. */
    endpointType: int8.since(1).default(1),
    /** Also those that are not in service. */
    includeFencedBrokers: boolean.since(2),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    /** 1: brokers; 2: controllers. */
    endpointType: int8.since(1).default(1),
    clusterId: string,
    /** -1 where it is unknown. */
    controllerId: int32.default(-1),
    brokers: array(
      struct({
        brokerId: int32,
        host: string,
        port: int32,
        rack: string.nullable().default(null),
        isFenced: boolean.since(2),
      }),
    ),
    /** A bit for each allowed operation on the cluster; the smallest int32 where it was not asked for. */
    clusterAuthorizedOperations: int32.default(-2147483648),
  },
}))

/** What is asked with {@link DescribeCluster}, decoded: every field is there, in every version. */
export interface DescribeClusterRequest extends RequestOf<typeof DescribeCluster> {}
/** What is answered to {@link DescribeCluster}, decoded: every field is there, in every version. */
export interface DescribeClusterResponse extends ResponseOf<typeof DescribeCluster> {}
