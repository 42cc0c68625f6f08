import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32 } from '../schema/scalars.ts'

/** A member of a classic group says that it lives, and hears whether the group rebalances. */
export const Heartbeat = api('Heartbeat', 12, { versions: [0, 4], flexible: 4 }, () => ({
  request: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: string.nullable(3).since(3).default(null),
  },
  response: {
    throttleTimeMs: int32.since(1).ignorable(),
    errorCode: int16,
  },
}))

/** What is asked with {@link Heartbeat}, decoded: every field is there, in every version. */
export interface HeartbeatRequest extends RequestOf<typeof Heartbeat> {}
/** What is answered to {@link Heartbeat}, decoded: every field is there, in every version. */
export interface HeartbeatResponse extends ResponseOf<typeof Heartbeat> {}
