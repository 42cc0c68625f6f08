import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int8, int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Which broker coordinates a group or a transactional id. */
export const FindCoordinator = api('FindCoordinator', 10, { versions: [0, 6], flexible: 3 }, () => ({
  request: {
    /** The group or transactional id, in versions 0 to 3. */
    key: string.until(3),
    /** 0: group; 1: transactional id; 2: share partition. */
    keyType: int8.since(1),
    /** Several at once, since version 4 (KIP-699). */
    coordinatorKeys: array(string).since(4),
  },
  response: {
    throttleTimeMs: int32.since(1).ignorable(),
    /** In versions 0 to 3, as the fields after it; later ones answer in coordinators. */
    errorCode: int16.until(3),
    errorMessage: string.since(1).until(3).nullable().ignorable(),
    nodeId: int32.until(3),
    host: string.until(3),
    port: int32.until(3),
    coordinators: array(
      struct({
        key: string,
        nodeId: int32,
        host: string,
        port: int32,
        errorCode: int16,
        errorMessage: string.nullable().ignorable(),
      }),
    ).since(4),
  },
}))

/** What is asked with {@link FindCoordinator}, decoded: every field is there, in every version. */
export interface FindCoordinatorRequest extends RequestOf<typeof FindCoordinator> {}
/** What is answered to {@link FindCoordinator}, decoded: every field is there, in every version. */
export interface FindCoordinatorResponse extends ResponseOf<typeof FindCoordinator> {}
